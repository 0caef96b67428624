"""One export in a process of its own: `python -m …exporting WHAT`; prints what it took as JSON.

WHAT is ``csv`` or ``jsonl`` (the command), ``database`` (the database's own way to the same rows),
or ``idle`` (a process that has asked for one entry).
"""

from __future__ import annotations

import csv
import json
import os
import sys
import time
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from audit_log.models import AuditEntry  # noqa: E402
from audit_log.reading.export import CSV_COLUMNS  # noqa: E402
from tests.benchmarks.memory import peak_of  # noqa: E402

NOWHERE = Path(os.devnull)


def database() -> None:
    """PostgreSQL: COPY; SQLite: a bare cursor into a csv.writer."""
    names = ", ".join(connection.ops.quote_name(name) for name in CSV_COLUMNS)
    query = f"SELECT {names} FROM {connection.ops.quote_name(AuditEntry._meta.db_table)}"
    if connection.vendor == "postgresql":
        with (
            NOWHERE.open("wb") as out,
            connection.cursor() as cursor,
            cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)") as rows,
        ):
            out.writelines(rows)
        return
    with NOWHERE.open("w", newline="") as text:
        csv.writer(text).writerows(connection.connection.cursor().execute(query))


def main(what: str) -> None:
    assert AuditEntry.objects.order_by("-id").first() is not None
    start = time.perf_counter()
    if what == "database":
        database()
    elif what != "idle":
        with NOWHERE.open("w") as out:
            call_command("export_audit_log", format=what, stdout=out, stderr=out)
    print(json.dumps({"seconds": time.perf_counter() - start, "peak": peak_of(os.getpid())}))


if __name__ == "__main__":
    main(sys.argv[1])
