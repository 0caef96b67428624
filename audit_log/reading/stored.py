"""Entries as text, straight from the database: for files, not for pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from audit_log.models import AuditEntry, AuditReference
from audit_log.reading.moments import utc_text

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

Column: TypeAlias = Sequence[Any]
"""One field of some entries."""


def each(convert: Callable[[Any], Any], column: Column) -> Column:
    """Return a column with its values converted: each only once, where many are the same."""
    known = {value: convert(value) for value in set(column)}
    return [known[value] for value in column]


# How a column becomes the text that files have, where it does not have it already.
_TEXTS: dict[str, dict[str, str]] = {
    "postgresql": {
        "KeyField": "{}::text",
        "DateTimeField": """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
        "JSONField": "{}::text",
        "GenericIPAddressField": "host({})",
    },
    "sqlite": {
        "KeyField": (
            "lower(hex(substr({0}, 1, 4)) || '-' || hex(substr({0}, 5, 2)) || '-' || "
            "hex(substr({0}, 7, 2)) || '-' || hex(substr({0}, 9, 2)) || '-' || "
            "hex(substr({0}, 11)))"
        ),
        # Stored without microseconds where there are none.
        "DateTimeField": "substr({0}, 1, 10) || 'T' || substr({0} || '.000000', 12, 15) || 'Z'",
    },
    "mysql": {
        "KeyField": (
            "insert(insert(insert(insert({}, 21, 0, '-'), 17, 0, '-'), 13, 0, '-'), 9, 0, '-')"
        ),
        "DateTimeField": "date_format({}, '%%Y-%%m-%%dT%%H:%%i:%%s.%%fZ')",
    },
}


class StoredEntries:
    """The statements that read entries and references from one database."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection
        fields = [field for field in AuditEntry._meta.concrete_fields if field.name != "salt"]
        self.names = [field.attname for field in fields]
        self._entries = self._statement(AuditEntry, fields) + " DESC"
        told = [AuditReference._meta.get_field(n) for n in ("entry", "target_type", "target_id")]
        self._references = self._statement(AuditReference, told)
        self._actor_key = _reader_of_keys(connection)
        self._zone = None
        if connection.vendor != "postgresql" and connection.timezone_name != "UTC":
            self._zone = connection.timezone or timezone.get_default_timezone()

    def entries(self, condition: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Return the rows of the entries with that SQL condition, newest first."""
        return self._rows(self._entries.format(condition), parameters)

    def references(self, condition: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Return ``(id of the entry, target type, target id)`` of references."""
        return self._rows(self._references.format(condition), parameters)

    def finished(self, columns: dict[str, Column]) -> dict[str, Column]:
        """Do in Python what the database cannot."""
        columns["actor_id"] = each(self._actor_key, columns["actor_id"])
        if self._zone is not None:
            columns["occurred_at"] = [self._utc(text) for text in columns["occurred_at"]]
        return columns

    def _utc(self, text: str) -> str:
        local = parse_datetime(text[:-1])
        assert local is not None
        return utc_text(timezone.make_aware(local, self._zone))

    def _rows(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return list(cursor.fetchall())

    def _statement(self, model: type[models.Model], fields: Iterable[Any]) -> str:
        columns = ", ".join(map(self._text_of, fields))
        table = self._connection.ops.quote_name(model._meta.db_table)
        # With the table's name, or it would be the column of the result: the key's text.
        return f"SELECT {columns} FROM {table} WHERE {{}} ORDER BY {table}.id"  # noqa: S608

    def _text_of(self, field: Any) -> str:
        column = self._connection.ops.quote_name(field.column)
        is_key = field.is_relation and field.related_model is AuditEntry
        kind = (field.target_field if is_key else field).get_internal_type()
        if kind == "KeyField" and self._connection.vendor == "mysql":
            features: Any = self._connection.features
            if features.has_native_uuid_field:
                return column
        return _TEXTS[self._connection.vendor].get(kind, "{}").format(column)


def _reader_of_keys(connection: BaseDatabaseWrapper) -> Callable[[Any], Any]:
    """Return what makes a user's key of what the database has of it."""
    actor: Any = AuditEntry._meta.get_field("actor")
    column = actor.get_col(AuditEntry._meta.db_table)
    converters = [
        *connection.ops.get_db_converters(column),
        *column.get_db_converters(connection),
    ]

    def read(stored: Any) -> Any:
        for convert in converters:
            stored = convert(stored, column, connection)
        return stored

    return read
