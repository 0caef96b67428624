"""How many entries of a listing fall on each day, or hour, of the period that it covers."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, TypeAlias

from django.conf import settings as django_settings
from django.utils import timezone

from audit_log.conf import settings
from audit_log.reading.bars import Span, counted, counted_each
from audit_log.reading.counting import Exactness
from audit_log.reading.moments import first_moment_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from audit_log.querysets import AuditEntryQuerySet
    from audit_log.reading.pagination import Page

DAYS = 30
"""Days up to the end of the period, where its beginning was not chosen."""
MOST_DAYS = 92
"""Days that are told apart: the last ones of a longer period."""
DAYS_BY_HOUR = 2
"""A period of so many days is told by the hour."""
MOST = 3_000
"""How many entries all bars count together where the listing has more than are counted at all."""

INDEXED = frozenset({"event_type", "action", "target_type", "actor", "tenant", "remote_addr"})
"""Filters of which one alone finds the entries of a range of time by an index."""

Unit: TypeAlias = Literal["day", "hour"]
_HOUR = datetime.timedelta(hours=1)


@dataclass(frozen=True)
class Bar:
    """The entries from ``start`` on, until before ``end``."""

    start: datetime.datetime
    end: datetime.datetime
    count: int
    count_is: Exactness = "exact"


@dataclass(frozen=True)
class Activity:
    """Bars without a gap between them, oldest first."""

    unit: Unit
    bars: list[Bar]


def activity(
    entries: AuditEntryQuerySet,
    page: Page,
    after: datetime.datetime | None,
    before: datetime.datetime | None,
    filters: Collection[str],
) -> Activity | None:
    """Return the activity of ``entries`` from ``after`` to ``before``, both inclusive.

    ``entries`` are those of any time, ``page`` is the first one of those in the period, ``filters``
    are the names of the filters in use. One query, which counts at most ``MOST`` entries; each bar
    has the same share of them. ``None`` where nobody knows how many it would have to look at, where
    there are none in the period, and where one bar would be all.
    """
    unit, spans = _spans(after, before)
    if page.count == 0 or len(spans) < 2:
        return None
    assert page.pin is not None  # of a page that is not empty
    parts = [_part(span, after, before) for span in spans]
    if page.count_is == "exact":
        numbers = counted(entries.started_at(page.pin), parts)
        return Activity(unit, [Bar(*span, n) for span, n in zip(spans, numbers, strict=True)])
    others = set(filters) - {"occurred_after", "occurred_before"}
    if settings.VISIBILITY is not None or len(others) > 1 or not others <= INDEXED:
        return None
    if not django_settings.USE_TZ:
        # Too little is sure of ids then: entries of days around each bar would be read.
        return None
    # A round number, as it is told.
    most = MOST // len(spans) // 10 * 10
    numbers = counted_each(entries, page.pin, parts, most)
    bars = [
        Bar(*span, min(number, most), "exact" if number <= most else "at_least")
        for span, number in zip(spans, numbers, strict=True)
    ]
    return Activity(unit, bars)


def _spans(
    after: datetime.datetime | None, before: datetime.datetime | None
) -> tuple[Unit, list[Span]]:
    """Return the days or hours of a period, as far as it lies in the past.

    A local day is as long as it is: where the clocks change, it has 23 hours or 25.
    """
    now = timezone.now()
    end = now if before is None else min(before, now)
    last = _local_date(end)
    first = last - datetime.timedelta(days=DAYS - 1) if after is None else _local_date(after)
    first = max(first, last - datetime.timedelta(days=MOST_DAYS - 1))
    number = (last - first).days + 1
    days = (first + datetime.timedelta(days=day) for day in range(number + 1))
    edges = [first_moment_of(day) for day in days] if number > 0 else []
    unit: Unit = "day"
    if 0 < number <= DAYS_BY_HOUR:
        unit = "hour"
        hours = -(-(edges[-1] - edges[0]) // _HOUR)
        edges = [*(edges[0] + hour * _HOUR for hour in range(hours)), edges[-1]]
    start = edges[0] if after is None and edges else after
    return unit, [
        span for span in pairwise(edges) if start is not None and span[1] > start and span[0] <= end
    ]


def _part(span: Span, after: datetime.datetime | None, before: datetime.datetime | None) -> Span:
    """Return the part of a span that lies in the period."""
    start, end = span
    return (
        start if after is None else max(start, after),
        end if before is None or end <= before else before + datetime.timedelta.resolution,
    )


def _local_date(moment: datetime.datetime) -> datetime.date:
    return (timezone.localtime(moment) if timezone.is_aware(moment) else moment).date()
