"""The list inside the application."""

from __future__ import annotations

import datetime
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.test.utils import override_script_prefix
from django.utils import timezone

from audit_log.reading import counting
from tests.admin.conftest import READ, Login, make_entry, make_user, text

LIST = "/audit-log/"


@pytest.fixture
def client(db: None, login: Login) -> Client:
    """Somebody who reads the log and is no staff."""
    return login(make_user("ruth", READ))


def test_empty(client: Client) -> None:
    assert "Nothing has been recorded yet." in text(client.get(LIST))


@pytest.mark.parametrize(
    "surface", [LIST, "/admin/audit_log/auditentry/", "/api/audit-log/entries/"]
)
def test_somebody_who_may_see_nothing(db: None, login: Login, settings: Any, surface: str) -> None:
    settings.AUDIT_LOG = {"VISIBILITY": "tests.admin.visibility.none"}
    make_entry(target_repr="Emma")
    page = login(make_user("ruth", READ, is_staff=True)).get(surface)
    assert page.status_code == 200
    assert "Emma" not in page.text


def test_twenty_a_page_with_numbers(client: Client) -> None:
    for number in range(45):
        make_entry(target_repr=f"Book {number:02}")
    first = text(client.get(LIST))
    assert "Page 1 of 3" in first
    assert "45 entries" in first
    assert re.findall(r"<bdi>(Book \d\d)</bdi>", first)[::2] == [
        f"Book {number:02}" for number in range(44, 24, -1)
    ]
    (following,) = re.findall(r'rel="next" href="([^"]+)"', first)
    assert "Page 2 of 3" in text(client.get(LIST + following.replace("&amp;", "&").split("/")[-1]))


def test_every_link_below_a_script_name(client: Client) -> None:
    for number in range(25):
        make_entry(target_repr=f"Book {number}", actor_id=7, correlation_id=f"c{number}")
    with override_script_prefix("/below/"):
        page = client.get(LIST, {"page_size": "10", "page": "2"}, SCRIPT_NAME="/below").text
    links = re.findall(r'(?:href|action)="(/[^"]*audit-log/[^"]*)"', page)
    assert len(links) > 40
    assert [link for link in links if not link.startswith(f"/below{LIST}")] == []
    for link in {unescape(link).removeprefix("/below") for link in links}:
        assert client.get(link).status_code == 200


def test_filters(client: Client) -> None:
    make_entry(target_repr="Emma")
    make_entry(action="book.delete", event_type="delete", target_repr="Silas")
    page = text(client.get(LIST, {"event_type": "delete"}))
    assert "Silas" in page
    assert "Emma" not in page
    assert "No entry matches these filters." in text(client.get(LIST, {"search": "nowhere"}))


def test_bars_lead_to_their_days(client: Client) -> None:
    now = timezone.now()
    for days in (1, 1, 3):
        make_entry(occurred_at=now - datetime.timedelta(days=days))
    page = text(client.get(LIST, {"event_type": "update", "page_size": "2"}))
    day = (now - datetime.timedelta(days=1)).date().isoformat()
    either = r'<svg class="audit-log-bars.*?</svg>|<table class="audit-log-counts.*?</table>'
    svg, table = re.findall(either, page, re.DOTALL)
    for drawn in (svg, table):
        links = re.findall(r'<a href="([^"]+)"', drawn)
        assert len(links) == 2
        url = next(link for link in map(unescape, links) if day in link)
        query = parse_qs(urlsplit(url).query)
        assert query == {
            "event_type": ["update"],
            "occurred_after": [day],
            "occurred_before": [day],
            "page_size": ["2"],
        }
        narrowed = text(client.get(url))
        assert "2 entries" in narrowed
    assert f"<title>{day}: 2 entries</title>" in svg
    assert "style" not in svg
    assert "audit-log-bars" not in text(client.get(LIST, {"page": "2", "page_size": "2"}))


def test_a_list_too_large_for_a_chart_says_so(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _number in range(6):
        make_entry()
    hint = "There is a chart where fewer entries match"
    assert hint not in text(client.get(LIST, {"search": "book", "page_size": "2"}))
    monkeypatch.setattr(counting, "CAP", 3)
    page = text(client.get(LIST, {"search": "book", "page_size": "2"}))
    assert hint in page
    assert "audit-log-bars" not in page
    assert hint not in text(client.get(LIST, {"page_size": "2"}))


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Santiago"])
def test_bars_of_hours_lead_to_their_entries(client: Client, settings: Any, zone: str) -> None:
    settings.TIME_ZONE = zone
    for minute in range(0, 60 * 27, 20):
        moment = datetime.datetime(2025, 10, 25, 21, 30, tzinfo=datetime.UTC)
        make_entry(occurred_at=moment + datetime.timedelta(minutes=minute))
    page = text(client.get(LIST, {"occurred_after": "2025-10-26", "occurred_before": "2025-10-26"}))
    (table,) = re.findall(r'<table class="audit-log-counts.*?</table>', page, re.DOTALL)
    links = list(map(unescape, re.findall(r'<a href="([^"]+)"', table)))
    assert len(links) == (25 if zone == "Europe/Berlin" else 22)
    seen: list[str] = []
    for link in links:
        shown = re.findall(r'href="(/audit-log/entries/[0-9a-f-]{36}/)"', text(client.get(link)))
        assert shown
        seen += shown
    assert len(set(seen)) == len(seen)
    assert f'<span role="status"><bdi>{len(seen)} entries<' in page


def test_wrong_filter_is_an_error(client: Client) -> None:
    response = client.get(LIST, {"occurred_after": "yesterday"})
    assert response.status_code == 400
    assert "Nothing is shown until this is put right:" in text(response)


def test_nobody_changes_anything(client: Client) -> None:
    assert client.post(LIST).status_code == 405
