"""Puts finished rows into the tables of the log: one INSERT for many, compiled once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import transaction

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

Row = tuple[Any, ...]
"""Values for the columns below, in the form in which the database takes them."""

ENTRY_COLUMNS = (
    "id",
    "occurred_at",
    "event_type",
    "action",
    "outcome",
    "actor_id",
    "actor_type",
    "actor_repr",
    "target_type",
    "target_id",
    "target_repr",
    "tenant",
    "changes",
    "reason",
    "remote_addr",
    "correlation_id",
    "metadata",
    "salt",
)
REFERENCE_COLUMNS = ("entry_id", "target_type", "target_id")

MAX_ROWS = 500
# Well below what servers take for one statement; MariaDB's max_allowed_packet is 16 MB.
MAX_CHARACTERS = 1_000_000


class Writer:
    """Writes the rows of the log on one database."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        backend: Any = connection
        self.moment: Callable[[Any], Any] = backend.ops.adapt_datetimefield_value
        self.binary: Callable[[bytes], Any] = backend.Database.Binary

    def actor_key(self, key: Any) -> Any:
        """Return the key of a user as the database takes it."""
        return self._actor.get_db_prep_save(key, self.connection)

    def address(self, address: str) -> Any:
        """Return an IP address as the database takes it."""
        return self.connection.ops.adapt_ipaddressfield_value(address)

    def insert(self, entries: Sequence[Row], references: Sequence[Row]) -> None:
        """Insert entries, then their references.

        They belong together: outside of a transaction they get one of their own where they
        take more than one statement.
        """
        if len(entries) + len(references) > 1 and not self._in_transaction():
            with transaction.atomic(using=self.connection.alias):
                self.insert(entries, references)
            return
        self._insert(self._entry, entries)
        if references:
            self._insert(self._reference, references)

    def _in_transaction(self) -> bool:
        return self.connection.in_atomic_block or not self.connection.get_autocommit()

    def _insert(self, statement: _Insert, rows: Sequence[Row]) -> None:
        with self.connection.cursor() as cursor:
            for piece in _pieces(rows, statement.max_rows):
                cursor.execute(statement.sql(len(piece)), list(chain.from_iterable(piece)))

    @cached_property
    def _actor(self) -> Any:
        return apps.get_model("audit_log", "AuditEntry")._meta.get_field("actor")

    @cached_property
    def _entry(self) -> _Insert:
        return _Insert("AuditEntry", ENTRY_COLUMNS, self.connection)

    @cached_property
    def _reference(self) -> _Insert:
        return _Insert("AuditReference", REFERENCE_COLUMNS, self.connection)


class _Insert:
    """The INSERT into one table."""

    def __init__(
        self, model: str, columns: tuple[str, ...], connection: BaseDatabaseWrapper
    ) -> None:
        meta = apps.get_model("audit_log", model)._meta
        quote = connection.ops.quote_name
        names = ", ".join(quote(name) for name in columns)
        self.head = f"INSERT INTO {quote(meta.db_table)} ({names}) VALUES "  # noqa: S608
        self.row = f"({', '.join(['%s'] * len(columns))})"
        self.one = self.head + self.row
        limit = connection.features.max_query_params
        self.max_rows = min(MAX_ROWS, limit // len(columns) if limit else MAX_ROWS)

    def sql(self, rows: int) -> str:
        return self.one if rows == 1 else self.head + ", ".join([self.row] * rows)


def size_of(row: Row) -> int:
    """Return about how many characters a row adds to a statement."""
    return sum(len(value) if isinstance(value, str) else 8 for value in row)


def _pieces(rows: Sequence[Row], max_rows: int) -> list[Sequence[Row]]:
    if len(rows) == 1:
        return [rows]
    pieces, start, size = [], 0, 0
    for index, row in enumerate(rows):
        size += size_of(row)
        if index - start + 1 == max_rows or size > MAX_CHARACTERS:
            pieces.append(rows[start : index + 1])
            start, size = index + 1, 0
    if start < len(rows):
        pieces.append(rows[start:])
    return pieces
