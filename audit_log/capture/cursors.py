"""Cursors that do not keep a whole answer in memory, as those of most drivers do."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

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
    raw: Any = connection
    if connection.vendor == "mysql":
        return _unbuffered(connection)
    if connection.vendor == "postgresql":
        from django.db.backends.postgresql.psycopg_any import is_psycopg3

        if is_psycopg3:
            return raw._prepare_cursor(_Streaming(raw.create_cursor()))
    return connection.cursor()


def _unbuffered(connection: Any) -> Any:
    driver: Any = connection.Database.cursors.SSCursor
    wrapper: Any = type(connection.create_cursor())
    return connection._prepare_cursor(wrapper(connection.connection.cursor(driver)))


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

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)
