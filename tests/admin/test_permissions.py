"""Who may do what, by every way in: nobody changes anything."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client, override_settings

from audit_log.models import AuditEntry
from tests.admin.conftest import (
    EXPORT,
    LIST,
    READ,
    TAKE,
    Login,
    entry_url,
    make_entry,
    make_user,
    text,
)

ONLY_ACME = override_settings(AUDIT_LOG={"VISIBILITY": "tests.admin.visibility.only_acme"})


@pytest.mark.parametrize(
    ("values", "permissions", "reads", "takes"),
    [
        ({"is_staff": True, "is_superuser": True}, [], True, True),
        ({"is_staff": True}, [READ, TAKE], True, True),
        ({"is_staff": True}, [READ], True, False),
        ({"is_staff": True}, [TAKE], False, True),
        ({"is_staff": True}, [], False, False),
    ],
)
def test_staff(
    db: None,
    login: Login,
    values: dict[str, bool],
    permissions: list[str],
    reads: bool,
    takes: bool,
) -> None:
    client = login(make_user("somebody", *permissions, **values))
    entry = make_entry()
    assert client.get(LIST).status_code == (200 if reads else 403)
    assert client.get(entry_url(entry)).status_code == (200 if reads else 403)
    assert client.get(EXPORT).status_code == (200 if takes else 403)
    assert (LIST in text(client.get("/admin/"))) == reads
    if reads:
        assert ("Get audit log" in text(client.get(LIST))) == takes


@pytest.mark.parametrize(
    "values",
    [
        None,
        {},
        {"is_superuser": True},
        {"is_staff": True, "is_superuser": True, "is_active": False},
    ],
)
def test_everybody_else_is_asked_to_log_in(
    db: None, login: Login, values: dict[str, bool] | None
) -> None:
    client = login(None if values is None else make_user("somebody", READ, TAKE, **values))
    entry = make_entry()
    for url in (LIST, entry_url(entry), EXPORT):
        response = client.get(url)
        assert response.status_code == 302
        assert response.url.startswith("/admin/login/")


@ONLY_ACME
def test_visibility_decides_row_by_row(db: None, login: Login) -> None:
    # No permission of the audit log at all: the rule grants, and takes away.
    client = login(make_user("somebody", is_staff=True))
    theirs = make_entry(tenant="globex", target_repr="Globex's")
    own = make_entry(tenant="acme", target_repr="Acme's")
    page = text(client.get(LIST))
    assert "Acme&#x27;s" in page
    assert "Globex" not in page
    assert "1 entry" in page
    assert client.get(entry_url(own)).status_code == 200
    assert client.get(entry_url(theirs)).status_code == 404
    csv = b"".join(client.get(EXPORT).streaming_content).decode()
    assert "Acme's" in csv
    assert "Globex" not in csv
    assert "Globex" not in text(client.get(LIST, {"search": "globex", "target_id": "1"}))


@ONLY_ACME
def test_visibility_holds_for_superusers(admin: Client) -> None:
    assert admin.get(entry_url(make_entry(tenant="globex"))).status_code == 404


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_adds(admin: Client, method: str) -> None:
    response = getattr(admin, method)(f"{LIST}add/", {"action": "a.b", "event_type": "create"})
    assert response.status_code == 403
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_deletes(admin: Client, method: str) -> None:
    entry = make_entry()
    response = getattr(admin, method)(f"{LIST}{entry.pk}/delete/", {"post": "yes"})
    assert response.status_code == 403
    assert AuditEntry.objects.get() == entry


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nobody_changes(admin: Client, method: str) -> None:
    entry = make_entry()
    response = getattr(admin, method)(entry_url(entry), {"reason": "forged", "_save": "Save"})
    assert response.status_code == 403
    assert AuditEntry.objects.get().reason == ""


def test_there_are_no_actions(admin: Client) -> None:
    entry = make_entry()
    response = admin.post(
        LIST, {"action": "delete_selected", "_selected_action": [str(entry.pk)], "post": "yes"}
    )
    assert response.status_code == 403
    assert AuditEntry.objects.get() == entry
    assert "delete_selected" not in text(admin.get(LIST))


def test_no_posting_to_the_export(admin: Client) -> None:
    assert admin.post(EXPORT).status_code == 403


def test_an_entry_has_no_history(admin: Client) -> None:
    assert admin.get(f"{LIST}{make_entry().pk}/history/").status_code == 404


def test_no_link_leads_to_a_change(admin: Client) -> None:
    entry = make_entry()
    for page in (text(admin.get(LIST)), text(admin.get(entry_url(entry)))):
        assert f"{LIST}add/" not in page
        assert "/delete/" not in page
        assert 'name="_save"' not in page


def test_reading_writes_nothing_to_the_admin_s_own_log(admin: Client) -> None:
    entry = make_entry()
    for url in (LIST, entry_url(entry), EXPORT):
        admin.get(url)
    assert not LogEntry.objects.exists()


def test_the_model_admin_offers_nothing_but_reading(superuser: User, rf) -> None:
    from django.contrib import admin as django_admin

    model_admin = django_admin.site.get_model_admin(AuditEntry)
    request = rf.get("/")
    request.user = superuser
    assert model_admin.get_model_perms(request) == {
        "add": False,
        "change": False,
        "delete": False,
        "view": True,
    }
    assert model_admin.get_actions(request) == {}
    assert model_admin.get_queryset(request).count() == AuditEntry.objects.count()


def test_no_page_is_kept_by_browsers(admin: Client) -> None:
    entry = make_entry()
    for url in (LIST, entry_url(entry), EXPORT):
        assert "no-store" in admin.get(url)["Cache-Control"]
