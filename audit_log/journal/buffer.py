"""Entries of a transaction wait here, and leave in one INSERT just before it commits.

One buffer belongs to each connection. It stands before the connection's ``commit``,
``rollback``, ``close`` and ``set_autocommit``, and, while it holds anything, before each of
its statements: what might set a savepoint, end the transaction or read the log finds the
entries written; what is rolled back is forgotten.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from audit_log.conf import settings
from audit_log.journal.operations import Operation, rows_of
from audit_log.journal.salvage import write_or_tell
from audit_log.journal.writer import MAX_CHARACTERS, MAX_ROWS, Writer
from audit_log.statements import SEPARATOR, Statement, can_join, has_own_cursors, is_watched
from audit_log.transactions import in_transaction, is_begun, is_doomed, is_past_its_end

# Statements that leave the transaction as it is. Everything else (SAVEPOINT, DDL that commits
# by itself on MariaDB, a COMMIT by hand) finds the buffer empty.
_ORDINARY = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|REPLACE)\b", re.IGNORECASE)
_RELEASE = re.compile(r"\s*RELEASE\b", re.IGNORECASE)
_ROLLBACK = re.compile(r"\s*ROLLBACK\b", re.IGNORECASE)
_TABLES = "audit_log_audit"
# Errors that MariaDB answers by rolling the whole transaction back: ER_LOCK_DEADLOCK,
# ER_LOCK_TABLE_FULL, ER_CHECKREAD (https://mariadb.com/kb/en/mariadb-error-codes/).
_ROLLED_BACK = {1213, 1206, 1020}


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
        self.is_streaming = False
        """Whether entries may be stored while more of them are made."""
        self._stand_before()

    def add(self, operation: Operation, *, more: bool = False) -> None:
        """Let an operation wait for the end of its transaction; in autocommit it is written.

        ``more``: others follow at once, and may be made while this is being stored.
        """
        connection = self.connection
        if not self._operations:
            if not in_transaction(connection) or is_past_its_end(connection):
                self._write([operation])
                return
            # The first of all: a host's own is taken off the end again.
            connection.execute_wrappers.insert(0, self._before_statement)
        self._operations.append(operation)
        self._rows += len(operation.ids)
        self._characters += operation.characters
        full = self._rows >= MAX_ROWS or self._characters >= MAX_CHARACTERS
        stays = more and self.is_streaming and not _refers(operation)
        if full or stays or self.is_storing:
            self.flush(stays=stays)
        elif has_own_cursors(connection):
            # Whose cursors choose where tables are, like the schema of a tenant, may choose
            # another one by the end of the transaction.
            self.flush()

    @contextlib.contextmanager
    def streaming(self) -> Iterator[None]:
        """Let the database store entries in the block while more of them are made, if it can.

        Not under ``ON_ERROR = "log"``, where each must be known to be stored, nor inside of
        another such block, whose code may be in the middle of anything.
        """
        copying, outer = self.writer.copying, self.is_streaming
        copying.end()
        if not outer:
            copying.failure = None  # told already
        self.is_streaming = not outer and self._can_stream()
        try:
            yield
        except BaseException:
            with contextlib.suppress(Exception):
                copying.end()
            raise
        else:
            copying.end()
        finally:
            self.is_streaming = outer
            failure, copying.failure = copying.failure, None
        # Where a statement in between ended the COPY, who ran it may have taken the error for its
        # own.
        if failure is not None:
            raise failure

    def _can_stream(self) -> bool:
        connection = self.connection
        return (
            settings.ON_ERROR != "log"
            and (settings.DATABASE or connection.alias) == connection.alias
            and not is_watched(connection, self.own_wrappers)
            and self.writer.copies
        )

    @property
    def is_storing(self) -> bool:
        """Whether the database is storing entries now."""
        return self.writer.copying.is_open

    @property
    def own_wrappers(self) -> int:
        """How many of the connection's execute wrappers are the buffer's."""
        return 1 if self._operations else 0

    def can_join(self) -> bool:
        """Whether several statements may go to the server in one message."""
        self.writer.copying.end()
        return can_join(self.connection, self.own_wrappers)

    def run(self, statement: Statement, parameters: Sequence[Any]) -> Any:
        """Run a statement that does not read the log, and return its cursor."""
        self.writer.copying.end()
        if not self._operations:
            return statement.run(self.connection, parameters)
        was_open = is_begun(self.connection)
        try:
            return statement.run(self.connection, parameters, own_wrappers=self.own_wrappers)
        except Exception as error:
            self.heed(error, was_open)
            raise

    def fetch(self, asked: Sequence[tuple[Statement, Sequence[Any]]]) -> list[list[Any]]:
        """Return the rows of some statements with their parameters, in one message if possible."""
        if len(asked) < 2 or not self.can_join():
            found = []
            for statement, parameters in asked:
                with (
                    contextlib.closing(self.run(statement, parameters)) as cursor,
                    self.connection.wrap_database_errors,
                ):
                    found.append(cursor.fetchall())
            return found
        sql = SEPARATOR.join(statement.sql for statement, _ in asked)
        values = [value for _, parameters in asked for value in parameters]
        with (
            contextlib.closing(self.run(Statement(sql, self.connection), values)) as cursor,
            self.connection.wrap_database_errors,
        ):
            found = [cursor.fetchall()]
            while cursor.nextset():
                found.append(cursor.fetchall())
        return found

    def flush(self, *, last: bool = False, stays: bool = False) -> None:
        """Write what waits; ``last``: the COMMIT is next, and may be done with it; ``stays``: a
        COPY may stay open.

        Where that fails under ``ON_ERROR = "raise"``, it goes on waiting: the transaction
        cannot be committed without it.
        """
        if not self._operations or is_doomed(self.connection):
            self.writer.copying.end()
            return
        waiting, was_open = self._operations, is_begun(self.connection)
        self.forget()
        # On the connection of the change or not at all: one that is lost is not to be replaced.
        connection: Any = self.connection
        connection.health_check_done = True
        if settings.ON_ERROR == "log":
            write_or_tell(waiting, self.writer)
            return
        try:
            self._write(waiting, last=last, stays=stays)
        except BaseException as error:
            if not self._has_ended(error, was_open):
                self._operations = waiting
                self.connection.execute_wrappers.insert(0, self._before_statement)
            raise

    def _write(
        self, operations: list[Operation], *, last: bool = False, stays: bool = False
    ) -> None:
        self.writer.insert(*rows_of(operations, self.writer), last=last, stays=stays)

    def forget(self) -> None:
        """Drop what waits: it did not happen."""
        if self._operations:
            self._operations, self._rows, self._characters = [], 0, 0
            wrappers = self.connection.execute_wrappers
            if self._before_statement in wrappers:
                wrappers.remove(self._before_statement)

    def heed(self, error: BaseException, was_open: bool = False) -> None:
        """Drop what waits, if the database answered by rolling the whole transaction back."""
        if self._has_ended(error, was_open):
            self.forget()

    def _has_ended(self, error: BaseException, was_open: bool) -> bool:
        """Whether the database answered a statement by rolling the whole transaction back."""
        if self.connection.vendor == "mysql":
            return isinstance(error, OperationalError) and error.args[0] in _ROLLED_BACK
        return was_open and not is_begun(self.connection)

    def _before_statement(
        self, execute: Callable[..., Any], sql: Any, parameters: Any, many: bool, context: Any
    ) -> Any:
        is_rollback = isinstance(sql, str) and _ROLLBACK.match(sql)
        if not is_rollback and not self._passes(sql):
            self.flush()
        was_open, was_doomed = is_begun(self.connection), is_doomed(self.connection)
        try:
            result = execute(sql, parameters, many, context)
        except Exception as error:
            self.heed(error, was_open)
            raise
        # All that succeeds after an error is a rollback, however it is spelled.
        if is_rollback or was_doomed:
            self.forget()
        return result

    def _passes(self, sql: Any) -> bool:
        """Whether a statement neither ends the transaction nor reads the log."""
        if not isinstance(sql, str):
            return False
        text = sql.lower()
        # After a semicolon there may be anything; set_config() may choose another schema.
        if ";" in text or _TABLES in text or "set_config" in text:
            return False
        return _ORDINARY.match(sql) is not None or self._only_releases(sql)

    def _only_releases(self, sql: str) -> bool:
        # On SQLite without autocommit a savepoint may be all that the transaction is, and its
        # release the commit.
        connection = self.connection
        begun = connection.in_atomic_block and connection.commit_on_exit
        return bool(begun and _RELEASE.match(sql))

    def _only_commits(self, commit: Any) -> bool:
        """Whether nothing is done to commit but a COMMIT.

        In an atomic block Django refuses to; a backend of somebody's own may do more.
        """
        connection: Any = self.connection
        own = BaseDatabaseWrapper
        return not connection.in_atomic_block and all(
            getattr(method, "__func__", None) is function
            for method, function in ((commit, own.commit), (connection._commit, own._commit))  # type: ignore[attr-defined]
        )

    def _stand_before(self) -> None:
        connection: Any = self.connection
        commit, rollback = connection.commit, connection.rollback
        close, set_autocommit = connection.close, connection.set_autocommit

        @functools.wraps(commit)
        def flush_and_commit() -> None:
            try:
                self.flush(last=self._only_commits(commit))
            except BaseException:
                # No audit, no change: whatever happens next must not commit it.
                rollback_and_forget()
                raise
            commit()
            self.forget()  # of a transaction that was doomed
            self.write_locked = False

        @functools.wraps(rollback)
        def rollback_and_forget() -> None:
            self.writer.copying.abandon()
            rollback()
            self.forget()
            self.write_locked = False

        @functools.wraps(close)
        def close_and_forget() -> None:
            self.writer.copying.abandon()
            try:
                close()
            finally:
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


def _refers(operation: Operation) -> bool:
    # References go to a table of their own, by a COPY of their own: it does not stay open.
    return any(event.references for event in operation.events)


def buffer_of(using: str) -> Buffer:
    """Return the buffer of this thread's connection to the database ``using``."""
    connection = connections[using]
    buffer: Buffer | None = connection.__dict__.get("audit_log_buffer")
    if buffer is None:
        buffer = Buffer(connection)
        connection.__dict__["audit_log_buffer"] = buffer
    return buffer
