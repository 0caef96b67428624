"""Puts the generated history into the database, as fast as it takes it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, models

from audit_log.models import AuditEntry, AuditReference
from tests.benchmarks.reading.project.history import ACTORS, END, SPAN, actor_name, entries
from tests.benchmarks.reading.project.models import Plain

BATCH = 10_000
DONE = "reading_done"
PLAIN_ROWS = 1_000


def is_generated() -> bool:
    """Whether an earlier run has come to its end."""
    return DONE in connection.introspection.table_names()


def generate(rows: int, seed: int) -> None:
    """Make the tables and fill them: users, ``rows`` entries, the small table."""
    call_command("migrate", verbosity=0)
    call_command("migrate", run_syncdb=True, verbosity=0)
    users = [
        User(id=one, username=f"user{one}", is_superuser=one == 1, is_staff=one == 1)
        for one in range(1, ACTORS + 1)
    ]
    for user in users:
        user.first_name, _, rest = actor_name(user.pk).partition(" ")
        user.last_name, _, address = rest.partition(" ")
        user.email = address.strip("<>")
    User._base_manager.bulk_create(users)
    Plain._base_manager.bulk_create(plain_rows())
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {quote(AuditReference)}")
        cursor.execute(f"DELETE FROM {quote(AuditEntry)}")  # what creating these left
        # Making an index of all rows is faster than keeping it up to date with each.
        indexes = indexes_of(AuditEntry, AuditReference)
        for name in indexes:
            cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
        history = entries(rows, seed)
        while batch := list(itertools.islice(history, BATCH)):
            copy(AuditEntry, batch)
            copy(AuditReference, references_of(batch))
        if connection.vendor == "postgresql":
            cursor.execute("SET maintenance_work_mem = '512MB'")
        for definition in indexes.values():
            cursor.execute(definition)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
        cursor.execute(f"CREATE TABLE {DONE} (rows integer)")


def indexes_of(*tables: type[models.Model]) -> dict[str, str]:
    """Return the tables' indexes by name, with the statements that make them."""
    names = [model._meta.db_table for model in tables]
    if connection.vendor == "postgresql":
        query = (
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN (%s, %s) "
            "AND indexname NOT IN (SELECT conname FROM pg_constraint)"
        )
    else:
        query = "SELECT name, sql FROM sqlite_master WHERE tbl_name IN (%s, %s) AND type = 'index'"
    with connection.cursor() as cursor:
        cursor.execute(query, names)
        return {name: definition for name, definition in cursor.fetchall() if definition}


def references_of(batch: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for entry in batch:
        for target_type, target_id in entry["references"]:
            yield {"entry_id": entry["id"], "target_type": target_type, "target_id": target_id}


def quote(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def columns_of(model: type[models.Model], row: dict[str, Any]) -> Sequence[Any]:
    """Return the fields to be written: what the history does not tell has its default."""
    auto = model._meta.auto_field
    return [
        field
        for field in model._meta.concrete_fields
        if field is not auto and not field.generated and (field.attname in row or not field.null)
    ]


def copy(model: type[models.Model], rows: Iterable[dict[str, Any]]) -> None:
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    fields = columns_of(model, first)
    rest = [field.attname for field in fields if field.attname not in first]
    missing = {field.attname: field.get_default() for field in fields if field.attname in rest}
    values = (
        [value_of(field, (row | missing)[field.attname]) for field in fields]
        for row in itertools.chain([first], rows)
    )
    names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {quote(model)} ({names}) FROM STDIN") as out:
                for row in values:
                    out.write_row(row)
        else:
            places = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO {quote(model)} ({names}) VALUES ({places})", values)


def value_of(field: Any, value: Any) -> Any:
    if isinstance(field, models.JSONField):
        return json.dumps(value)
    if connection.vendor == "postgresql":
        return value
    return field.get_db_prep_value(value, connection)


def plain_rows() -> list[Plain]:
    """Return the rows of the small table, which look like entries."""
    return [
        Plain(
            occurred_at=END - SPAN + SPAN / PLAIN_ROWS * number,
            actor=actor_name(1 + number % ACTORS),
            action="order.update",
            target=f"standard Porto {number}",
            address="192.0.2.1",
        )
        for number in range(PLAIN_ROWS)
    ]
