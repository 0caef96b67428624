"""A change and its entry in one transaction."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from django.db import transaction

from audit_log.journal.buffer import Buffer, buffer_of
from audit_log.transactions import in_transaction, is_begun_by_hand


class one_transaction:  # noqa: N801  # used like a function
    """Run the reading of the old row, the change and its entry as one.

    In autocommit they get a transaction; a transaction that is open, be it begun by hand, is used
    as it is.
    On SQLite the write lock is asked for first: a transaction that has read cannot wait for
    it any more (https://www.sqlite.org/isolation.html), and would answer "database is locked"
    where the change alone would have waited. ``table`` is the one that is written; ``None``
    where it may be a view, which cannot be locked so.
    """

    __slots__ = ("_atomic", "_by_hand", "_mode", "_table", "_using")

    def __init__(self, using: str, table: str | None) -> None:
        self._using = using
        self._table = table
        self._atomic: transaction.Atomic | None = None
        self._by_hand: Buffer | None = None
        self._mode: Any = None

    @property
    def is_own(self) -> bool:
        """Whether the transaction was begun here, to be committed at the end."""
        return self._atomic is not None

    def __enter__(self) -> Buffer:
        buffer = buffer_of(self._using)
        connection: Any = buffer.connection
        is_sqlite = connection.vendor == "sqlite"
        if is_begun_by_hand(connection):
            # All that Django does until then, it does as where autocommit is off.
            self._by_hand = buffer
            connection.autocommit = False
        if in_transaction(connection):
            if is_sqlite and self._table is not None and not _has_write_lock(buffer):
                _take_write_lock(buffer, self._table)
            return buffer
        self._atomic = transaction.Atomic(self._using, savepoint=False, durable=False)
        if not is_sqlite:
            self._atomic.__enter__()
            return buffer
        connection.ensure_connection()  # which reads the mode from the settings
        self._mode = connection.transaction_mode
        connection.transaction_mode = self._mode or "IMMEDIATE"
        try:
            self._atomic.__enter__()
        finally:
            connection.transaction_mode = self._mode
        buffer.write_locked = connection.in_atomic_block and self._mode != "DEFERRED"
        return buffer

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._atomic is not None:
            self._atomic.__exit__(kind, error, traceback)
        elif self._by_hand is not None:
            try:
                self._by_hand.flush()
            finally:
                connection: Any = self._by_hand.connection
                connection.autocommit = True


def _has_write_lock(buffer: Buffer) -> bool:
    # A transaction that somebody ended by hand holds none.
    connection: Any = buffer.connection
    return buffer.write_locked and connection.connection.in_transaction


def _take_write_lock(buffer: Buffer, table: str) -> None:
    # Changes nothing, and waits as any other write. It is control of the transaction, not a
    # query of the application: not seen by execute wrappers nor in the list of queries.
    connection: Any = buffer.connection
    connection.ensure_connection()
    name = connection.ops.quote_name(table)
    with connection.wrap_database_errors:
        connection.connection.execute(f"DELETE FROM {name} WHERE 0")  # noqa: S608
    buffer.write_locked = True
