"""How many entries fall into each of several spans of time, by one query.

The spans follow one another without a gap; the first and the last may be cut short.
"""

from __future__ import annotations

import datetime
import uuid
from bisect import bisect_right
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from django.db import connections
from django.db.models import F, TextField
from django.db.models.functions import Cast
from django.db.models.sql.where import AND

from audit_log import uuid7
from audit_log.models import AuditEntry
from audit_log.periods import occurred
from audit_log.reading.counting import CAP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

    from audit_log.querysets import AuditEntryQuerySet

Span: TypeAlias = tuple[datetime.datetime, datetime.datetime]
"""From a moment on, until before another."""


def counted(listing: AuditEntryQuerySet, spans: list[Span]) -> list[int]:
    """Return how many entries each span has, of a listing of ``CAP`` at most: all are read."""
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


def counted_each(
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
        is_short = max(before - start for start, before in spans) <= datetime.timedelta(hours=2)
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
