"""Under ``ON_ERROR = "log"``: what can be written is, and what cannot is told."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

from audit_log.journal.failures import tell
from audit_log.journal.operations import Operation, rows_of
from audit_log.journal.writer import Row, Writer

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

_SAVEPOINT = "audit_log_entries"


def write_or_tell(operations: Sequence[Operation], writer: Writer) -> None:
    """Write the entries of some operations, and tell of those with which it fails."""
    _write(*_rows(operations, writer), writer)


def _rows(operations: Sequence[Operation], writer: Writer) -> tuple[list[Row], list[Row]]:
    try:
        return rows_of(operations, writer)
    except Exception as exception:  # noqa: BLE001  # told, whatever it is
        if len(operations) == 1:
            event = operations[0].events[0]
            tell(writer.connection.alias, event.target_type or event.action, exception)
            return [], []
    found = [_rows([operation], writer) for operation in operations]
    entries, references = zip(*found, strict=True)
    return list(chain(*entries)), list(chain(*references))


def _write(entries: list[Row], references: list[Row], writer: Writer) -> None:
    if not entries:
        return
    # A savepoint keeps what fails from spoiling the transaction; what fails is looked for
    # by halves, so that no other entry is lost with it.
    connection = writer.connection
    _execute(connection.ops.savepoint_create_sql(_SAVEPOINT), connection)
    try:
        writer.insert(entries, references)
    except Exception as exception:  # noqa: BLE001  # told, whatever it is
        _execute(connection.ops.savepoint_rollback_sql(_SAVEPOINT), connection)
        if len(entries) == 1:
            action, target_type = entries[0][3], entries[0][8]
            tell(connection.alias, target_type or action, exception)
            return
        half = len(entries) // 2
        for part in (entries[:half], entries[half:]):
            ids = {row[0] for row in part}
            _write(part, [row for row in references if row[0] in ids], writer)
    else:
        _execute(connection.ops.savepoint_commit_sql(_SAVEPOINT), connection)


def _execute(sql: str, connection: BaseDatabaseWrapper) -> None:
    # Not by Django's own savepoints, which SQLite is denied while it commits.
    with connection.cursor() as cursor:
        cursor.execute(sql)
