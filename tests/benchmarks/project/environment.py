"""The versions and settings with which a process works."""

from __future__ import annotations

import platform
from importlib.metadata import version

import django
from django.db import connection

POSTGRES = (
    "server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers",
    "work_mem", "wal_level", "jit",
)  # fmt: skip
SQLITE = ("journal_mode", "synchronous", "cache_size")


def versions() -> dict[str, str]:
    """Return what runs here, as the database itself says."""
    found = {"Python": platform.python_version(), "Django": django.get_version()}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            found["psycopg"] = version("psycopg")
            for setting in POSTGRES:
                cursor.execute(f"SHOW {setting}")
                found[f"PostgreSQL {setting}"] = cursor.fetchone()[0]
        else:
            cursor.execute("SELECT sqlite_version()")
            found["SQLite"] = cursor.fetchone()[0]
            for pragma in SQLITE:
                cursor.execute(f"PRAGMA {pragma}")
                found[f"SQLite {pragma}"] = str(cursor.fetchone()[0])
            found["SQLite transaction_mode"] = connection.transaction_mode or "DEFERRED"
    return found
