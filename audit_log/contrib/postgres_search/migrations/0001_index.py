"""The index of the texts of entries, by groups of three characters.

It answers the same question as without it, ``LIKE '%word%'``: no entry more or less is found.
https://www.postgresql.org/docs/current/pgtrgm.html
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

# What audit_log.words.EntryText asks for. It must stay the same text.
EXPRESSION = (
    "UPPER(("
    "action || ' ' || target_type || ' ' || target_repr || ' ' || actor_repr || ' ' || reason"
    ")::text)"
)
STATEMENTS = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    # One that an interrupted migration left, which is of no use.
    "DROP INDEX CONCURRENTLY IF EXISTS audit_log_text",
    "CREATE INDEX CONCURRENTLY audit_log_text ON audit_log_auditentry"
    f" USING gin ({EXPRESSION} gin_trgm_ops)",
    # How frequent a word is decides whether the newest entries are looked through or the index:
    # with the usual 100 values, one in a hundred looks like one in ten thousand.
    "ALTER INDEX audit_log_text ALTER COLUMN 1 SET STATISTICS 300",
    "ANALYZE audit_log_auditentry",
)


def make(apps: Any, schema_editor: Any) -> None:
    if _concerns(schema_editor.connection):
        for statement in STATEMENTS:
            schema_editor.execute(statement)


def remove(apps: Any, schema_editor: Any) -> None:
    # The extension stays: somebody else may use it.
    if _concerns(schema_editor.connection):
        schema_editor.execute("DROP INDEX CONCURRENTLY IF EXISTS audit_log_text")


def _concerns(connection: Any) -> bool:
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        return "audit_log_auditentry" in connection.introspection.table_names(cursor)


class Migration(migrations.Migration):
    # Concurrently: the log is written to meanwhile.
    atomic = False

    dependencies = [("audit_log", "0001_initial")]

    operations = [migrations.RunPython(make, remove)]
