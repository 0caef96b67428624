"""Puts finished entries into the database: one INSERT for many, compiled once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import connections, models, transaction

if TYPE_CHECKING:
    from audit_log.models import AuditEntry, AuditReference


def insert(entries: Sequence[AuditEntry], references: Sequence[AuditReference], using: str) -> None:
    """Insert entries, then their references, on the database ``using``.

    The two belong together: outside of a transaction they get one of their own.
    """
    from audit_log.models import AuditEntry, AuditReference

    if references and not connections[using].in_atomic_block:
        with transaction.atomic(using=using):
            _insert(AuditEntry, entries, using)
            _insert(AuditReference, references, using)
        return
    _insert(AuditEntry, entries, using)
    if references:
        _insert(AuditReference, references, using)


def _insert(model: type[models.Model], objects: Sequence[models.Model], using: str) -> None:
    connection = connections[using]
    auto_field = model._meta.auto_field
    fields: list[Any] = [f for f in model._meta.concrete_fields if f is not auto_field]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    size = max(connection.ops.bulk_batch_size(fields, objects), 1)
    placeholders = f"({', '.join(['%s'] * len(fields))})"
    for start in range(0, len(objects), size):
        batch = objects[start : start + size]
        parameters = [
            field.get_db_prep_save(getattr(instance, field.attname), connection)
            for instance in batch
            for field in fields
        ]
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {quote(model._meta.db_table)} ({columns}) "  # noqa: S608
                f"VALUES {', '.join([placeholders] * len(batch))}",
                parameters,
            )
    for instance in objects:
        instance._state.adding = False
        instance._state.db = using
