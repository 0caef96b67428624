"""Statements that are run again and again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

SEPARATOR = "\n;"
"""Between statements that are one message: a comment at the end of one ends with its line."""


class Statement:
    """SQL with ``%s`` for its parameters, prepared for one kind of database.

    Django's cursor takes several times as long as SQLite takes for one row. So where nobody
    watches what it runs (no query log, no execute wrapper, no ``cursor()`` of somebody's own),
    the driver's cursor is used, in the same state of the connection and with the same errors.
    """

    __slots__ = ("_native", "sql")

    def __init__(self, sql: str, connection: BaseDatabaseWrapper) -> None:
        self.sql = sql
        # Where the driver's placeholders are others.
        self._native = sql.replace("%s", "?") if connection.vendor == "sqlite" else None

    def run(
        self, connection: BaseDatabaseWrapper, parameters: Sequence[Any], *, own_wrappers: int = 0
    ) -> Any:
        """Run it, and return the cursor; ``own_wrappers`` is the number of execute wrappers
        that are the journal's own.
        """
        if is_watched(connection, own_wrappers):
            cursor = connection.cursor()
            cursor.execute(self.sql, parameters)
            return cursor
        make_ready(connection)
        raw: Any = connection
        with connection.wrap_database_errors:
            if self._native is not None:
                return raw.connection.execute(self._native, parameters)
            cursor = raw.create_cursor()
            cursor.execute(self.sql, parameters)
            return cursor


def can_join(connection: BaseDatabaseWrapper, own_wrappers: int = 0) -> bool:
    """Whether several statements may go to the server in one message, and nobody watches.

    With psycopg 3 they may, where it writes the values into the text, as it does unless
    ``OPTIONS["server_side_binding"]`` tells it not to, and the connection is in no pipeline.
    """
    raw: Any = connection.connection
    if connection.vendor != "postgresql" or raw is None or is_watched(connection, own_wrappers):
        return False
    made: Any = connection.create_cursor
    writes = _writes_values(raw.cursor_factory, getattr(made, "__func__", None))
    return writes and not is_in_pipeline(connection)


def is_in_pipeline(connection: BaseDatabaseWrapper) -> bool:
    """Whether psycopg 3 sends statements before it has the answers: each by itself, and no COPY
    (https://www.psycopg.org/psycopg3/docs/advanced/pipeline.html).
    """
    raw: Any = connection.connection
    return bool(raw.pgconn.pipeline_status)


@cache
def _writes_values(cursor_factory: Any, create_cursor: Any) -> bool:
    try:
        from psycopg import ClientCursor
    except ImportError:  # psycopg 2
        return False
    from django.db.backends.postgresql.base import DatabaseWrapper

    # A backend of somebody's own may make any cursors.
    return (
        create_cursor is DatabaseWrapper.create_cursor
        and isinstance(cursor_factory, type)
        and issubclass(cursor_factory, ClientCursor)
    )


def is_watched(connection: BaseDatabaseWrapper, own_wrappers: int = 0) -> bool:
    """Whether somebody is to see each statement that Django runs."""
    return (
        len(connection.execute_wrappers) > own_wrappers
        or connection.queries_logged
        or "cursor" in connection.__dict__
        or has_own_cursors(connection)
    )


def has_own_cursors(connection: BaseDatabaseWrapper) -> bool:
    """Whether a backend does something of its own before each statement.

    django-tenants, say, sets the schema that holds the tables.
    """
    made: Any = connection._cursor  # type: ignore[attr-defined]
    return getattr(made, "__func__", None) is not BaseDatabaseWrapper._cursor  # type: ignore[attr-defined]


def make_ready(connection: BaseDatabaseWrapper) -> None:
    """Do what Django does before it runs a statement."""
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    connection.validate_thread_sharing()
    connection.validate_no_broken_transaction()
