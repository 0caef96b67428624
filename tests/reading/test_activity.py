"""How many entries fall on each day or hour."""

from __future__ import annotations

import datetime
import uuid
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from audit_log.models import AuditEntry
from audit_log.reading import activity as activities
from audit_log.reading import counting
from audit_log.reading.activity import Activity, activity
from audit_log.reading.filters import AuditEntryFilter
from audit_log.reading.pagination import paginate
from tests.admin.conftest import make_entry

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN = "2026-03-29", "2026-10-25"


@pytest.fixture(autouse=True)
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the end of 2026."""
    now = datetime.datetime(2026, 12, 31, 12, tzinfo=datetime.UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)


@pytest.fixture
def berlin() -> Any:
    with timezone.override(BERLIN):
        yield


def told(**filters: str) -> Activity | None:
    chosen = AuditEntryFilter(data=filters, queryset=AuditEntry.objects.all())
    assert chosen.is_valid()
    period = (chosen.form.cleaned_data.get(f"occurred_{side}") for side in ("after", "before"))
    return activity(chosen.of_any_time, paginate(chosen.qs, {"page_size": "2"}), *period, filters)


def at(*moments: str, **values: Any) -> None:
    for moment in moments:
        make_entry(occurred_at=datetime.datetime.fromisoformat(moment), **values)


def counts(found: Activity | None) -> dict[str, int]:
    assert found is not None
    starts = [timezone.localtime(bar.start) for bar in found.bars]
    layout = "%m-%d" if found.unit == "day" else "%d %H %Z"
    return {
        start.strftime(layout): bar.count
        for start, bar in zip(starts, found.bars, strict=True)
        if bar.count
    }


def test_the_last_thirty_days() -> None:
    at("2026-12-31T11:00Z", "2026-12-31T00:00Z", "2026-12-02T00:00Z", "2026-12-01T23:59Z")
    found = told()
    assert counts(found) == {"12-02": 1, "12-31": 2}
    assert found is not None
    assert len(found.bars) == 30


def test_a_chosen_period() -> None:
    at("2026-03-01T00:00Z", "2026-03-05T23:59:59.999999Z", "2026-03-06T00:00Z")
    found = told(occurred_after="2026-03-01", occurred_before="2026-03-05")
    assert counts(found) == {"03-01": 1, "03-05": 1}
    assert found is not None
    assert len(found.bars) == 5


def test_of_a_long_period_the_last_days() -> None:
    at("2026-12-31T11:00Z", "2020-01-01T00:00Z")
    found = told(occurred_after="2020-01-01")
    assert found is not None
    assert len(found.bars) == 92
    assert counts(found) == {"12-31": 1}


def test_one_day_by_the_hour() -> None:
    at("2026-03-01T07:59Z", "2026-03-01T08:00Z", "2026-03-01T08:59Z")
    found = told(occurred_after="2026-03-01", occurred_before="2026-03-01")
    assert counts(found) == {"01 07 UTC": 1, "01 08 UTC": 2}
    assert found is not None
    assert len(found.bars) == 24


def test_of_today_the_hours_that_began() -> None:
    at("2026-12-31T11:30Z")
    found = told(occurred_after="2026-12-31")
    assert found is not None
    assert len(found.bars) == 13


@pytest.mark.parametrize(
    "filters",
    [
        {"occurred_after": "2027-01-01"},
        {"occurred_before": "1970-01-01"},
        {"occurred_after": "2026-12-31T10:00", "occurred_before": "2026-12-31T10:30"},
        {"search": "nothing"},
    ],
)
def test_nothing_to_compare(filters: dict[str, str]) -> None:
    at("2026-12-31T10:15Z")
    assert told(**filters) is None


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25)])
def test_a_day_of_clock_change_has_its_hours(berlin: None, day: str, hours: int) -> None:
    noon = datetime.datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=BERLIN)
    first = noon.replace(hour=0).astimezone(datetime.UTC)
    moments = [first + datetime.timedelta(hours=hour, minutes=30) for hour in range(-1, hours + 1)]
    at(*(moment.isoformat() for moment in moments))
    by_hour = told(occurred_after=day, occurred_before=day)
    assert by_hour is not None
    assert [bar.count for bar in by_hour.bars] == [1] * hours
    around = [(noon + datetime.timedelta(days=number)).date().isoformat() for number in (-1, 1)]
    by_day = told(occurred_after=around[0], occurred_before=around[1])
    assert by_day is not None
    assert by_day.unit == "day"
    assert [bar.count for bar in by_day.bars] == [1, hours, 1]


def test_an_hour_that_the_clocks_show_twice_is_two(berlin: None) -> None:
    at("2026-10-25T00:30Z", "2026-10-25T01:30Z", "2026-10-25T01:45Z")
    found = told(occurred_after=AUTUMN, occurred_before=AUTUMN)
    assert counts(found) == {"25 02 CEST": 1, "25 02 CET": 2}


def test_a_day_that_does_not_begin_at_midnight() -> None:
    # In Santiago the clocks went from 24:00 to 01:00.
    at("2026-09-06T03:59:59Z", "2026-09-06T04:00Z", "2026-09-07T02:59:59Z")
    with timezone.override(ZoneInfo("America/Santiago")):
        found = told(occurred_after="2026-09-05", occurred_before="2026-09-07")
        assert counts(found) == {"09-05": 1, "09-06": 2}


@pytest.fixture
def capped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log of more than is counted, and bars of ten at most."""
    monkeypatch.setattr(counting, "CAP", 5)
    monkeypatch.setattr(activities, "MOST", 300)
    values = {"target_type": "testapp.book", "event_type": "update", "action": "book.update"}
    days = [("2026-12-29", 15), ("2026-12-30", 10)]
    moments = [f"{day}T10:00+00:00" for day, number in days for _entry in range(number)]
    AuditEntry.objects.bulk_create(
        AuditEntry(occurred_at=datetime.datetime.fromisoformat(moment), actor_id=7, **values)
        for moment in moments
    )
    at("2026-12-30T11:00Z", action="book.delete")


@pytest.mark.parametrize("filters", [{}, {"action": "book.update"}, {"actor": "7"}])
def test_bars_of_a_large_log_are_capped(
    capped: None, filters: dict[str, str], django_assert_num_queries: Any
) -> None:
    found = told(**filters)
    assert found is not None
    bars = {f"{bar.start:%d}": (bar.count, bar.count_is) for bar in found.bars if bar.count}
    assert bars == {"29": (10, "at_least"), "30": (10, "exact" if filters else "at_least")}
    page = paginate(AuditEntry.objects.all(), {"page_size": "2"})
    with django_assert_num_queries(1):
        activity(AuditEntry.objects.all(), page, None, None, filters)


def test_bars_of_a_period_that_was_chosen(capped: None) -> None:
    # Its beginning is that of the first bar, too.
    found = told(occurred_after="2026-12-28", occurred_before="2026-12-30", action="book.update")
    assert counts(found) == {"12-29": 15, "12-30": 10}


def test_bars_from_before_1970_on(capped: None) -> None:
    at(*["1969-12-31T10:00Z"] * 4, *["1970-01-01T10:00Z"] * 12)
    found = told(occurred_after="1969-12-30", occurred_before="1970-01-03")
    assert counts(found) == {"12-31": 4, "01-01": 12}


@pytest.mark.parametrize(
    "filters", [{"search": "book"}, {"action": "book.update", "actor": "7"}, {"outcome": "success"}]
)
def test_no_chart_that_would_take_reading_a_large_log(
    capped: None, filters: dict[str, str]
) -> None:
    assert told(**filters) is None


def test_no_chart_of_a_large_log_that_visibility_narrows(capped: None, settings: Any) -> None:
    settings.AUDIT_LOG = {"VISIBILITY": "tests.admin.visibility.only_acme"}
    assert told() is None


def test_entries_that_arrive_meanwhile_are_not_in_it() -> None:
    at("2026-12-30T10:00Z")
    entries = AuditEntry.objects.all()
    page = paginate(entries, {})
    at("2026-12-30T12:00Z")
    assert counts(activity(entries, page, None, None, ())) == {"12-30": 1}


@pytest.mark.parametrize("pin", [uuid.UUID(int=0), uuid.UUID(int=(1 << 128) - 1)])
def test_a_listing_that_started_at_whatever_id(capped: None, pin: uuid.UUID) -> None:
    page = paginate(AuditEntry.objects.all(), {"pin": str(pin), "page_size": "2"})
    found = activity(AuditEntry.objects.all(), page, None, None, ())
    assert (found is None) == (pin.int == 0)


def test_no_chart_of_a_large_log_whose_times_have_no_zone(
    capped: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.USE_TZ = False
    monkeypatch.setattr(timezone, "now", lambda: datetime.datetime(2026, 12, 31, 12))  # noqa: DTZ001
    page = paginate(AuditEntry.objects.all(), {"page_size": "2"})
    assert page.count_is != "exact"
    assert activity(AuditEntry.objects.all(), page, None, None, ()) is None


def test_entries_of_one_moment_are_several() -> None:
    at(*["2026-12-30T10:00Z"] * 3)
    entries = AuditEntry.objects.distinct()
    assert counts(activity(entries, paginate(entries, {}), None, None, ())) == {"12-30": 3}
