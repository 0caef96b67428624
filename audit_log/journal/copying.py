"""COPY on PostgreSQL, with psycopg 3. It may stay open while a bulk operation makes more rows:
the server stores what has come while Python makes what follows.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from audit_log.statements import make_ready

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


LONGEST = 0.1
"""Seconds after which another is begun: to a server's ``statement_timeout`` it is one statement."""


class Copying:
    """The COPY that is open on a connection, if any.

    No other statement can run on the connection meanwhile; so it stands before each of them, and
    ends.
    """

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection
        self._sql = ""
        self._end_by = 0.0
        self._copy: Any = None
        self.failure: Exception | None = None
        """What the server answered at the end, which a statement of somebody else's may have been
        the cause of.
        """

    @property
    def is_open(self) -> bool:
        """Whether rows can be added without a COPY of their own."""
        return self._copy is not None

    def write(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Add rows to the COPY that ``sql`` begins; :meth:`end` must follow."""
        if sql != self._sql or time.monotonic() > self._end_by:
            self.end()
            self._begin(sql)
        try:
            with self._connection.wrap_database_errors:
                for row in rows:
                    self._copy.write_row(row)
        except BaseException as error:
            self.abandon(error)
            raise

    def end(self) -> None:
        """Wait until all rows are stored, if a COPY is open.

        It raises what the server answers: then, too, the COPY is over.
        """
        if self._copy is None:
            return
        copy = self._leave()
        try:
            with self._connection.wrap_database_errors:
                copy.finish(None)
        except Exception as error:
            self.failure = error
            raise

    def abandon(self, error: BaseException | None = None) -> None:
        """Store nothing of it; the transaction is done for."""
        if self._copy is None:
            return
        # psycopg 3.2 raises what the server answers.
        with contextlib.suppress(Exception):
            self._leave().finish(error or RuntimeError("rolled back"))

    def _begin(self, sql: str) -> None:
        import psycopg
        from psycopg import generators

        make_ready(self._connection)
        raw: Any = self._connection
        with raw.wrap_database_errors:
            server = raw.connection.pgconn
            if server.transaction_status == psycopg.pq.TransactionStatus.IDLE:
                raw.create_cursor().execute("SELECT")  # before which psycopg begins the transaction
            # Not by cursor.copy(), in whose block psycopg keeps the connection locked.
            encoding = raw.connection.info.encoding
            server.send_query(sql.encode(encoding))
            (result,) = raw.connection.wait(generators.execute(server))
            if result.status != psycopg.pq.ExecStatus.COPY_IN:
                raise psycopg.errors.error_from_result(result, encoding)
            self._copy = psycopg.Copy(raw.create_cursor(), binary=False)
        self._sql = sql
        self._end_by = time.monotonic() + LONGEST
        # The first of all, as what anybody has put there runs statements, too.
        raw.execute_wrappers.insert(0, self._before_statement)

    def _leave(self) -> Any:
        copy, self._copy, self._sql = self._copy, None, ""
        wrappers = self._connection.execute_wrappers
        if self._before_statement in wrappers:
            wrappers.remove(self._before_statement)
        return copy

    def _before_statement(
        self, execute: Callable[..., Any], sql: Any, parameters: Any, many: bool, context: Any
    ) -> Any:
        self.end()
        return execute(sql, parameters, many, context)
