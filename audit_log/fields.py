"""Column types of the audit tables."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

    CharField = models.CharField[str, str]
    UUIDField = models.UUIDField[uuid.UUID | str, uuid.UUID]
    Exact = models.lookups.Exact[str]
else:
    CharField = models.CharField
    UUIDField = models.UUIDField
    Exact = models.lookups.Exact


class KeyField(UUIDField):
    """A UUID, which on SQLite is 16 bytes (``X'0199…'``) instead of Django's 32 characters.

    The key of an entry is in the table and in each of its indexes: a sixth of the log.
    """

    def get_internal_type(self) -> str:
        # Not "UUIDField": SQLite's backend would take the bytes for digits.
        return "KeyField"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        if connection.vendor == "sqlite":
            return "blob"
        types: Any = connection.data_types
        return str(types["UUIDField"])

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        if connection.vendor != "sqlite":
            return super().get_db_prep_value(value, connection, prepared)
        key = self.to_python(value)
        return None if key is None else key.bytes

    def from_db_value(self, value: Any, *args: Any) -> uuid.UUID | None:
        if isinstance(value, bytes):
            return uuid.UUID(bytes=value)
        return value if value is None or isinstance(value, uuid.UUID) else uuid.UUID(value)


class ExactCharField(CharField):
    """Text that is compared byte by byte on every database.

    MariaDB's default collations take ``"A"``, ``"a"`` and ``"á"`` for equal, which would mix
    the histories of different keys; there the column is ``utf8mb4_bin``.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        parameters: Any = super().db_parameters(connection)
        if connection.vendor == "mysql":
            parameters["collation"] = "utf8mb4_bin"
        return parameters


class MostlyCharField(ExactCharField):
    """Text that is mostly ``usual``, which the indexes of the column leave out.

    An index with ``condition=~Q(column=usual)`` costs nothing for most rows then.
    """

    def __init__(self, *args: Any, usual: str = "", **options: Any) -> None:
        self.usual = usual
        super().__init__(*args, **options)

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        return name, path, args, {**options, "usual": self.usual}


@MostlyCharField.register_lookup
class UnusualExact(Exact):
    """``column = value``, so that SQLite sees that an index without the usual value will do.

    PostgreSQL sees it by itself. SQLite uses a partial index only where its condition stands in
    the query, literally (https://www.sqlite.org/partialindex.html, rule 1).
    """

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        sql, parameters = self.as_sql(compiler, connection)
        usual = getattr(self.lhs.output_field, "usual", None)
        if not isinstance(self.rhs, str) or usual is None or self.rhs == usual:
            return sql, parameters
        column, its_parameters = self.process_lhs(compiler, connection)
        return f"({sql} AND NOT ({column} = '{usual}'))", (*parameters, *its_parameters)
