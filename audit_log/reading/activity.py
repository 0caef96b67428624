"""How many entries of a listing fall on each day, or hour, of the period that it covers."""

from __future__ import annotations

import datetime
import uuid
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from django.db import connections
from django.db.models import F, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from audit_log import uuid7
from audit_log.conf import settings
from audit_log.models import AuditEntry
from audit_log.reading.counting import CAP, Exactness
from audit_log.reading.moments import first_moment_of
from audit_log.uuid7 import key_range

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.backends.base.base import BaseDatabaseWrapper

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

INDEXED = frozenset(
    {"event_type", "action", "target_type", "target_id", "actor", "tenant", "remote_addr"}
)
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
    listing: AuditEntryQuerySet,
    page: Page,
    after: datetime.datetime | None,
    before: datetime.datetime | None,
    filters: Collection[str],
) -> Activity | None:
    """Return the activity in the period from ``after`` to ``before`` of a listing.

    ``page`` is its first page, ``filters`` the names of those in use. One query, which reads at
    most ``MOST`` entries; each bar has the same share of them. ``None`` where it would take
    reading more than that, where the listing is empty, and where one bar would be all.
    """
    unit, spans = _spans(after, before)
    if page.count == 0 or len(spans) < 2:
        return None
    if page.pin is not None:
        listing = listing.started_at(page.pin)
    if page.count_is == "exact":
        counts = _counted(listing, spans)
        return Activity(unit, [Bar(*span, counts[span[0]]) for span in spans])
    others = set(filters) - {"occurred_after", "occurred_before"}
    if settings.VISIBILITY is not None or len(others) > 1 or not others <= INDEXED:
        return None
    # A round number, as it is told.
    most = MOST // len(spans) // 10 * 10
    bars = [
        Bar(*span, min(number, most), "exact" if number <= most else "at_least")
        for span, number in zip(spans, _counted_each(listing, spans, most), strict=True)
    ]
    return Activity(unit, bars)


Span: TypeAlias = tuple[datetime.datetime, datetime.datetime]


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


def _local_date(moment: datetime.datetime) -> datetime.date:
    return (timezone.localtime(moment) if timezone.is_aware(moment) else moment).date()


def _counted(listing: AuditEntryQuerySet, spans: list[Span]) -> Counter[datetime.datetime]:
    found = _within(listing, (spans[0][0], spans[-1][1])).in_key_range().order_by()
    starts = [start for start, _end in spans]
    edges: list[Any] = starts
    moment: Any = F("occurred_at")
    if connections[listing.db].vendor == "sqlite":
        # Texts, in their order: to make datetimes of them takes longer than all the rest.
        field: Any = AuditEntry._meta.get_field("occurred_at")
        edges = [field.get_db_prep_value(start, connections[listing.db]) for start in starts]
        moment = Cast(moment, TextField())
    moments = found.values_list(moment, flat=True)[: CAP + 1]
    return Counter(starts[bisect_right(edges, moment) - 1] for moment in moments)


def _counted_each(listing: AuditEntryQuerySet, spans: list[Span], most: int) -> list[int]:
    """Return how many entries each span has, up to one more than ``most``.

    They are looked for among the keys of that time: by the primary key, or the index of a filter.
    """
    connection = connections[listing.db]
    capped = _within(listing, spans[0]).in_key_range().order_by().values("pk")[: most + 1]
    # Made once: for each span anew, it would take longer than they take to be counted.
    sql, parameters = capped.query.get_compiler(using=listing.db).as_sql()
    bounds = [_bounds(span, connection) for span in spans]
    others = parameters[: -len(bounds[0])]
    if connection.vendor == "mysql":
        statement = " UNION ALL ".join(
            f"SELECT {number:d}, COUNT(*) FROM ({sql}) AS audit_log_counted"  # noqa: S608
            for number in range(len(spans))
        )
        given = [value for bound in bounds for value in (*others, *bound)]
    else:
        # The bounds as columns, so that it is planned once, too.
        names = [f"audit_log_bar.{name}" for name in ("first", "last", "lowest", "highest")]
        for name in reversed(names):
            sql = name.join(sql.rsplit("%s", 1))
        rows = ", ".join(f"({number:d}, %s, %s, %s, %s)" for number in range(len(spans)))
        statement = (
            "WITH audit_log_bar (number, first, last, lowest, highest)"  # noqa: S608
            f" AS (VALUES {rows}) SELECT number,"
            f" (SELECT COUNT(*) FROM ({sql}) AS audit_log_counted) FROM audit_log_bar"
        )
        given = [*(value for bound in bounds for value in bound), *others]
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return [count for _number, count in sorted(cursor.fetchall())]


def _within(listing: AuditEntryQuerySet, span: Span) -> AuditEntryQuerySet:
    start, end = span
    within: AuditEntryQuerySet = listing.filter(occurred_at__gte=start, occurred_at__lt=end)
    return within.within_keys(*_keys(span))


def _keys(span: Span) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    first, last = key_range(*span)
    # Always two bounds: what occurred before 1970 has the lowest ids.
    return first or uuid7.lowest(0), last


def _bounds(span: Span, connection: BaseDatabaseWrapper) -> list[Any]:
    """Return the parameters of :func:`_within`, in its order, as the database takes them."""
    fields: Any = AuditEntry._meta
    moment, key = fields.get_field("occurred_at"), fields.pk
    return [
        *(moment.get_db_prep_value(edge, connection) for edge in span),
        *(key.get_db_prep_value(edge, connection) for edge in _keys(span)),
    ]
