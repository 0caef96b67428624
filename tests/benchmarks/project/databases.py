"""The `DATABASES` of a process that is measured."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any


def databases(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return the setting for what ``AUDIT_BENCHMARK`` says."""
    if chosen["database"] == "sqlite":
        database: dict[str, Any] = {
            "ENGINE": "django.db.backends.sqlite3",
            "OPTIONS": {
                "transaction_mode": chosen["transaction_mode"],
                "timeout": 60,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
            },
        }
    else:
        database = {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": chosen["host"],
            "PORT": chosen["port"],
            "USER": os.environ.get("PGUSER", "postgres"),
            "PASSWORD": os.environ.get("PGPASSWORD", ""),
            "CONN_MAX_AGE": None,
        }
    return {"default": {**database, "NAME": chosen["name"]}}
