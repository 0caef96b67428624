"""What the log cannot tell: of any project, and of this one by its settings.

``docs/limits.md`` says it at length.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connections

from audit_log.conf import settings

NEVER_SEEN = (
    "raw SQL: cursor.execute(), Manager.raw() that writes, RunSQL in migrations",
    "QuerySet._raw_delete(), _update() and other private methods",
    "manage.py flush, which empties all tables, those of the log too",
    "what the database does by itself: triggers, ON DELETE CASCADE, partitions dropped",
    "programs other than this one",
    "reads, unless code calls record(); using a token of Django REST framework",
    "the contents of files: a file is told by its name",
    "rows that data migrations write before the audit log has its tables",
    "what a COMMIT past Django's cursors ends: executescript(), the driver's commit()",
    "what happens inside pause(), which leaves an entry of its own",
    "the many-to-many relations of an object that is deleted itself",
)

TOLD_IN_PART = (
    "long values: cut at MAX_VALUE_LENGTH characters, with the digest of the whole",
    "masked fields: that they changed, not from what to what",
    "occurred_at: the server's clock when the change was made, not that of the commit",
    "old_repr and new_repr: of related objects that were loaded already",
    "JSON null and SQL NULL in a JSON field: one and the same",
    "what a trigger makes of a row that is being written: as it was given",
    "JSON nested in more than 20 levels: as its text",
    "names in data migrations: Django's plain ones",
)

_RACE = "a save() whose row another transaction adds meanwhile tells no old values"
_OF_DATABASES = {
    "sqlite": ("an audited save takes the write lock a moment earlier than the save alone",),
    "postgresql": (
        "changes do not keep the order of the fields",
        "a __str__ that runs SQL which fails spoils the transaction",
        "while a bulk operation is told, psycopg's own connection is busy",
        _RACE,
    ),
    "mysql": (
        "a transaction begun by SQL, in autocommit, is committed by the first audited save",
        'the level of isolation is taken from OPTIONS["isolation_level"], not from SQL',
        "without strict mode, what the server cuts or rounds is told as it was given",
        _RACE,
        "at REPEATABLE READ the transactions that deadlock without the log do so more often",
    ),
}


def of_this_project() -> Iterator[str]:
    """Yield what follows from the settings and the databases."""
    if settings.ON_ERROR == "log":
        yield 'ON_ERROR = "log": an entry that cannot be written is lost, and the change stays'
    if settings.DATABASE:
        yield (
            f"DATABASE = {settings.DATABASE!r}: entries are not in one transaction with changes "
            "in other databases"
        )
    elif len(list(connections)) > 1:
        yield "several databases: the surfaces read the entries of one"
    for alias in connections:
        connection: Any = connections[alias]
        if connection.vendor not in _OF_DATABASES:
            yield f"database {alias!r}: {connection.display_name} is not tested"
        for text in _OF_DATABASES.get(connection.vendor, ()):
            yield f"database {alias!r}: {text}"
