"""Who may see what on the pages inside the application."""

from __future__ import annotations

import pytest
from django.urls import reverse

from audit_log.models import AuditEntry
from tests.admin.conftest import READ, TAKE, Login, make_entry, make_user

LIST = "/audit-log/"
EVERY = ["entries", "entry", "object", "export", "expiring"]


def address(name: str, entry: AuditEntry) -> str:
    arguments = {
        "entry": {"pk": entry.pk},
        "object": {"target_type": entry.target_type, "target_id": entry.target_id},
    }
    return reverse(f"audit_log:{name}", kwargs=arguments.get(name))


@pytest.mark.parametrize("name", EVERY)
def test_anonymous_is_sent_to_log_in(name: str, db: None, login: Login) -> None:
    url = address(name, make_entry())
    response = login(None).get(url)
    assert response.status_code == 302
    assert response["Location"] == f"/accounts/login/?next={url}"


@pytest.mark.parametrize("name", EVERY)
def test_without_permission(name: str, db: None, login: Login) -> None:
    response = login(make_user("nobody", is_staff=True)).get(address(name, make_entry()))
    assert response.status_code == 403
    assert b"You may not read this audit log." in response.content


@pytest.mark.parametrize("name", EVERY)
def test_permission_to_view_and_to_export(name: str, db: None, login: Login) -> None:
    permission = TAKE if name in {"export", "expiring"} else READ
    entry = make_entry()
    assert login(make_user("ruth", permission)).get(address(name, entry)).status_code == 200


def test_reader_who_may_not_export_has_no_button(db: None, login: Login, settings) -> None:
    settings.AUDIT_LOG = {"RETENTION": 30}
    make_entry()
    page = login(make_user("ruth", READ)).get(LIST).content
    assert b"Get audit log" not in page
    assert b"Get what expires soon" not in page
    page = login(make_user("tina", READ, TAKE)).get(LIST).content
    assert b"Get audit log" in page
    assert b"Get what expires soon" in page
