"""How many entries of a listing fall on each day, or hour, of the period that it covers."""

from __future__ import annotations

import datetime
import uuid
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from django.conf import settings as django_settings
from django.db import connections
from django.db.models import F, TextField
from django.db.models.functions import Cast
from django.db.models.sql.where import AND
from django.utils import timezone

from audit_log import uuid7
from audit_log.conf import settings
from audit_log.models import AuditEntry
from audit_log.periods import occurred
from audit_log.reading.counting import CAP, Exactness
from audit_log.reading.moments import first_moment_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

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
        numbers = _counted(entries.started_at(page.pin), parts)
        return Activity(unit, [Bar(*span, n) for span, n in zip(spans, numbers, strict=True)])
    others = set(filters) - {"occurred_after", "occurred_before"}
    if settings.VISIBILITY is not None or len(others) > 1 or not others <= INDEXED:
        return None
    if not django_settings.USE_TZ:
        # Too little is sure of ids then: entries of days around each bar would be read.
        return None
    # A round number, as it is told.
    most = MOST // len(spans) // 10 * 10
    numbers = _counted_each(entries, page.pin, parts, most)
    bars = [
        Bar(*span, min(number, most), "exact" if number <= most else "at_least")
        for span, number in zip(spans, numbers, strict=True)
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


def _part(span: Span, after: datetime.datetime | None, before: datetime.datetime | None) -> Span:
    """Return the part of a span that lies in the period."""
    start, end = span
    return (
        start if after is None else max(start, after),
        end if before is None or end <= before else before + datetime.timedelta.resolution,
    )


def _local_date(moment: datetime.datetime) -> datetime.date:
    return (timezone.localtime(moment) if timezone.is_aware(moment) else moment).date()


def _counted(listing: AuditEntryQuerySet, spans: list[Span]) -> list[int]:
    found: Any = _within(listing, (spans[0][0], spans[-1][1])).in_key_range().order_by()
    if found.query.distinct:
        # Of entries, not of moments.
        found = listing.model._base_manager.using(listing.db).filter(pk__in=found.values("pk"))
    starts = [start for start, _end in spans]
    edges: list[Any] = starts
    moment: Any = F("occurred_at")
    if connections[listing.db].vendor == "sqlite":
        # Texts, in their order: to make datetimes of them takes longer than all the rest.
        field: Any = AuditEntry._meta.get_field("occurred_at")
        edges = [field.get_db_prep_value(start, connections[listing.db]) for start in starts]
        moment = Cast(moment, TextField())
    moments = found.values_list(moment, flat=True)[: CAP + 1]
    numbers = Counter(bisect_right(edges, moment) - 1 for moment in moments)
    return [numbers[place] for place in range(len(spans))]


def _counted_each(
    listing: AuditEntryQuerySet, pin: uuid.UUID, spans: list[Span], most: int
) -> list[int]:
    """Return how many entries each span has, up to one more than ``most``, none newer than ``pin``.

    They are looked for among the keys of that time: by the primary key, or the index of a filter.
    """
    connection = connections[listing.db]
    if connection.vendor == "mysql":
        started = listing.started_at(pin)
        found = [_within(started, span).in_key_range().order_by().values("pk") for span in spans]
        parts = [keys[: most + 1].query.get_compiler(listing.db).as_sql() for keys in found]
        statement = " UNION ALL ".join(
            f"SELECT {number:d}, COUNT(*) FROM ({sql}) AS audit_log_counted"  # noqa: S608
            for number, (sql, _parameters) in enumerate(parts)
        )
        given = [value for _sql, parameters in parts for value in parameters]
    else:
        # The edges are a table, so that the query is made and planned once: for each span anew,
        # that would take longer than they take to be counted.
        is_short = max(before - start for start, before in spans) <= 2 * _HOUR
        sql, parameters = _in_bar(listing, connection, most + 1, is_short=is_short)
        edges = list(_edges(spans, pin, connection))
        if connection.vendor == "postgresql":
            # Of parameters by the hundred, psycopg takes longer than the database of all the rest.
            table = (
                "SELECT ordinality, moment, before, after FROM UNNEST(%s::timestamptz[],"
                " %s::uuid[], %s::uuid[]) WITH ORDINALITY AS given (moment, before, after)"
            )
            values = [list(column) for column in zip(*edges, strict=True)]
        else:
            rows = ", ".join(f"({number:d}, %s, %s, %s)" for number in range(len(edges)))
            table = f"VALUES {rows}"
            values = [value for edge in edges for value in edge]
        statement = (
            f"WITH audit_log_edge (number, moment, before, after) AS ({table})"  # noqa: S608
            " SELECT first.number,"
            f" (SELECT COUNT(*) FROM ({sql}) AS audit_log_counted)"
            " FROM audit_log_edge first JOIN audit_log_edge last ON last.number = first.number + 1"
        )
        given = [*values, *parameters]
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return [count for _number, count in sorted(cursor.fetchall())]


def _edges(
    spans: list[Span], pin: uuid.UUID, connection: BaseDatabaseWrapper
) -> Iterator[tuple[Any, Any, Any]]:
    """Yield where each span begins, and where the last one ends, as the database takes it.

    A moment, the id below which all occurred before it, and the one from which on all occurred
    after it. The latter two are not beyond ``pin``.
    """
    fields: Any = AuditEntry._meta
    moment_of, key_of = (
        partial(field.get_db_prep_value, connection=connection)
        for field in (fields.get_field("occurred_at"), fields.pk)
    )
    end = _next(pin)
    for moment in (spans[0][0], *(before for _start, before in spans)):
        lowest, highest = uuid7.around(moment)
        yield moment_of(moment), key_of(min(lowest, end)), key_of(min(_next(highest), end))


def _next(key: uuid.UUID) -> uuid.UUID:
    return uuid.UUID(int=min(key.int + 1, (1 << 128) - 1))


def _in_bar(
    listing: AuditEntryQuerySet, connection: BaseDatabaseWrapper, most: int, *, is_short: bool
) -> tuple[str, list[Any]]:
    """Return the SQL of at most so many keys that occurred between two edges, and its parameters.

    Each part is one range of keys: of two bounds at the same end, SQLite takes either.
    """
    # Of bars that are short no id is sure: then first those that are nearest to the middle. Of many
    # bars, PostgreSQL's planner thinks that so dear that it compiles the statement.
    backwards = f" ORDER BY {{}} DESC LIMIT {most:d}" if is_short else ""
    forwards = f" ORDER BY {{}} LIMIT {most:d}" if is_short else ""
    assert listing.query.where.connector == AND
    compiler = listing.order_by().values("pk").query.get_compiler(listing.db)
    sql, parameters = compiler.as_sql()
    more = "AND" if listing.query.where else "WHERE"
    table = connection.ops.quote_name(AuditEntry._meta.db_table)
    key, moment = (f"{table}.{connection.ops.quote_name(name)}" for name in ("id", "occurred_at"))
    later = f"{'MAX' if connection.vendor == 'sqlite' else 'GREATEST'}(first.after, last.before)"
    within = f"{moment} >= first.moment AND {moment} < last.moment"
    # First those that need not be read, see `periods.py`: of them alone there may be enough.
    older = f"{key} >= first.before AND {key} < first.after AND {within}"
    newer = f"{key} >= {later} AND {key} < last.after AND {within}"
    parts = {
        "sure": f"{key} >= first.after AND {key} < last.before",
        "older": older + backwards.format(key),
        "newer": newer + forwards.format(key),
    }
    arms = (
        f"SELECT * FROM ({sql} {more} {part}) AS audit_log_{name}"  # noqa: S608
        for name, part in parts.items()
    )
    return f"{' UNION ALL '.join(arms)} LIMIT {most:d}", [*parameters] * len(parts)


def _within(listing: AuditEntryQuerySet, span: Span) -> AuditEntryQuerySet:
    start, end = span
    within: AuditEntryQuerySet = listing.filter(occurred(listing.db, since=start, before=end))
    return within.within_keys(uuid7.around(start)[0], uuid7.around(end)[1])
