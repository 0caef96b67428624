"""A change and its entry in one transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.db import connections, transaction

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


@contextlib.contextmanager
def one_transaction(using: str, table: str | None) -> Iterator[None]:
    """Run the reading of the old row, the change and its entry as one.

    In autocommit they get a transaction; a transaction that is open is used as it is.
    On SQLite the write lock is asked for first: a transaction that has read cannot wait for
    it any more (https://www.sqlite.org/isolation.html), and would answer "database is locked"
    where the change alone would have waited. ``table`` is the one that is written; ``None``
    where it may be a view, which cannot be locked so.
    """
    connection = connections[using]
    if connection.in_atomic_block or not connection.get_autocommit():
        if connection.vendor == "sqlite" and table is not None:
            _take_write_lock(connection, table)
        yield
        return
    with _begin_immediately(connection), transaction.atomic(using=using, savepoint=False):
        yield


@contextlib.contextmanager
def _begin_immediately(connection: BaseDatabaseWrapper) -> Iterator[None]:
    if connection.vendor != "sqlite":
        yield
        return
    sqlite: Any = connection
    mode = sqlite.transaction_mode
    sqlite.transaction_mode = mode or "IMMEDIATE"
    try:
        yield
    finally:
        sqlite.transaction_mode = mode


def _take_write_lock(connection: BaseDatabaseWrapper, table: str) -> None:
    # Changes nothing, and waits as any other write. It is control of the transaction, not a
    # query of the application: not seen by execute wrappers nor in the list of queries.
    connection.ensure_connection()
    name = connection.ops.quote_name(table)
    with connection.wrap_database_errors:
        connection.connection.execute(f"DELETE FROM {name} WHERE 0")  # noqa: S608
