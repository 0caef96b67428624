"""Which actions and types are found together, for PostgreSQL's planner.

What 0003 told it, that an action has its own type, it takes to be true of any type that is asked
for with it: of one that never goes with the action, it would read all entries to find none.
https://www.postgresql.org/docs/current/planner-stats.html, "Multivariate MCV Lists"
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

NAME, COLUMNS = "audit_log_of_action", "action, target_type, event_type"


def make(apps: Any, schema_editor: Any) -> None:
    _replace(schema_editor, "dependencies, mcv")


def remove(apps: Any, schema_editor: Any) -> None:
    _replace(schema_editor, "dependencies")


def _replace(schema_editor: Any, kinds: str) -> None:
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        if "audit_log_auditentry" not in connection.introspection.table_names(cursor):
            return
    schema_editor.execute(f"DROP STATISTICS IF EXISTS {NAME}")
    schema_editor.execute(f"CREATE STATISTICS {NAME} ({kinds}) ON {COLUMNS} FROM audit_log_auditentry")


class Migration(migrations.Migration):

    dependencies = [("audit_log", "0003_statistics")]

    operations = [migrations.RunPython(make, remove)]
