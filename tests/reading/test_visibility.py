"""Who may read what."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.test import override_settings

from audit_log.models import AuditEntry
from audit_log.querysets import AuditEntryQuerySet
from audit_log.reading.visibility import may_export, may_read, visible_entries
from tests.reading.helpers import make, make_user

pytestmark = pytest.mark.django_db


def of_tenant(request: HttpRequest, queryset: AuditEntryQuerySet) -> AuditEntryQuerySet:
    return queryset.filter(tenant=request.user.get_username())


def everything_as_list(request: HttpRequest, queryset: AuditEntryQuerySet) -> Any:
    return list(queryset)


def request_of(user: Any) -> HttpRequest:
    request = HttpRequest()
    request.user = user
    return request


def answers(user: Any) -> tuple[bool, bool, int]:
    request = request_of(user)
    return may_read(request), may_export(request), visible_entries(request).count()


ROW_BY_ROW = override_settings(AUDIT_LOG={"VISIBILITY": f"{__name__}.of_tenant"})


@pytest.fixture(autouse=True)
def entries() -> list[AuditEntry]:
    return [make(tenant="ann"), make(tenant="bob")]


def test_permissions_decide() -> None:
    assert answers(make_user("reader", "view_auditentry")) == (True, False, 2)
    assert answers(make_user("exporter", "export_auditentry")) == (False, True, 2)
    assert answers(make_user("both", "view_auditentry", "export_auditentry")) == (True, True, 2)
    assert answers(make_user("root", is_superuser=True)) == (True, True, 2)
    assert answers(make_user("staff", "view_user", is_staff=True)) == (False, False, 0)


def test_row_by_row() -> None:
    with ROW_BY_ROW:
        assert answers(make_user("ann")) == (True, True, 1)
        assert answers(make_user("carl")) == (True, True, 0)
        # The last word, over permissions too.
        assert answers(make_user("bob", is_superuser=True)) == (True, True, 1)


@pytest.mark.parametrize("row_by_row", [False, True])
def test_nobody_in_particular_sees_nothing(row_by_row: bool) -> None:
    left = make_user("ann", "view_auditentry", is_active=False)
    with ROW_BY_ROW if row_by_row else override_settings():
        assert answers(AnonymousUser()) == (False, False, 0)
        assert answers(None) == (False, False, 0)
        assert answers(left) == (False, False, 0)
        request = HttpRequest()
        assert not may_read(request)
        assert not visible_entries(request).exists()


def test_a_user_model_without_permissions() -> None:
    class Plain:
        is_authenticated = True
        is_active = True

        def get_username(self) -> str:
            return "ann"

    assert answers(Plain()) == (False, False, 0)
    with ROW_BY_ROW:
        assert answers(Plain()) == (True, True, 1)


@override_settings(AUDIT_LOG={"VISIBILITY": f"{__name__}.everything_as_list"})
def test_visibility_returns_a_queryset() -> None:
    with pytest.raises(ImproperlyConfigured, match="it returned list"):
        visible_entries(request_of(make_user("ann")))


@pytest.mark.django_db(databases=["default", "other"])
def test_entries_are_read_where_they_are_kept() -> None:
    user = make_user("root", is_superuser=True)
    with override_settings(AUDIT_LOG={"DATABASE": "other"}):
        assert visible_entries(request_of(user)).db == "other"
        assert not visible_entries(request_of(user)).exists()
