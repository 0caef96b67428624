"""How many entries a listing has, without counting millions for a page of twenty.

Up to ``CAP`` entries are counted, where that is cheap. Beyond, PostgreSQL's planner is asked
how many it expects; SQLite and MariaDB say about how many the whole log has, and of a part of
it only that there are at least as many as were counted.
"""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from django.db import OperationalError, connections
from django.db.models import Count as CountRows
from django.db.models import IntegerField, Subquery, Window

from audit_log.querysets import united

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import QuerySet

    from audit_log.models import AuditEntry
    from audit_log.querysets import AuditEntryQuerySet

CAP = 5_000
"""How many entries are counted at most."""
RECENT = 1_000
"""Entries of one filter among which those of all filters are looked for first."""
LIKELY = 25
"""How many must be expected there."""
AFFORDABLE = 500
"""What counting may cost on PostgreSQL, in the planner's units: some milliseconds."""
FEW = 1_000
"""Entries that are rather all found than met one by one among all that are newer."""
PATIENCE = 0.002
"""Seconds that counting may take on SQLite."""
STEPS = 2_500
"""Instructions of SQLite's virtual machine after which it is looked at the clock again.

What takes fewer is always counted: a hundred entries, where few are passed over.
"""
FETCHED = 100
"""Rows that are fetched at once: what is found after the last ones may not count."""

_SIZES = {
    # Entries are only added, and pruned from the old end on. Each of the two is found at once.
    "sqlite": (
        "SELECT (SELECT MAX(rowid) FROM audit_log_auditentry)"
        " - (SELECT MIN(rowid) FROM audit_log_auditentry) + 1"
    ),
    "mysql": (
        "SELECT table_rows FROM information_schema.tables"
        " WHERE table_schema = DATABASE() AND table_name = 'audit_log_auditentry'"
    ),
}

Exactness: TypeAlias = Literal["exact", "estimate", "at_least"]


@dataclass(frozen=True)
class Count:
    """A number of entries, and whether there are so many, about so many, or at least so many."""

    number: int
    exactness: Exactness = "exact"


class Counter:
    """Counts the entries of one listing, up to ``CAP`` or as far as it comes."""

    is_sure = False
    """Whether it is cheap to find them all, in no order: safer than to hope to meet some soon."""
    likely_among = ""
    """The column of a filter among whose last entries, all the same, a page is likely to be."""

    def __init__(self, listing: AuditEntryQuerySet, *, is_whole_log: bool) -> None:
        self.listing = listing.order_by().in_key_range()
        self.ranges = united(listing)
        self.is_whole_log = is_whole_log

    def counting(self, page: AuditEntryQuerySet, *, is_listing: bool) -> AuditEntryQuerySet:
        """Return the query of a page, which may count the listing as well.

        With ``is_listing`` it goes through the listing from its newest entry on.
        """
        return page

    def count(self, entries: list[AuditEntry], pin: uuid.UUID | None, at_least: int) -> Count:
        """Return the size of the listing that started with ``pin``, by one query at most.

        ``entries`` are a page of it, which is not empty.
        """
        connection = connections[self.listing.db]
        sized, is_all = 0, True
        if self.is_whole_log:
            counted, sized = _whole(connection, self._some(pin))
        else:
            counted, is_all = _part(connection, self._some(pin))
        if is_all and counted <= CAP:
            return Count(max(counted, at_least))
        at_least = max(min(counted, CAP), at_least)
        return Count(sized, "estimate") if sized > at_least else Count(at_least, "at_least")

    def _some(self, pin: uuid.UUID | None = None) -> QuerySet[Any, Any]:
        if self.ranges is not None and self.ranges.is_disjoint:
            return self.ranges.some(CAP + 1, pin)
        listing = self.listing if pin is None else self.listing.started_at(pin)
        return listing.values("pk")[: CAP + 1]


class PostgresCounter(Counter):
    """Asks the planner, and counts in the query of the page where that is cheap."""

    def __init__(self, listing: AuditEntryQuerySet, *, is_whole_log: bool) -> None:
        super().__init__(listing, is_whole_log=is_whole_log)
        capped = _plan_of(self.listing.values("pk")[: CAP + 1])
        whole = _main_part(capped)
        if listing.has_key_range:
            # The range of time and that of keys are one condition to us, two to the planner.
            self.estimate = int(_plan_of(listing.order_by().values("pk")).get("Plan Rows", 0))
        else:
            self.estimate = int(whole.get("Plan Rows", 0))
        self.is_counted = capped.get("Total Cost", 0) <= AFFORDABLE
        # Where several tables are asked, all are found for a page, and so few counted there.
        self.is_found = self.estimate <= FEW and "Join Type" in whole
        # What several indexes find together comes in no order.
        main = _main_part(whole)
        self.is_sure = (
            main.get("Node Type") in {"BitmapAnd", "BitmapOr"}
            and self.estimate <= FEW
            and whole["Total Cost"] <= 10 * AFFORDABLE
        )
        is_dear = whole.get("Total Cost", 0) > 2 * AFFORDABLE
        if self.is_sure and is_dear and not listing.has_key_range:
            # In a range of time, the planner has been asked twice already.
            self.likely_among = _likely_among(main, self.estimate, listing.model)

    def counting(self, page: AuditEntryQuerySet, *, is_listing: bool) -> AuditEntryQuerySet:
        if not self.is_counted:
            return page
        if self.is_found and is_listing:
            return page.annotate(audit_log_count=Window(CountRows("*")))
        return page.annotate(audit_log_count=_NumberOf(self._some()))

    def count(self, entries: list[AuditEntry], pin: uuid.UUID | None, at_least: int) -> Count:
        counted = getattr(entries[0], "audit_log_count", 0)
        if 0 < counted <= CAP:
            return Count(max(counted, at_least))
        at_least = max(min(counted, CAP), at_least)
        if self.estimate > at_least:
            return Count(self.estimate, "estimate")
        return Count(at_least, "at_least")


def counter_of(listing: AuditEntryQuerySet, *, is_whole_log: bool) -> Counter:
    """Return the counter of a listing, for the database that it is read from."""
    vendor = connections[listing.db].vendor
    chosen = PostgresCounter if vendor == "postgresql" else Counter
    return chosen(listing, is_whole_log=is_whole_log)


class _NumberOf(Subquery):
    """How many rows a query has, as a value of another."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS audit_log_counted)"
    output_field = IntegerField()


def _likely_among(plan: dict[str, Any], estimate: int, model: type[AuditEntry]) -> str:
    """Return the column whose filter leaves the fewest, where enough of all are expected there."""
    if plan["Node Type"] != "BitmapAnd":
        return ""
    sharpest = min(plan["Plans"], key=lambda part: int(part["Plan Rows"]))
    if estimate * RECENT < sharpest["Plan Rows"] * LIKELY:
        return ""
    columns = {index.name: index.fields[0] for index in model._meta.indexes}
    return str(columns.get(sharpest.get("Index Name"), ""))


def _plan_of(query: QuerySet[Any, Any]) -> dict[str, Any]:
    # No explanation: Django knows that nothing is asked for.
    explained = query.explain(format="json")
    plan: dict[str, Any] = json.loads(explained)[0]["Plan"] if explained else {}
    return plan


def _main_part(plan: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a plan that its rows come from: subqueries are parts of it, too."""
    parts: list[dict[str, Any]] = plan.get("Plans", [])
    return next((part for part in parts if part["Parent Relationship"] == "Outer"), {})


def _whole(connection: BaseDatabaseWrapper, query: Any) -> tuple[int, int]:
    """Return how many entries of a log there are, by a query for some more than ``CAP`` of them,
    and its size as the database has it.
    """
    sql, parameters = query.query.get_compiler(connection.alias).as_sql()
    count = f"(SELECT COUNT(*) FROM ({sql}) AS audit_log_counted)"  # noqa: S608
    if connection.vendor == "sqlite":
        # There are at most as many as row numbers.
        count = f"CASE WHEN size > {CAP:d} THEN size ELSE {count} END"
    size = _SIZES[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {count}, size FROM (SELECT ({size}) AS size) AS audit_log_sized",  # noqa: S608
            parameters,
        )
        counted, sized = cursor.fetchone()
    return counted, sized or 0


def _part(connection: BaseDatabaseWrapper, query: Any) -> tuple[int, bool]:
    """Return how many rows a query has, and whether all were found: SQLite may run out of time."""
    sql, parameters = query.query.get_compiler(connection.alias).as_sql()
    if connection.vendor != "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT COUNT(*) FROM ({sql}) AS audit_log_counted",  # noqa: S608
                parameters,
            )
            return cursor.fetchone()[0], True
    counted = 0
    # One by one, so that those are counted that were found in time.
    with connection.cursor() as cursor, _interrupted(connection) as in_time:
        cursor.execute(f"SELECT 1 FROM ({sql}) AS audit_log_counted", parameters)  # noqa: S608
        while found := cursor.fetchmany(FETCHED):
            counted += len(found)
    return counted, in_time()


@contextmanager
def _interrupted(connection: BaseDatabaseWrapper) -> Iterator[Callable[[], bool]]:
    """Let SQLite give up what takes too long; the block gets what says whether it was in time."""
    late: list[OperationalError] = []
    deadline = time.perf_counter() + PATIENCE
    connection.connection.set_progress_handler(lambda: time.perf_counter() > deadline, STEPS)
    try:
        yield lambda: not late
    except OperationalError as error:
        if getattr(error.__cause__, "sqlite_errorcode", 0) != sqlite3.SQLITE_INTERRUPT:
            raise
        late.append(error)
    finally:
        connection.connection.set_progress_handler(None, 0)
