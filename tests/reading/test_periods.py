"""Periods are told by times, also where ids are asked first."""

from __future__ import annotations

import datetime
import uuid

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from audit_log import uuid7
from audit_log.models import AuditEntry
from audit_log.periods import occurred
from audit_log.querysets import AuditEntryQuerySet
from audit_log.reading import bars, counting, pagination
from audit_log.reading.activity import activity
from audit_log.reading.filters import AuditEntryFilter
from audit_log.reading.pagination import paginate

START = datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC)
# Finer than a millisecond, and around the edges of days and of the tolerance.
_OFFSETS = st.one_of(
    st.integers(-4 * 3600, 4 * 24 * 3600).map(lambda seconds: seconds * 1_000_000),
    st.builds(
        lambda hours, microseconds: hours * 3_600_000_000 + microseconds,
        st.sampled_from([0, 1, 2, 7, 8, 22, 23, 24, 25, 48, 70, 70, 72]),
        st.integers(-2000, 2000),
    ),
)
MOMENTS = _OFFSETS.map(lambda microseconds: START + datetime.timedelta(microseconds=microseconds))
DEVIATIONS = st.sampled_from([-uuid7.TOLERANCE, -1, 0, 0, 1, uuid7.TOLERANCE])
ENTRIES = st.lists(st.tuples(MOMENTS, DEVIATIONS, st.booleans()), min_size=2, max_size=30)
PERIODS = [
    ("2026-03-01", "2026-03-06"),
    ("2026-03-02", "2026-03-02"),
    ("2026-03-02T01:00:00.001", "2026-03-04T22:00:00.000001"),
]
LAST = (START + datetime.timedelta(hours=69, minutes=50), 0, False)
# With an id from before that.
TOO_LATE = (START + datetime.timedelta(hours=70, minutes=10), -uuid7.TOLERANCE, False)


def entry_of(moment: datetime.datetime, deviation: int, is_read: bool) -> AuditEntry:
    low = uuid7.lowest(uuid7.milliseconds_at(moment) + deviation).int
    return AuditEntry(
        pk=uuid.UUID(int=low | uuid.uuid4().int & (1 << 61) - 1),
        occurred_at=moment,
        event_type="access" if is_read else "update",
        action="user.view" if is_read else "user.update",
        target_type="auth.user",
        target_id="8" if is_read else "7",
    )


class TestPeriods(TestCase):
    @given(ENTRIES, MOMENTS, MOMENTS, st.sampled_from(["", "7"]))
    def test_filters_find_what_occurred_in_the_period(
        self,
        made: list[tuple[datetime.datetime, int, bool]],
        since: datetime.datetime,
        until: datetime.datetime,
        key: str,
    ) -> None:
        since, until = sorted((since, until))
        entries = AuditEntry.objects.bulk_create([entry_of(*one) for one in made])
        expected = {one.pk for one in entries if since <= one.occurred_at <= until}
        assert {one.pk for one in AuditEntry.objects.between(since, until)} == expected
        data = {"occurred_after": since.isoformat(), "occurred_before": until.isoformat()}
        if key:
            data["object"] = f"auth.user:{key}"
            expected &= {one.pk for one in entries if one.target_id == key}
        filters = AuditEntryFilter(data=data, queryset=AuditEntry.objects.all())
        assert filters.is_valid(), filters.errors
        page = paginate(filters.qs, {"page_size": "200"})
        assert {one.pk for one in page.entries} == expected
        assert page.count == len(expected)

    @given(
        ENTRIES,
        st.sampled_from(PERIODS),
        st.sampled_from([{}, {"event_type": "access"}]),
        st.integers(0, 29),
    )
    @example([LAST, LAST, TOO_LATE], PERIODS[2], {}, 0)
    def test_bars_count_what_occurred_in_their_days_or_hours(
        self,
        made: list[tuple[datetime.datetime, int, bool]],
        days: tuple[str, str],
        others: dict[str, str],
        start: int,
    ) -> None:
        AuditEntry.objects.bulk_create([entry_of(*one) for one in made])
        data = {"occurred_after": days[0], "occurred_before": days[1], **others}
        filters = AuditEntryFilter(data=data, queryset=AuditEntry.objects.all())
        assert filters.is_valid(), filters.errors
        found = list(filters.qs.order_by("-pk"))
        assume(len(found) > 1)
        listed = found[start % (len(found) - 1) :]
        # Entries that are newer than the listing are not in it.
        params = {"page_size": "1", "pin": str(listed[0].pk)}
        period = [filters.form.cleaned_data[f"occurred_{side}"] for side in ("after", "before")]
        with pytest.MonkeyPatch.context() as patch:
            for module in (bars, counting, pagination):
                patch.setattr(module, "CAP", 0)
            page = paginate(filters.qs, params)
            assert page.count_is != "exact"
            patch.setattr(timezone, "now", lambda: START + datetime.timedelta(days=30))
            told = activity(filters.of_any_time, page, *period, data)
        assert told is not None
        assert len(told.bars) in {3, 6, 24}
        for bar in told.bars:
            expected = [one for one in listed if bar.start <= one.occurred_at < bar.end]
            assert (bar.count, bar.count_is) == (len(expected), "exact")
        assert sum(bar.count for bar in told.bars) == len(listed)


@pytest.mark.django_db
def test_only_sqlite_asks_ids_first() -> None:
    sql = str(AuditEntry.objects.filter(occurred("default", since=START, until=START)).query)
    assert (" OR " in sql) == (connection.vendor == "sqlite")


@pytest.mark.django_db
def test_what_is_known_of_keys_is_known_of_what_was_asked_for_alone() -> None:
    AuditEntry.objects.bulk_create([entry_of(START, 0, is_read=False)])

    def since(moment: str) -> AuditEntryQuerySet:
        data = {"occurred_after": moment, "action": "user.update"}
        return AuditEntryFilter(data=data, queryset=AuditEntry.objects.all()).qs

    of_object = AuditEntry.objects.for_target("auth.user", "7")
    later = since("2026-03-20")
    assert paginate(later, {}).entries == []
    for either in (later | of_object, of_object | later, later ^ of_object):
        page = paginate(either, {})
        assert (len(page.entries), page.count, page.count_is) == (1, 1, "exact")
    assert paginate(since("2026-03-01") & of_object, {}).count == 1
    assert paginate(later & of_object, {}).count == 0
