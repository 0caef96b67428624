"""Entries of a transaction wait here, and leave in one INSERT just before it commits.

One buffer belongs to each connection. It stands before the connection's ``commit``,
``rollback``, ``close`` and ``set_autocommit``, and, while it holds anything, before each of
its statements: what might set a savepoint, end the transaction or read the log finds the
entries written; what is rolled back is forgotten.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import connections

from audit_log.conf import settings
from audit_log.journal.failures import tell
from audit_log.journal.operations import Operation, rows_of
from audit_log.journal.writer import MAX_CHARACTERS, MAX_ROWS, Row, Writer
from audit_log.statements import Statement

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

# Statements that leave the transaction as it is. Everything else (SAVEPOINT, DDL that commits
# by itself on MariaDB, a COMMIT by hand) finds the buffer empty.
_ORDINARY = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|REPLACE)\b", re.IGNORECASE)
_RELEASE = re.compile(r"\s*RELEASE\b", re.IGNORECASE)
_ROLLBACK = re.compile(r"\s*ROLLBACK\b", re.IGNORECASE)
_TABLES = "audit_log_audit"
_SAVEPOINT = "audit_log_entries"


class Buffer:
    """The entries that wait on one connection."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.writer = Writer(connection)
        self.write_locked = False
        """Whether the transaction holds SQLite's write lock, as far as is known."""
        self._operations: list[Operation] = []
        self._rows = 0
        self._characters = 0
        self._stand_before()

    def add(self, operation: Operation) -> None:
        """Let an operation wait for the end of its transaction; in autocommit it is written."""
        connection = self.connection
        if not self._operations:
            if not connection.in_atomic_block and connection.get_autocommit():
                self._write([operation])
                return
            # The first of all: a host's own is taken off the end again.
            connection.execute_wrappers.insert(0, self._before_statement)
        self._operations.append(operation)
        self._rows += len(operation.ids)
        self._characters += operation.characters
        if self._rows >= MAX_ROWS or self._characters >= MAX_CHARACTERS:
            self.flush()

    def run(self, statement: Statement, parameters: Sequence[Any]) -> Any:
        """Run a statement that does not read the log, and return its cursor."""
        own = 1 if self._operations else 0
        return statement.run(self.connection, parameters, own_wrappers=own)

    def flush(self) -> None:
        """Write what waits.

        Where that fails under ``ON_ERROR = "raise"``, it goes on waiting: the transaction
        cannot be committed without it.
        """
        if not self._operations:
            return
        waiting = self._operations
        self.forget()
        if settings.ON_ERROR == "log":
            self._write_or_tell(*rows_of(waiting, self.writer))
            return
        try:
            self._write(waiting)
        except BaseException:
            self._operations = waiting
            self.connection.execute_wrappers.insert(0, self._before_statement)
            raise

    def _write(self, operations: list[Operation]) -> None:
        self.writer.insert(*rows_of(operations, self.writer))

    def forget(self) -> None:
        """Drop what waits: it did not happen."""
        if self._operations:
            self._operations, self._rows, self._characters = [], 0, 0
            wrappers = self.connection.execute_wrappers
            if self._before_statement in wrappers:
                wrappers.remove(self._before_statement)

    def _write_or_tell(self, entries: list[Row], references: list[Row]) -> None:
        # A savepoint keeps what fails from spoiling the transaction; what fails is looked for
        # by halves, so that no other entry is lost with it.
        operations = self.connection.ops
        self._execute(operations.savepoint_create_sql(_SAVEPOINT))
        try:
            self.writer.insert(entries, references)
        except Exception as exception:  # noqa: BLE001  # told, whatever it is
            self._execute(operations.savepoint_rollback_sql(_SAVEPOINT))
            if len(entries) == 1:
                action, target_type = entries[0][3], entries[0][8]
                tell(self.connection.alias, target_type or action, exception)
                return
            half = len(entries) // 2
            for part in (entries[:half], entries[half:]):
                ids = {row[0] for row in part}
                refer = [row for row in references if row[0] in ids]
                self._write_or_tell(part, refer)
        else:
            self._execute(operations.savepoint_commit_sql(_SAVEPOINT))

    def _execute(self, sql: str) -> None:
        # Not by Django's own savepoints, which SQLite is denied while it commits.
        with self.connection.cursor() as cursor:
            cursor.execute(sql)

    def _before_statement(
        self, execute: Callable[..., Any], sql: Any, parameters: Any, many: bool, context: Any
    ) -> Any:
        plain = isinstance(sql, str)
        if plain and _TABLES not in sql and (_ORDINARY.match(sql) or self._only_releases(sql)):
            return execute(sql, parameters, many, context)
        if plain and _ROLLBACK.match(sql):
            result = execute(sql, parameters, many, context)
            self.forget()
            return result
        self.flush()
        return execute(sql, parameters, many, context)

    def _only_releases(self, sql: str) -> bool:
        # On SQLite without autocommit a savepoint may be all that the transaction is, and its
        # release the commit.
        connection = self.connection
        begun = connection.in_atomic_block and connection.commit_on_exit
        return bool(begun and _RELEASE.match(sql))

    def _stand_before(self) -> None:
        connection: Any = self.connection
        commit, rollback = connection.commit, connection.rollback
        close, set_autocommit = connection.close, connection.set_autocommit

        @functools.wraps(commit)
        def flush_and_commit() -> None:
            try:
                self.flush()
            except BaseException:
                # No audit, no change: whatever happens next must not commit it.
                self.forget()
                rollback()
                raise
            commit()
            self.write_locked = False

        @functools.wraps(rollback)
        def rollback_and_forget() -> None:
            rollback()
            self.forget()
            self.write_locked = False

        @functools.wraps(close)
        def close_and_forget() -> None:
            close()
            # SQLite's databases in memory stay open.
            if connection.connection is None or connection.closed_in_transaction:
                self.forget()
                self.write_locked = False

        @functools.wraps(set_autocommit)
        def flush_and_set_autocommit(autocommit: bool, *args: Any, **kwargs: Any) -> None:
            if autocommit:
                # Some drivers commit by it.
                self.flush()
                self.write_locked = False
            set_autocommit(autocommit, *args, **kwargs)

        connection.commit = flush_and_commit
        connection.rollback = rollback_and_forget
        connection.close = close_and_forget
        connection.set_autocommit = flush_and_set_autocommit


def buffer_of(using: str) -> Buffer:
    """Return the buffer of this thread's connection to the database ``using``."""
    connection = connections[using]
    buffer: Buffer | None = connection.__dict__.get("audit_log_buffer")
    if buffer is None:
        buffer = Buffer(connection)
        connection.__dict__["audit_log_buffer"] = buffer
    return buffer
