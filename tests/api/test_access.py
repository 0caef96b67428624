"""Who may do what, however they log in and whatever the host's defaults are."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import override_settings
from rest_framework.test import APIClient

from audit_log.models import AuditEntry
from audit_log.querysets import AuditEntryQuerySet
from tests.api.conftest import ROOT
from tests.reading.helpers import make, make_many, make_user

pytestmark = pytest.mark.django_db

READING = ["entries/", "entries/{pk}/", "actions/", "target-types/"]
EXPORTING = ["entries/export.csv", "entries/export.jsonl"]


def of_tenant(request: HttpRequest, queryset: AuditEntryQuerySet) -> AuditEntryQuerySet:
    return queryset.filter(tenant=request.user.get_username())


ROW_BY_ROW = override_settings(AUDIT_LOG={"VISIBILITY": f"{__name__}.of_tenant"})


def client_of(user: User | None) -> APIClient:
    client = APIClient()
    if user is not None:
        client.force_authenticate(user)
    return client


def statuses(client: Any, paths: list[str], method: str = "get") -> set[int]:
    pk = make().pk
    return {getattr(client, method)(ROOT + path.format(pk=pk)).status_code for path in paths}


@pytest.mark.parametrize(
    ("permissions", "reading", "exporting"),
    [
        ([], 403, 403),
        (["view_user"], 403, 403),
        (["view_auditentry"], 200, 403),
        (["export_auditentry"], 403, 200),
        (["view_auditentry", "export_auditentry"], 200, 200),
    ],
)
def test_permissions(permissions: list[str], reading: int, exporting: int) -> None:
    client = client_of(make_user("ann", *permissions, is_staff=True))
    assert statuses(client, READING) == {reading}
    assert statuses(client, EXPORTING) == {exporting}


def test_a_superuser_may_do_everything() -> None:
    client = client_of(make_user("root", is_superuser=True))
    assert statuses(client, READING + EXPORTING) == {200}


def test_nobody_in_particular() -> None:
    assert statuses(client_of(None), READING + EXPORTING) <= {401, 403}
    with ROW_BY_ROW:
        assert statuses(client_of(None), READING + EXPORTING) <= {401, 403}


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_changed(method: str) -> None:
    entry = make()
    auditor = client_of(make_user("ann", "view_auditentry", "export_auditentry"))
    assert statuses(auditor, READING + EXPORTING, method) == {405}
    assert statuses(client_of(make_user("bob")), READING + EXPORTING, method) == {403}
    assert AuditEntry.objects.filter(pk=entry.pk).exists()


def test_head_and_options() -> None:
    auditor = client_of(make_user("ann", "view_auditentry", "export_auditentry"))
    assert statuses(auditor, READING + EXPORTING, "head") == {200}
    assert statuses(auditor, READING + EXPORTING, "options") == {200}
    nobody = client_of(make_user("bob"))
    assert statuses(nobody, READING + EXPORTING, "head") == {403}
    assert statuses(nobody, READING + EXPORTING, "options") == {403}
    options = auditor.options(ROOT + "entries/").json()
    assert options["name"] == "Entry List"
    assert auditor.options(ROOT + "entries/")["Allow"] == "GET, HEAD, OPTIONS"


class TestRowByRow:
    @pytest.fixture(autouse=True)
    def row_by_row(self) -> Any:
        with ROW_BY_ROW:
            yield

    def test_everybody_sees_theirs_without_a_permission(self) -> None:
        mine, theirs = make(tenant="ann"), make(tenant="bob")
        client = client_of(make_user("ann"))
        data = client.get(ROOT + "entries/").json()
        assert [row["id"] for row in data["results"]] == [str(mine.pk)]
        assert client.get(f"{ROOT}entries/{mine.pk}/").status_code == 200
        assert client.get(f"{ROOT}entries/{theirs.pk}/").status_code == 404
        for path in EXPORTING:
            body = client.get(ROOT + path).getvalue().decode()
            assert str(mine.pk) in body
            assert str(theirs.pk) not in body

    def test_a_permission_widens_nothing(self) -> None:
        theirs = make(tenant="bob")
        client = client_of(make_user("root", is_superuser=True))
        assert client.get(ROOT + "entries/").json()["count"] == 0
        assert client.get(f"{ROOT}entries/{theirs.pk}/").status_code == 404

    def test_no_filter_and_no_pin_reaches_others(self) -> None:
        theirs = make(tenant="bob", action="gone.thing", references=[("auth.group", "3")])
        client = client_of(make_user("ann"))
        for query in (
            "tenant=bob",
            "object=auth.group:3",
            f"search={theirs.pk}",
            f"pin={theirs.pk}",
        ):
            assert client.get(f"{ROOT}entries/?{query}").json()["count"] == 0, query
        # Not even whether there is such an action.
        assert client.get(f"{ROOT}entries/?action=gone.thing").status_code == 400

    def test_a_pin_is_one_of_theirs(self) -> None:
        make_many(25, tenant="ann")
        newest = make(tenant="bob")
        data = client_of(make_user("ann")).get(ROOT + "entries/").json()
        assert data["next"]
        assert str(newest.pk) not in data["next"]
