"""The tables of the log are not there: ``migrate`` was not run yet."""

from __future__ import annotations

from django.db import DatabaseError
from django.utils.translation import gettext_lazy as _

MESSAGE = _(
    "The audit log has no tables yet. Run “python manage.py migrate” on the server, then try again."
)

_POSTGRES, _MARIADB = "42P01", 1146


def tables_are_missing(error: DatabaseError) -> bool:
    """Whether that is what the database says."""
    text, cause = str(error), error.__cause__
    return "audit_log_audit" in text and (
        getattr(cause, "sqlstate", getattr(cause, "pgcode", None)) == _POSTGRES
        or error.args[:1] == (_MARIADB,)
        or text.startswith("no such table")
    )
