"""How the tables are emptied after a test that commits.

Django's way, ``flush``, empties every table there is and makes content types and permissions
anew, which takes longer than most of these tests. This one empties those that hold something,
and leaves content types and permissions where they are.
"""

from __future__ import annotations

from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

KEPT = ("django_content_type", "auth_permission")
MANY = 1000
"""Rows from which on PostgreSQL empties a table faster than it deletes them."""

flush = TransactionTestCase._fixture_teardown
_kept: dict[str, dict[str, int]] = {}


def install() -> None:
    TransactionTestCase._fixture_teardown = clean


def clean(case: Any) -> None:
    """Stands in for ``TransactionTestCase._fixture_teardown``."""
    aliases = case._databases_names(include_mirrors=False)
    if case.serialized_rollback or case.available_apps is not None:
        flush(case)
    elif not all(_clean(connections[alias]) for alias in aliases):
        flush(case)
        _kept.clear()


def _clean(connection: BaseDatabaseWrapper) -> bool:
    """Empty the tables; return whether what is kept is still what it was."""
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    counts = _counts(connection, tables)
    kept = {name: counts.pop(name) for name in KEPT if name in counts}
    if kept != _kept.setdefault(connection.alias, kept):
        return False
    name = connection.ops.quote_name
    with (
        connection.constraint_checks_disabled(),
        transaction.atomic(using=connection.alias),
        connection.cursor() as cursor,
    ):
        for table, count in counts.items():
            if count >= MANY and connection.vendor == "postgresql":
                cursor.execute(f"TRUNCATE {name(table)} CASCADE")
            else:
                cursor.execute(f"DELETE FROM {name(table)}")
    return True


def _counts(connection: BaseDatabaseWrapper, tables: list[str]) -> dict[str, int]:
    """Return how many rows there are, ``MANY`` at most, of tables that have any."""
    name = connection.ops.quote_name
    counts = " UNION ALL ".join(
        f"SELECT '{table}', (SELECT count(*) FROM (SELECT 1 FROM {name(table)} LIMIT "
        f"{MANY if table not in KEPT else 100_000}) AS found)"
        for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(counts)
        return {table: count for table, count in cursor.fetchall() if count}
