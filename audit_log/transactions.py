"""Whether a connection is in a transaction, and what has become of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

# libpq's PGTransactionStatusType (https://www.postgresql.org/docs/current/libpq-status.html).
_IDLE, _IN_TRANSACTION, _IN_ERROR = 0, 2, 3


def in_transaction(connection: BaseDatabaseWrapper) -> bool:
    """Whether what is done now is committed later."""
    return connection.in_atomic_block or not connection.get_autocommit()


def is_begun_by_hand(connection: BaseDatabaseWrapper) -> bool:
    """Whether somebody sent ``BEGIN`` as SQL, in autocommit.

    The drivers of SQLite and PostgreSQL know of it; that of MariaDB does not.
    """
    if in_transaction(connection):
        return False
    raw: Any = connection.connection
    if connection.vendor == "postgresql":
        return raw.info.transaction_status in (_IN_TRANSACTION, _IN_ERROR)
    return bool(connection.vendor == "sqlite" and raw.in_transaction)


def is_begun(connection: BaseDatabaseWrapper) -> bool:
    """Whether SQLite has begun a transaction; ``False`` on the others, whose drivers are slower."""
    raw: Any = connection.connection
    return bool(connection.vendor == "sqlite" and raw is not None and raw.in_transaction)


def is_doomed(connection: BaseDatabaseWrapper) -> bool:
    """Whether nothing can be done but a rollback: after an error on PostgreSQL."""
    raw: Any = connection.connection
    if raw is None or connection.vendor != "postgresql":
        return False
    return bool(raw.info.transaction_status == _IN_ERROR)


def is_past_its_end(connection: BaseDatabaseWrapper) -> bool:
    """Whether psycopg 2 runs on without a transaction: after a COMMIT by hand it begins no other
    before it has seen to the end of the first itself.
    """
    raw: Any = connection.connection
    if connection.vendor != "postgresql" or raw is None:
        return False
    # psycopg 3 begins one where the server is in none.
    return hasattr(raw, "get_transaction_status") and raw.get_transaction_status() == _IDLE
