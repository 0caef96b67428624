"""How long others have had transactions open, as far as the database tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.db import OperationalError, connections

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

# Of sessions of other roles, nothing is seen without the rights of pg_read_all_stats.
_POSTGRES = """
    SELECT EXTRACT(EPOCH FROM clock_timestamp() - MIN(xact_start)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type NOT IN ('autovacuum worker', 'walsender')
"""
_ACCESS_DENIED = 1227
_ACTIVE = re.compile(
    r"^---TRANSACTION [^\n]*?, ACTIVE [^\n\d]*(\d+) sec(.*?)(?=^---|\Z)", re.MULTILINE | re.DOTALL
)
_FOR_EVER = 1e9
_TRUNCATED = "... truncated..."
_THREAD = re.compile(r"^MariaDB thread id (\d+),", re.MULTILINE)


def longest_open(using: str) -> float:
    """Return for how many seconds, at most, another session has had a transaction open.

    0 where there is none, and where the database does not tell: on SQLite, where who writes
    keeps all others from it, and on MariaDB without the right ``PROCESS``.
    """
    connection = connections[using]
    if connection.vendor == "postgresql":
        return _on_postgres(connection)
    if connection.vendor == "mysql":
        return _on_mariadb(connection)
    return 0.0


def _on_postgres(connection: BaseDatabaseWrapper) -> float:
    with connection.cursor() as cursor:
        if connection.in_atomic_block:
            # Otherwise a transaction sees the others as it saw them first.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(_POSTGRES)
        (seconds,) = cursor.fetchone()
    return max(0.0, float(seconds or 0))


def _on_mariadb(connection: BaseDatabaseWrapper) -> float:
    # Not information_schema.innodb_trx: what it shows is as old as the last time when nobody
    # had looked for a tenth of a second.
    with connection.cursor() as cursor:
        try:
            cursor.execute("SHOW ENGINE INNODB STATUS")
        except OperationalError as error:
            if error.args[0] != _ACCESS_DENIED:
                raise
            return 0.0
        ((*_rest, status),) = cursor.fetchall()
        cursor.execute(
            "SELECT id FROM information_schema.processlist"
            " WHERE db = DATABASE() AND id <> CONNECTION_ID()"
        )
        others = {str(key) for (key,) in cursor.fetchall()}
    _before, _found, listed = status.partition("LIST OF TRANSACTIONS FOR EACH SESSION")
    if _TRUNCATED in status:
        return _FOR_EVER
    open_for = [
        1.0 + int(seconds)  # told in whole seconds, rounded down
        for seconds, rest in _ACTIVE.findall(listed)
        if (thread := _THREAD.search(rest)) and thread[1] in others
    ]
    return max(open_for, default=0.0)
