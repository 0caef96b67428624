"""A time that somebody asks for, on every surface: read as it is meant, or refused with the reason.

Never ignored, which would show what was not asked for. What is a time, and which moment, is
tested in ``reading/test_moments.py``.
"""

from __future__ import annotations

import datetime
import html
import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from audit_log.reading.history import anchor_of
from tests.admin.conftest import make_entry, make_user, sign_in

pytestmark = pytest.mark.django_db

# In Berlin 14:30 and 14:45, in summer.
EARLY, LATE = (
    datetime.datetime(2026, 3, 31, 12, minute, tzinfo=datetime.UTC) for minute in (30, 45)
)
ADMIN, PAGES, REST = "/admin/audit_log/auditentry/", "/audit-log/", "/api/audit-log/"
ENTRIES = {
    "admin": ADMIN,
    "admin export": f"{ADMIN}export/",
    "pages": PAGES,
    "pages export": f"{PAGES}export.csv",
    "REST": f"{REST}entries/",
    "REST cursor": f"{REST}entries/?cursor=",
    "REST csv": f"{REST}entries/export.csv",
    "REST json lines": f"{REST}entries/export.jsonl",
}
OBJECTS = {
    "pages": f"{PAGES}objects/testapp.book/1/",
    "REST": f"{REST}objects/testapp.book/1/",
}
# As they arrive: not encoded, because a "+" in a URL is a space.
RIGHT = [
    "2026-03-31T14:40",
    "2026-03-31+14:40",
    "2026-03-31T14:40:00%2B02:00",
    "2026-03-31T14:40:00+02:00",
    "2026-03-31T14:40:00+0200",
    "2026-03-31T12:40Z",
    "2026-03-31T08:40-04:00",
    "+2026-03-31T14:40+",
]
WRONG = {
    "2026-03-29T02:30": "skip 2026-03-29T02:30:00: add an offset",
    "2026-03-29T02:30:00.5": "skip 2026-03-29T02:30:00",
    "2026-10-25T02:30": "show 2026-10-25T02:30:00 twice: add an offset",
    "2026-03-31T14:40:00++02:00": "is no date or time",
    "2026-03-31T14:40:00%252B02:00": "is no date or time",
    "yesterday": "is no date or time",
}


@pytest.fixture(autouse=True)
def in_berlin(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"


@pytest.fixture
def client() -> Client:
    user = make_user("root", is_staff=True, is_superuser=True)
    make_entry(occurred_at=EARLY, reason="the early one", event_type="create", action="book.create")
    make_entry(occurred_at=LATE, reason="the late one", changes={"title": {"old": "a", "new": "b"}})
    client = Client()
    sign_in(client, user)
    return client


def ask(client: Client, url: str, name: str, text: str) -> tuple[int, str]:
    response = client.get(f"{url}{'&' if '?' in url else '?'}{name}={text}")
    content = response.getvalue() if response.streaming else response.content
    return response.status_code, html.unescape(content.decode())


@pytest.mark.parametrize("surface", ENTRIES)
@pytest.mark.parametrize("text", RIGHT)
def test_what_is_read(client: Client, surface: str, text: str) -> None:
    for name, seen, hidden in (
        ("occurred_after", "the late one", "the early one"),
        ("occurred_before", "the early one", "the late one"),
    ):
        status, found = ask(client, ENTRIES[surface], name, text)
        assert status == 200
        assert seen in found
        assert hidden not in found


@pytest.mark.parametrize("surface", ENTRIES)
@pytest.mark.parametrize("text", WRONG)
def test_what_is_refused(client: Client, surface: str, text: str) -> None:
    for name in ("occurred_after", "occurred_before"):
        status, found = ask(client, ENTRIES[surface], name, text)
        assert status == 400
        assert WRONG[text] in found
        assert "the early one" not in found
        assert "the late one" not in found


@pytest.mark.parametrize("text", [*RIGHT, *WRONG])
def test_the_command(client: Client, text: str) -> None:
    arrived = text.replace("+", " ").replace("%2B", "+").replace("%25", "%")
    out = io.StringIO()
    command = ["export_audit_log", f"--occurred-after={arrived}"]
    if text in WRONG:
        with pytest.raises(CommandError, match="--occurred-after: "):
            call_command(*command, stdout=out)
        assert out.getvalue() == ""
    else:
        call_command(*command, stdout=out)
        assert "the late one" in out.getvalue()
        assert "the early one" not in out.getvalue()


@pytest.mark.parametrize("text", RIGHT)
def test_an_object_as_of_then(client: Client, text: str) -> None:
    status, found = ask(client, OBJECTS["REST"], "at", text)
    assert status == 200
    assert '"at":"2026-03-31T12:40:00.000000Z"' in found
    assert '"value":"a"' in found or '"value":"Middlemarch"' in found
    status, found = ask(client, OBJECTS["pages"], f"{anchor_of('testapp.book', '1')}-at", text)
    assert status == 200
    assert "audit-log-state" in found


@pytest.mark.parametrize("text", WRONG)
def test_an_object_as_of_nobody_knows_when(client: Client, text: str) -> None:
    status, found = ask(client, OBJECTS["REST"], "at", text)
    assert status == 400
    assert WRONG[text] in found
    # The page is about more than that.
    status, found = ask(client, OBJECTS["pages"], f"{anchor_of('testapp.book', '1')}-at", text)
    assert status == 200
    assert WRONG[text] in found
    assert "audit-log-state" not in found
