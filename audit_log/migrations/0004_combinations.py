"""Which actions and types are found together, for PostgreSQL's planner.

What 0003 told it, that an action has its own type, it takes to be true of any type that is asked
for with it: of one that never goes with the action, it would read all entries to find none.
https://www.postgresql.org/docs/current/planner-stats.html, "Multivariate MCV Lists"
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

NAME = "audit_log_of_combination"


def make(apps: Any, schema_editor: Any) -> None:
    if _concerns(schema_editor.connection):
        # Beside that of 0003, which it would empty until the next ANALYZE to replace.
        schema_editor.execute(
            f"CREATE STATISTICS {NAME} (mcv) ON action, target_type, event_type"
            " FROM audit_log_auditentry"
        )


def remove(apps: Any, schema_editor: Any) -> None:
    if _concerns(schema_editor.connection):
        schema_editor.execute(f"DROP STATISTICS IF EXISTS {NAME}")


def _concerns(connection: Any) -> bool:
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        return "audit_log_auditentry" in connection.introspection.table_names(cursor)


class Migration(migrations.Migration):

    dependencies = [("audit_log", "0003_statistics")]

    operations = [migrations.RunPython(make, remove)]
