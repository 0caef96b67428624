"""A date is its whole local day; a time that nobody could place is an error."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.test import override_settings
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from audit_log.models import AuditEntry
from audit_log.reading.moments import parse_moment, utc_text
from tests.reading.helpers import found, make, wrong


def utc(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-31T14:30:05.123456Z", "2026-03-31T14:30:05.123456"),
        ("2026-03-31T14:30:05+02:00", "2026-03-31T12:30:05"),
        ("2026-03-31T14:30:05-0230", "2026-03-31T17:00:05"),
        ("2026-03-31T14:30", "2026-03-31T12:30"),
        ("2026-03-31 14:30", "2026-03-31T12:30"),
        ("20260331T143000", "2026-03-31T12:30"),
        # "+" in a query string arrives as a space.
        ("2026-03-31T14:30:05 02:00", "2026-03-31T12:30:05"),
        ("2026-03-31T14:30:05.5 0200", "2026-03-31T12:30:05.5"),
        ("2026-03-31 14:30 02", "2026-03-31T12:30"),
        ("2026-03-31", "2026-03-30T22:00"),
        ("0001-01-01", "1000-01-02T00:00"),
    ],
)
def test_what_is_read(text: str, expected: str) -> None:
    with timezone.override("Europe/Berlin"):
        assert parse_moment(text) == utc(expected)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "2026",
        "2026-02-30",
        "2026-13-01",
        "2026-03-31T25:00",
        "2026-03-31T14:30+99:00",
        "31.3.2026",
        "now",
        "1775000000",
        "2026-03-31T14:30 +",
        "-2026-03-31",
        "99999-01-01",
    ],
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        parse_moment(text)
    assert caught.value.messages[0].startswith(f"“{text}” is no date or time. Write it by ISO 8601")


@pytest.mark.parametrize(
    ("zone", "day", "first", "last"),
    [
        ("UTC", "2026-03-31", "2026-03-31T00:00", "2026-03-31T23:59:59.999999"),
        # 23 and 25 hours.
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00", "2026-03-29T21:59:59.999999"),
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00", "2026-10-25T22:59:59.999999"),
        # There was no midnight: the clocks went from 24:00 to 1:00 …
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00", "2018-11-05T01:59:59.999999"),
        # … and the last hour of a day twice.
        ("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00", "2018-02-18T02:59:59.999999"),
        # Midnight came twice.
        ("America/Havana", "2026-11-01", "2026-11-01T04:00", "2026-11-02T04:59:59.999999"),
    ],
)
def test_a_date_is_its_whole_day(zone: str, day: str, first: str, last: str) -> None:
    with timezone.override(zone):
        assert parse_moment(day) == utc(first)
        assert parse_moment(day, end=True) == utc(last)


@given(
    st.sampled_from(["UTC", "Europe/Berlin", "America/Havana", "Asia/Kathmandu", "Africa/Cairo"]),
    st.dates(datetime.date(1980, 1, 1), datetime.date(2030, 1, 1)),
)
@hypothesis_settings(deadline=None)
def test_days_meet_without_gap_or_overlap(zone: str, day: datetime.date) -> None:
    following = day + datetime.timedelta(days=1)
    with timezone.override(zone):
        end = parse_moment(day.isoformat(), end=True)
        start = parse_moment(following.isoformat())
    assert start - end == datetime.timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "2026-03-29T02:30",
            "skip 2026-03-29T02:30:00: add an offset, like +01:00.",
        ),
        (
            "2026-10-25T02:30",
            "show 2026-10-25T02:30:00 twice: add an offset, like +02:00.",
        ),
    ],
)
def test_a_local_time_that_no_moment_or_two_have(text: str, message: str) -> None:
    with timezone.override("Europe/Berlin"):
        with pytest.raises(ValidationError) as caught:
            parse_moment(text)
        assert caught.value.messages == [f"The clocks in Europe/Berlin {message}"]
        assert parse_moment(text + "+01:00") is not None


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "UTC"])
@pytest.mark.parametrize("text", ["9999-12-31", "0001-01-01", "9999-12-31T23:59:59"])
@pytest.mark.parametrize("end", [True, False])
def test_the_ends_of_the_calendar_are_as_far_as_databases_go(
    zone: str, text: str, end: bool
) -> None:
    with timezone.override(zone):
        assert 1000 <= parse_moment(text, end=end).year <= 9999


@override_settings(USE_TZ=False, TIME_ZONE="Europe/Berlin")
def test_without_time_zones_moments_are_naive() -> None:
    assert parse_moment("2026-03-31T14:30") == datetime.datetime(2026, 3, 31, 14, 30)  # noqa: DTZ001
    assert parse_moment("2026-03-31T12:30Z") == datetime.datetime(2026, 3, 31, 14, 30)  # noqa: DTZ001
    assert utc_text(datetime.datetime(2026, 3, 31, 14, 30)) == "2026-03-31T12:30:00.000000Z"  # noqa: DTZ001


def test_times_are_written_in_utc_with_microseconds() -> None:
    moment = datetime.datetime(2026, 3, 31, 14, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert utc_text(moment) == "2026-03-31T12:30:00.000000Z"
    assert parse_moment(utc_text(moment)) == moment


@pytest.mark.django_db
class TestAsFilter:
    @pytest.fixture
    def entries(self) -> dict[str, AuditEntry]:
        times = [
            "2026-03-30T21:59:59.999999",
            "2026-03-30T22:00:00",
            "2026-03-31T12:30:00.000001",
            "2026-03-31T21:59:59.999999",
            "2026-03-31T22:00:00",
        ]
        return {time: make(occurred_at=utc(time)) for time in times}

    def test_a_day_is_inclusive_at_both_ends(self, entries: dict[str, AuditEntry]) -> None:
        with timezone.override("Europe/Berlin"):
            day = found("occurred_after=2026-03-31&occurred_before=2026-03-31")
        assert day == list(entries.values())[3:0:-1]

    def test_a_moment_is_inclusive_to_the_microsecond(self, entries: dict[str, AuditEntry]) -> None:
        moment = "2026-03-31T12:30:00.000001Z"
        assert found(f"occurred_after={moment}&occurred_before={moment}") == [
            entries["2026-03-31T12:30:00.000001"]
        ]
        microsecond_before = "occurred_before=2026-03-31T12:30:00.000000Z"
        assert found(f"occurred_after=2026-03-31T00:00Z&{microsecond_before}") == []

    def test_a_range_that_ends_before_it_begins(self, entries: dict[str, AuditEntry]) -> None:
        message = (
            "The range ends before it begins: occurred_after (2026-03-31) is later than "
            "occurred_before (2026-03-30)."
        )
        reversed_range = wrong("occurred_after=2026-03-31&occurred_before=2026-03-30")
        assert reversed_range == {"occurred_after": [message]}
        # Where one of them is wrong anyway, that is all there is to say.
        assert list(wrong("occurred_after=2026-03-31&occurred_before=x")) == ["occurred_before"]

    def test_a_lost_plus_finds_the_same(self, entries: dict[str, AuditEntry]) -> None:
        lost = found("occurred_after=2026-03-31T14:30:00+02:00")
        assert lost == found("occurred_after=2026-03-31T14:30:00%2B02:00")
        assert len(lost) == 3

    def test_the_ends_of_the_calendar(self, entries: dict[str, AuditEntry]) -> None:
        assert len(found("occurred_after=0001-01-01&occurred_before=9999-12-31")) == 5
        assert found("occurred_after=9999-12-31") == []

    def test_a_wrong_time_is_never_ignored(self, entries: dict[str, AuditEntry]) -> None:
        errors = wrong("occurred_after=2026-02-30&occurred_before=yesterday")
        assert list(errors) == ["occurred_after", "occurred_before"]
