"""Makes a large log, or exports it, in a process of its own: `python -m tests.reading.scale …`.

Arguments: the database's name, then ``make COUNT``, ``export FORMAT`` or ``beside MODE``, a journal
mode of SQLite. Prints JSON.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import sys
from contextlib import closing

import django
from django.core.management import call_command
from django.db import connection

BASE = 1_000
COPIES = {
    "sqlite": "CAST(%s || substr({}, 5) AS BLOB)",
    "postgresql": "(%s || substr({}::text, 9))::uuid",
    "mysql": "concat(%s, substr({}, 9))",
}


def make(count: int) -> None:
    """Make ``count`` entries, a multiple of 1,000, by copies of as many."""
    from audit_log.models import AuditEntry, AuditReference

    if connection.vendor == "sqlite":
        call_command("migrate", verbosity=0)
    entries = [
        AuditEntry(
            event_type="update",
            action="user.update",
            target_type="auth.user",
            target_id=str(number),
            target_repr=f"user {number}",
            tenant=f"tenant{number % 20}",
            changes={"name": {"old": "x" * 100, "new": "y" * 100}},
            metadata={"method": "POST", "path": "/users/"},
        )
        for number in range(BASE)
    ]
    AuditEntry.objects.bulk_create(entries)
    AuditReference.objects.bulk_create(
        AuditReference(entry=entry, target_type="auth.group", target_id="1")
        for entry in entries[::10]
    )
    for model, key in ((AuditEntry, "id"), (AuditReference, "entry_id")):
        table = model._meta.db_table
        fields = [field.column for field in model._meta.concrete_fields]
        others = ", ".join(name for name in fields if name not in {"id", key})
        made = COPIES[connection.vendor].format(key)
        stored = AuditEntry._meta.pk.get_db_prep_value
        bounds = [stored(entry.pk, connection) for entry in (entries[0], entries[-1])]
        is_sqlite = connection.vendor == "sqlite"
        with connection.cursor() as cursor:
            for number in range(1, count // BASE):
                head = number.to_bytes(4, "big") if is_sqlite else f"{number:08x}"
                cursor.execute(
                    f"INSERT INTO {table} ({key}, {others}) SELECT {made}, {others} "
                    f"FROM {table} WHERE {key} BETWEEN %s AND %s",
                    [head, *bounds],
                )


def export(format_name: str) -> None:
    """Export all, and say by how much that took more memory than to export one."""
    from audit_log.models import AuditEntry
    from audit_log.reading.export import Export

    for _piece in Export(AuditEntry.objects.filter(target_id="no such"), format_name).pieces():
        pass
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = 0
    exported = Export(AuditEntry.objects.all(), format_name)
    for piece in exported.pieces():
        size += len(piece.encode())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # On Linux in units of 1,024 bytes.
    print(json.dumps({"count": exported.count, "bytes": size, "grown": (peak - idle) * 1024}))


def write_beside(mode: str) -> None:
    """Export all from SQLite, and write by another connection, which never waits, meanwhile."""
    from audit_log.models import AuditEntry
    from audit_log.reading.export import stream_csv

    with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=0)) as other:
        assert other.execute(f"PRAGMA journal_mode = {mode}").fetchone() == (mode,)
        other.execute("CREATE TABLE written (number integer)")
        other.execute("INSERT INTO written VALUES (-1)")
        other.commit()
        number = 0
        for number, _piece in enumerate(stream_csv(AuditEntry.objects.all()), start=1):
            other.execute("INSERT INTO written VALUES (?)", [number])
            other.commit()
        (written,) = other.execute("SELECT count(*) FROM written").fetchone()
    print(json.dumps({"pieces": number, "written": written}))


if __name__ == "__main__":
    django.setup()
    name, what, how = sys.argv[1:]
    connection.settings_dict["NAME"] = name
    if what == "make":
        make(int(how))
    elif what == "export":
        export(how)
    else:
        write_beside(how)
