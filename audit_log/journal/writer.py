"""Puts finished rows into the tables of the log: one INSERT for many, compiled once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import transaction

from audit_log.journal.copying import Copying
from audit_log.statements import SEPARATOR, Statement, can_join, is_in_pipeline, is_watched
from audit_log.transactions import in_transaction, is_begun_by_hand

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
FEW = 20
"""Rows that are quicker in one message with the COMMIT than by a COPY before it."""
# Well below what servers take for one statement; MariaDB's max_allowed_packet is 16 MB.
MAX_CHARACTERS = 1_000_000


class Writer:
    """Writes the rows of the log on one database."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.copying = Copying(connection)
        self._last_actor: tuple[Any, Any] = (None, None)
        backend: Any = connection
        self.moment: Callable[[Any], Any] = backend.ops.adapt_datetimefield_value
        self.binary: Callable[[bytes], Any] = backend.Database.Binary
        self.key: Callable[[int], Any] = (
            _as_bytes if connection.vendor == "sqlite" else "{:032x}".format
        )
        """Returns the id of an entry as the database takes it."""

    def actor_key(self, key: Any) -> Any:
        """Return the key of a user as the database takes it."""
        # Mostly that of the entry before.
        if key is not self._last_actor[0]:
            self._last_actor = key, self._actor.get_db_prep_save(key, self.connection)
        return self._last_actor[1]

    def address(self, address: str) -> Any:
        """Return an IP address as the database takes it."""
        return self.connection.ops.adapt_ipaddressfield_value(address)

    def insert(
        self,
        entries: Sequence[Row],
        references: Sequence[Row],
        *,
        last: bool = False,
        stays: bool = False,
    ) -> None:
        """Insert entries, then their references.

        They belong together: outside of a transaction they get one of their own where they
        take more than one statement. ``last``: the COMMIT is next. Where all of it can be one
        message it is, and saves a way to the server and back; the transaction is over then.
        ``stays``: a COPY may stay open, for :attr:`copying` to end.
        """
        count = len(entries) + len(references)
        if last and count <= FEW and not self.copying.is_open and can_join(self.connection):
            self._insert_and_commit(entries, references)
            return
        if count > 1 and not self._is_one():
            with transaction.atomic(using=self.connection.alias):
                self.insert(entries, references)
            return
        self._insert(self._entry, entries)
        if references:
            self._insert(self._reference, references)
        if not stays:
            self.copying.end()

    def _insert_and_commit(self, entries: Sequence[Row], references: Sequence[Row]) -> None:
        statements = [self._entry.of(len(entries))]
        if references:
            statements.append(self._reference.of(len(references)))
        sql = SEPARATOR.join([*(statement.sql for statement in statements), "COMMIT"])
        parameters = tuple(chain.from_iterable((*entries, *references)))
        Statement(sql, self.connection).run(self.connection, parameters).close()

    def _is_one(self) -> bool:
        return in_transaction(self.connection) or is_begun_by_hand(self.connection)

    def _insert(self, statement: _Insert, rows: Sequence[Row]) -> None:
        is_open = self.copying.is_open
        if len(rows) == 1 and not is_open:
            statement.of(1).run(self.connection, rows[0]).close()
            return
        # In this order: what it takes to know whether to copy is nobody's to see.
        watched = is_watched(self.connection, own_wrappers=1 if is_open else 0)
        if not watched and (is_open or (self.copies and not is_in_pipeline(self.connection))):
            self.copying.write(statement.copy, rows)
            return
        self.copying.end()
        for piece in _pieces(rows, statement):
            parameters = tuple(chain.from_iterable(piece))
            statement.of(len(piece)).run(self.connection, parameters).close()

    @cached_property
    def copies(self) -> bool:
        """Whether many rows go by COPY. Asks the database, once, where nobody watches."""
        # Of psycopg 3. COPY takes a fifth of the time of an INSERT that has its values written
        # into it, a half of one from arrays (unnest), and is quicker from two rows on.
        if self.connection.vendor != "postgresql":
            return False
        from django.db.backends.postgresql.psycopg_any import is_psycopg3

        return is_psycopg3 and not self._has_row_security()

    def _has_row_security(self) -> bool:
        # COPY FROM refuses such tables (https://www.postgresql.org/docs/current/sql-copy.html).
        tables = (self._entry.table, self._reference.table)
        sql = (
            "SELECT bool_or(relrowsecurity) FROM pg_class "
            "WHERE oid IN (to_regclass(%s), to_regclass(%s))"
        )
        cursor = Statement(sql, self.connection).run(self.connection, tables)
        with contextlib.closing(cursor):
            return bool(cursor.fetchone()[0])

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
        self._connection = connection
        self.table = quote(meta.db_table)
        self.copy = f"COPY {quote(meta.db_table)} ({names}) FROM STDIN"
        self._head = f"INSERT INTO {quote(meta.db_table)} ({names}) VALUES "  # noqa: S608
        self._row = f"({','.join(['%s'] * len(columns))})"
        self.longest = columns.index("changes" if "changes" in columns else "target_id")
        limit = connection.features.max_query_params
        self.max_rows = min(MAX_ROWS, limit // len(columns) if limit else MAX_ROWS)
        # Of one row, and of as many as there can be: those are run again and again.
        self._kept = {rows: self._make(rows) for rows in (1, self.max_rows)}

    def of(self, rows: int) -> Statement:
        return self._kept.get(rows) or self._make(rows)

    def _make(self, rows: int) -> Statement:
        return Statement(self._head + ",".join([self._row] * rows), self._connection)


def _as_bytes(key: int) -> bytes:
    return key.to_bytes(16, "big")


def _pieces(rows: Sequence[Row], statement: _Insert) -> Iterator[Sequence[Row]]:
    start = size = 0
    for index, row in enumerate(rows):
        size += len(row[statement.longest])
        if index - start + 1 == statement.max_rows or size > MAX_CHARACTERS:
            yield rows[start : index + 1]
            start, size = index + 1, 0
    if start < len(rows):
        yield rows[start:]
