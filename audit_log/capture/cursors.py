"""Cursors that do not keep a whole answer in memory, as those of most drivers do."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from audit_log.journal.buffer import buffer_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

_CHUNK = 1000


def reading(connection: BaseDatabaseWrapper) -> Any:
    """Return a cursor for a SELECT in a transaction, a context manager."""
    if connection.vendor == "mysql":
        return _unbuffered(connection)
    # In a transaction that was begun by hand PostgreSQL has no other that locks.
    by_hand = getattr(connection.connection, "autocommit", False) is True
    return connection.cursor() if by_hand else connection.chunked_cursor()


def returning(connection: BaseDatabaseWrapper) -> Any:
    """Return a cursor for a statement that changes rows and returns them.

    Nothing else can be run on the connection before the last of them has been fetched.
    """
    if connection.vendor == "mysql":
        return _unbuffered(connection)
    cursor: Any = connection.cursor()
    if connection.vendor == "postgresql" and hasattr(cursor.cursor, "stream"):  # psycopg 3
        cursor.cursor = _Streaming(cursor.cursor)
    return cursor


# Whose cursors do something of their own, like choosing the schema of a tenant, do so here: each
# is had from the connection, and only what is inside of it is exchanged.


@contextmanager
def _unbuffered(connection: Any) -> Iterator[Any]:
    with connection.cursor() as cursor:
        cursor.cursor.cursor = connection.connection.cursor(connection.Database.cursors.SSCursor)
        try:
            yield cursor
        except Exception as error:
            # A deadlock may come with any row, long after the statement began.
            buffer_of(connection.alias).heed(error)
            raise


class _Streaming:
    """A cursor of psycopg 3, whose ``execute()`` does not wait for all rows."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._rows: Iterator[Any] = iter(())
        self._first: list[Any] = []

    def execute(self, sql: Any, parameters: Any = None) -> None:
        from psycopg import capabilities

        size = _CHUNK if capabilities.has_stream_chunked() else 1
        self._rows = self._cursor.stream(sql, parameters, size=size)
        self._first = list(islice(self._rows, 1))  # errors are those of the statement

    def fetchmany(self, size: int) -> list[Any]:
        found = [*self._first, *islice(self._rows, size - len(self._first))]
        self._first = []
        return found

    def close(self) -> None:
        if isinstance(self._rows, Generator):
            self._rows.close()  # where not all are fetched, the rest is not waited for
        self._cursor.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)
