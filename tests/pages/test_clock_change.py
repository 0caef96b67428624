"""On a day of clock change each entry is shown once, on its local day."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from tests.admin.conftest import LIST as ADMIN
from tests.admin.conftest import READ, Login, make_entry, make_user, text

BERLIN = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN = datetime.date(2026, 3, 29), datetime.date(2025, 10, 26)
DAY = datetime.timedelta(days=1)


@pytest.fixture
def client(db: None, login: Login, settings: Any) -> Client:
    settings.TIME_ZONE = "Europe/Berlin"
    return login(make_user("ruth", READ, is_staff=True))


def every_half_hour(change: datetime.date) -> Counter[str]:
    """Entries of three days around the change; how many each local day has."""
    edges = [change - DAY, change + 2 * DAY]
    first, last = (
        datetime.datetime.combine(day, datetime.time.min, BERLIN).astimezone(datetime.UTC)
        for day in edges
    )
    number = (last - first) // datetime.timedelta(minutes=30)
    moments = [first + datetime.timedelta(minutes=30 * place) for place in range(number)]
    for moment in moments:
        make_entry(occurred_at=moment)
    return Counter(moment.astimezone(BERLIN).date().isoformat() for moment in moments)


def shown(client: Client, url: str, **filters: str) -> list[str]:
    """The local times in the list, with their offsets."""
    page = text(client.get(url, {**filters, "page_size": "200"}))
    return re.findall(r'<time datetime="([^"]+)" title', page)


@pytest.mark.parametrize("url", ["/audit-log/", ADMIN])
@pytest.mark.parametrize(("change", "hours"), [(SPRING, 23), (AUTUMN, 25)])
def test_days(client: Client, url: str, change: datetime.date, hours: int) -> None:
    numbers = every_half_hour(change)
    assert numbers[change.isoformat()] == 2 * hours
    whole = shown(client, url)
    assert len(set(whole)) == len(whole) == numbers.total()
    by_day = [
        moment
        for day in sorted(numbers, reverse=True)
        for moment in shown(client, url, occurred_after=day, occurred_before=day)
    ]
    assert by_day == whole
    assert Counter(moment[:10] for moment in whole) == numbers


def test_the_hour_that_comes_twice_is_told_apart(client: Client) -> None:
    every_half_hour(AUTUMN)
    twice = [moment for moment in shown(client, "/audit-log/") if "-26T02:00" in moment]
    assert twice == ["2025-10-26T02:00:00+01:00", "2025-10-26T02:00:00+02:00"]
    for moment in twice:
        until = moment.replace(":00:00", ":59:59")
        found = shown(client, "/audit-log/", occurred_after=moment, occurred_before=until)
        assert len(found) == 2
        assert {one[-6:] for one in found} == {moment[-6:]}
    page = text(client.get("/audit-log/", {"occurred_after": "2025-10-26T02:30"}))
    assert "show 2025-10-26T02:30:00 twice: add an offset" in page
