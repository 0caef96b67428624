"""What goes together in an entry, for PostgreSQL's planner.

Without it the entries of an object count for as rare as its key among all types, and those of an
action and its own type for as rare as both by chance: it would read them all to show the newest.
https://www.postgresql.org/docs/current/planner-stats.html, "Extended Statistics"
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

DEPENDENCIES = {
    "audit_log_of_target": "target_id, target_type",
    "audit_log_of_action": "action, target_type, event_type",
    "audit_log_of_actor": "actor_id, remote_addr",
}


def make(apps: Any, schema_editor: Any) -> None:
    if _concerns(schema_editor.connection):
        for name, columns in DEPENDENCIES.items():
            schema_editor.execute(
                f"CREATE STATISTICS {name} (dependencies) ON {columns} FROM audit_log_auditentry"
            )


def remove(apps: Any, schema_editor: Any) -> None:
    if _concerns(schema_editor.connection):
        for name in DEPENDENCIES:
            schema_editor.execute(f"DROP STATISTICS IF EXISTS {name}")


def _concerns(connection: Any) -> bool:
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        return "audit_log_auditentry" in connection.introspection.table_names(cursor)


class Migration(migrations.Migration):

    dependencies = [("audit_log", "0002_holds")]

    operations = [migrations.RunPython(make, remove)]
