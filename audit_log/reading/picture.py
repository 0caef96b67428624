"""Which entries a query finds at one moment, to be read in parts and at any pace."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.models import Func

from audit_log.reading.stored import Column, StoredEntries

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from audit_log.querysets import AuditEntryQuerySet

KEY_SIZE = 16
_READ_AT_ONCE = 5_000
_IN_MEMORY = 250_000
# The keys that one value holds, of 16 bytes each.
_PARTS = """WITH RECURSIVE part(start) AS (
    SELECT 1 UNION ALL SELECT start + 16 FROM part WHERE start + 16 <= length(%s)
) SELECT substr(%s, start, 16) FROM part"""


class Picture:
    """Which entries a query finds at one moment, newest first; what they say is read in parts.

    One statement asks for the keys, so it is one picture of the log, and the filter is
    evaluated once. They wait in a temporary file, 16 bytes each. From then on no transaction,
    no cursor and no lock is open: entries do not change, so that it does not matter when they
    are read, nor how slowly. What retention removes meanwhile is missing.
    """

    def __init__(self, entries: AuditEntryQuerySet) -> None:
        self.using = entries.db
        self._vendor = connections[self.using].vendor
        # The whole log is read by ranges, which takes half the time of single keys.
        self._is_whole = not entries.query.where
        self._keys = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
        # Also where nobody has begun to read: a response that is never sent.
        weakref.finalize(self, self._keys.close)
        self.count = 0
        """How many entries there are."""
        self._collect(entries.in_key_range().order_by("-pk"))
        self._keys.seek(0)
        self._stored = StoredEntries(connections[self.using])

    def __enter__(self) -> Picture:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._keys.close()

    def take(self, count: int) -> bytes:
        """Return the keys of the next ``count`` entries, or of as many as are left."""
        return self._keys.read(count * KEY_SIZE)

    def columns(self, keys: bytes) -> dict[str, Column]:
        """Return the fields of some entries, by name, each as a sequence of texts.

        ``id`` and ``occurred_at`` as the REST API has them, ``changes`` and ``metadata`` as
        JSON text. ``actor_id`` is the key itself, or ``None``; ``remote_addr`` may be ``None``.
        """
        rows = self._stored.entries(*self._condition("id", keys))
        if rows and _packed(next(zip(*rows, strict=True))) != keys:
            # Between two keys of the picture others have come, or some have gone.
            wanted = set(_split(keys))
            rows = [row for row in rows if _packed(row[:1]) in wanted]
        columns = zip(*rows, strict=True) if rows else ([] for _ in self._stored.names)
        return self._stored.finished(dict(zip(self._stored.names, columns, strict=True)))

    def references(self, keys: bytes) -> Iterable[tuple[str, str, str]]:
        """Return ``(id of the entry, target type, target id)`` of some entries' references."""
        return self._stored.references(*self._condition("entry_id", keys))

    def _condition(self, column: str, keys: bytes) -> tuple[str, list[Any]]:
        is_sqlite = self._vendor == "sqlite"
        if self._is_whole:
            bounds = [keys[-KEY_SIZE:], keys[:KEY_SIZE]]
            return f"{column} BETWEEN %s AND %s", bounds if is_sqlite else [b.hex() for b in bounds]
        # As one parameter: SQLite keeps statements for the next time, and limits parameters.
        if is_sqlite:
            return f"{column} IN ({_PARTS})", [keys, keys]
        listed = keys.hex(",", KEY_SIZE)
        if self._vendor == "postgresql":
            return f"{column} = ANY(%s::uuid[])", [f"{{{listed}}}"]
        # Hexadecimal digits only.
        return f"{column} IN ('{listed}')".replace(",", "','"), []

    def _collect(self, entries: AuditEntryQuerySet) -> None:
        if not self._is_whole:
            # A filter over a join may find an entry several times.
            entries = entries.distinct()
        query = entries.values_list(_PackedKey("pk")).query
        try:
            sql, parameters = query.get_compiler(self.using).as_sql()
        except EmptyResultSet:
            return
        with _unbuffered(connections[self.using]) as cursor:
            cursor.execute(sql, parameters)
            while rows := cursor.fetchmany(_READ_AT_ONCE):
                keys = next(zip(*rows, strict=True))
                self._keys.write(_packed(keys) if isinstance(keys[0], str) else b"".join(keys))
                self.count += len(keys)


class _PackedKey(Func):
    """A key as 16 bytes, where the database has such a function."""

    output_field = models.BinaryField()
    template = "%(expressions)s"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="uuid_send(%(expressions)s)", **context)


def _packed(keys: Sequence[str]) -> bytes:
    return bytes.fromhex("".join(keys).replace("-", ""))


def _split(keys: bytes) -> Iterable[bytes]:
    return (keys[start : start + KEY_SIZE] for start in range(0, len(keys), KEY_SIZE))


def _unbuffered(connection: BaseDatabaseWrapper) -> Any:
    """Return a cursor that does not fetch the whole result into memory at once."""
    if connection.vendor == "mysql":
        connection.ensure_connection()
        driver: Any = connection
        cursor = connection.connection.cursor(driver.Database.cursors.SSCursor)
        make = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
        return make(cursor)
    if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        return connection.cursor()
    return connection.chunked_cursor()
