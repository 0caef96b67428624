"""A log of some ten thousand entries, put into the database as fast as it takes them."""

from __future__ import annotations

import datetime
import random
import uuid
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction

from audit_log.models import AuditEntry, AuditReference

COUNT = 50_000
START = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
STEP = datetime.timedelta(minutes=20)
TYPES = ("testapp.book", "testapp.author", "testapp.tag", *(f"gone.thing{n}" for n in range(37)))
VERBS = ("update",) * 7 + ("create", "delete", "access")


def fill() -> None:
    """Add ``COUNT`` entries of almost two years, and let PostgreSQL look at them."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # What other tests have rolled back makes the table large, and plans others.
            cursor.execute("VACUUM FULL audit_log_auditentry")
            cursor.execute("VACUUM FULL audit_log_auditreference")
    chance = random.Random(7)
    with transaction.atomic():
        load(AuditEntry, (entry(number, chance) for number in range(COUNT)))
        newest = AuditEntry.objects.order_by("-id").values_list("id", flat=True)[: COUNT // 5]
        referred = (
            [number + 1, key, "auth.group", str(number % 50)] for number, key in enumerate(newest)
        )
        load(AuditReference, referred)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE audit_log_auditentry")
            cursor.execute("ANALYZE audit_log_auditreference")


def clear() -> None:
    """Remove what :func:`fill` has added."""
    with connection.cursor() as cursor:
        for model in (AuditReference, AuditEntry):
            cursor.execute(f"DELETE FROM {model._meta.db_table}")
            if connection.vendor == "postgresql":
                cursor.execute(f"VACUUM ANALYZE {model._meta.db_table}")


def moment(number: int) -> datetime.datetime:
    return START + number * STEP


def entry(number: int, chance: random.Random) -> list[Any]:
    occurred_at = moment(number)
    milliseconds = int(occurred_at.timestamp() * 1000)
    thing = chance.randrange(5000)
    target_type = TYPES[thing % len(TYPES)]
    verb = chance.choice(VERBS)
    values = {
        "id": uuid.UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | chance.getrandbits(62)),
        "occurred_at": occurred_at,
        "event_type": verb,
        "action": f"{target_type.partition('.')[2]}.{verb}",
        "outcome": "failure" if number % 500 == 0 else "success",
        "actor_id": thing % 100 + 1,
        "actor_type": "user",
        "actor_repr": f"User{thing % 100 + 1} <user{thing % 100 + 1}@example.com>",
        "target_type": target_type,
        "target_id": str(thing),
        "target_repr": "the needle" if number % 10_000 == 77 else f"a gadget {thing}",
        "tenant": f"tenant{thing % 20}",
        "changes": "{}",
        "reason": "",
        "remote_addr": f"192.0.2.{thing % 100 + 1}",
        "correlation_id": f"{number // 3:032x}",
        "metadata": "{}",
        "salt": b"0123456789abcdef",
    }
    return [values[field.attname] for field in AuditEntry._meta.concrete_fields]


def load(model: Any, rows: Iterator[list[Any]]) -> None:
    fields = model._meta.concrete_fields
    names = ", ".join(field.column for field in fields)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {model._meta.db_table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        prepared = (
            [
                value if isinstance(value, str) else field.get_db_prep_value(value, connection)
                for field, value in zip(fields, row, strict=True)
            ]
            for row in rows
        )
        places = ", ".join(["%s"] * len(fields))
        sql = f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({places})"
        cursor.executemany(sql, prepared)
