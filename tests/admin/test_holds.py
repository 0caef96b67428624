"""Holds in the admin."""

from __future__ import annotations

import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client

from audit_log.models import AuditEntry, AuditHold
from audit_log.retention import hold, release
from tests.admin.conftest import LIST, READ, Login, entry_url, make_entry, make_user, text

pytestmark = pytest.mark.django_db
HOLDS = "/admin/audit_log/audithold/"
MOMENT = datetime.datetime(2026, 3, 31, 14, 30, tzinfo=datetime.UTC)


def url_of(held: AuditHold, page: str = "change") -> str:
    return f"{HOLDS}{held.pk}/{page}/"


def form(**values: Any) -> dict[str, Any]:
    empty = dict.fromkeys(
        ("reason", "target_type", "target_id", "tenant", "actor", "correlation_id"), ""
    )
    times = dict.fromkeys(("since_0", "since_1", "until_0", "until_1"), "")
    return {**empty, **times, **values}


def test_placed_as_a_person_would(admin: Client, superuser: User) -> None:
    entry = make_entry()
    page = text(admin.get(entry_url(entry)))
    assert f'href="{HOLDS}add/?target_type=testapp.book&amp;target_id=1"' in page
    page = text(admin.get(f"{HOLDS}add/?target_type=testapp.book&target_id=1"))
    assert 'value="testapp.book"' in page
    values = form(reason="case 7", target_type="testapp.Book", target_id="1")
    response = admin.post(f"{HOLDS}add/", values)
    assert response.status_code == 302, text(response)
    held = AuditHold.objects.get()
    assert (held.target_type, held.placed_by) == ("testapp.book", superuser.username)
    told = AuditEntry.objects.for_object(held).get()
    assert (told.action, told.actor_id) == ("audit_log.hold", superuser.pk)


def test_what_holds_nothing_is_refused(admin: Client) -> None:
    page = text(admin.post(f"{HOLDS}add/", form(reason="case 7")))
    assert "Say what is held" in page
    page = text(admin.post(f"{HOLDS}add/", form(reason="x", target_type="a.b", target_id="1")))
    assert "No model is called “a.b”" in page
    assert not AuditHold.objects.exists()


def test_the_list_says_what_is_held(admin: Client) -> None:
    release(hold(reason="an old case", tenant="<acme>"))
    hold(reason="a new case", actor=7, since=MOMENT)
    page = text(admin.get(HOLDS))
    assert "tenant &lt;acme&gt;" in page
    assert "actor 7, entries since 2026-03-31 14:30:00" in page
    page = text(admin.get(f"{HOLDS}?state=in_force"))
    assert "a new case" in page
    assert "an old case" not in page
    assert "an old case" in text(admin.get(f"{HOLDS}?state=released"))


def test_it_leads_to_the_entries_that_it_holds(admin: Client) -> None:
    make_entry(tenant="acme", actor_id=7, correlation_id="c1", occurred_at=MOMENT)
    held = hold(
        ("testapp.book", "1"),
        reason="case 7",
        tenant="acme",
        actor=7,
        correlation_id="c1",
        since=MOMENT,
        until=MOMENT,
    )
    response = admin.get(url_of(held))
    page = text(response)
    assert 'name="_save"' not in page
    url = response.context_data["entries_url"]
    assert url.startswith(f"{LIST}?")
    assert parse_qs(urlsplit(url).query)["object"] == ["testapp.book:1"]
    assert "1 entry<" in text(admin.get(url))


def test_released_after_a_question(admin: Client) -> None:
    held = hold(reason="case <7>", tenant="acme")
    assert url_of(held, "release") in text(admin.get(url_of(held)))
    page = text(admin.get(url_of(held, "release")))
    assert "case &lt;7&gt;" in page
    held.refresh_from_db()
    assert held.released_at is None
    assert admin.post(url_of(held, "release")).status_code == 302
    held.refresh_from_db()
    assert held.released_at is not None
    assert url_of(held, "release") not in text(admin.get(url_of(held)))
    actions = [entry.action for entry in AuditEntry.objects.for_object(held)]
    assert actions == ["audit_log.release", "audit_log.hold"]


def test_never_changed_or_deleted(admin: Client) -> None:
    held = hold(reason="case 7", tenant="acme")
    admin.post(url_of(held), form(reason="another", tenant="initech"))
    held.refresh_from_db()
    assert (held.reason, held.tenant) == ("case 7", "acme")
    assert admin.post(url_of(held, "delete"), {"post": "yes"}).status_code == 403
    assert admin.get(f"{HOLDS}7000/release/").status_code == 404


@pytest.mark.parametrize(
    ("permissions", "looks", "places", "releases"),
    [
        ((), 403, 403, 403),
        ((READ,), 403, 403, 403),
        (("audit_log.view_audithold",), 200, 403, 403),
        (("audit_log.view_audithold", "audit_log.add_audithold"), 200, 200, 403),
        (("audit_log.change_audithold",), 200, 403, 200),
    ],
)
def test_who_may(
    permissions: tuple[str, ...], looks: int, places: int, releases: int, login: Login
) -> None:
    held = hold(reason="case 7", tenant="acme")
    client = login(make_user("clerk", *permissions, is_staff=True))
    assert client.get(url_of(held)).status_code == looks
    assert client.get(f"{HOLDS}add/").status_code == places
    assert client.get(url_of(held, "release")).status_code == releases
    if looks == 200:
        page = text(client.get(url_of(held)))
        assert (url_of(held, "release") in page) == (releases == 200)
        # The entries are for those who may read them.
        assert LIST not in page


def test_an_entry_says_that_it_is_held(admin: Client, settings: Any) -> None:
    settings.AUDIT_LOG = {"RETENTION": 30}
    entry = make_entry(occurred_at=MOMENT)
    hold(("testapp.book", "1"), reason="case 7")
    assert "<dt>Kept until</dt><dd>released from a hold</dd>" in text(admin.get(entry_url(entry)))
