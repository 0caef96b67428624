"""Puts finished entries into the database: one INSERT for many, compiled once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import connections, models, transaction

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from audit_log.models import AuditEntry, AuditReference

MAX_ROWS = 500
# Well below what servers take for one statement; MariaDB's max_allowed_packet is 16 MB.
MAX_CHARACTERS = 1_000_000


def insert(entries: Sequence[AuditEntry], references: Sequence[AuditReference], using: str) -> None:
    """Insert entries, then their references, on the database ``using``.

    They belong together: outside of a transaction they get one of their own where they take
    more than one statement.
    """
    from audit_log.models import AuditEntry, AuditReference

    if (references or len(entries) > 1) and not connections[using].in_atomic_block:
        with transaction.atomic(using=using):
            _insert(AuditEntry, entries, using)
            _insert(AuditReference, references, using)
        return
    _insert(AuditEntry, entries, using)
    _insert(AuditReference, references, using)


class _Insert:
    """The INSERT into one table on one database."""

    def __init__(self, model: type[models.Model], connection: BaseDatabaseWrapper) -> None:
        auto_field = model._meta.auto_field
        fields: list[Any] = [f for f in model._meta.concrete_fields if f is not auto_field]
        quote = connection.ops.quote_name
        columns = ", ".join(quote(field.column) for field in fields)
        self.head = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES "  # noqa: S608
        self.row = f"({', '.join(['%s'] * len(fields))})"
        self.columns: list[tuple[str, Callable[..., Any]]] = [
            (field.attname, field.get_db_prep_save) for field in fields
        ]
        limit = connection.features.max_query_params
        self.max_rows = min(MAX_ROWS, limit // len(fields) if limit else MAX_ROWS)


_inserts: dict[tuple[type[models.Model], str], _Insert] = {}


def _insert(model: type[models.Model], objects: Sequence[models.Model], using: str) -> None:
    if not objects:
        return
    connection = connections[using]
    statement = _inserts.get((model, using))
    if statement is None:
        statement = _inserts[model, using] = _Insert(model, connection)
    parameters: list[Any] = []
    rows = size = 0
    for instance in objects:
        for name, prepare in statement.columns:
            value = prepare(getattr(instance, name), connection)
            parameters.append(value)
            size += len(value) if isinstance(value, str) else 8
        rows += 1
        if rows == statement.max_rows or size > MAX_CHARACTERS:
            _execute(connection, statement, parameters, rows)
            parameters, rows, size = [], 0, 0
    if rows:
        _execute(connection, statement, parameters, rows)
    for instance in objects:
        instance._state.adding = False
        instance._state.db = using


def _execute(
    connection: BaseDatabaseWrapper, statement: _Insert, parameters: list[Any], rows: int
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement.head + ", ".join([statement.row] * rows), parameters)
