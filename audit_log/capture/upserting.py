"""``bulk_create(update_conflicts=True)``: which rows came, and which were met and as what.

The rows that will probably be met are read and locked first. What they are met by is Django's
statement, with two additions: it returns the rows, and it leaves alone what was not read. So a
row that somebody adds in between, or that conflicts in a way that was not foreseen (NULLs that
are not distinct, a key that a trigger changes), is not overwritten unseen: it is found out by
doing the statement and undoing it, and read, and the statement is done again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import OperationalError, connections, models, transaction
from django.db.models.sql.subqueries import InsertQuery

from audit_log.capture.matching import locked_rows, rows_by_key
from audit_log.capture.rows import Row, RowReader, key_of, rows_of
from audit_log.identity import type_of
from audit_log.journal.failures import guard

ATTEMPTS = 5
# Of rows that are looked for by several columns.
BATCH = 200
_SUBQUERY_RETURNS_ROWS = 1242

Change = tuple[Row | None, Row]
"""A row before, or ``None`` where there was none, and after."""


class Upsert:
    """Takes the place of a queryset's ``_insert``, and tells each batch of rows."""

    def __init__(
        self,
        insert: Callable[..., Any],
        model: type[models.Model],
        using: str,
        tell: Callable[[Sequence[Change]], None],
    ) -> None:
        self._insert = insert
        self.model = model
        self.using = using
        self.connection: Any = connections[using]
        self.tell = tell
        self.columns = tuple(model._meta.concrete_fields)
        self.names = [field.attname for field in self.columns]
        self.reader = RowReader(model, using, self.columns)

    def insert(
        self,
        objs: Sequence[models.Model],
        fields: Sequence[Any],
        returning_fields: Sequence[Any] | None = None,
        raw: bool = False,
        using: Any = None,
        **conflicts: Any,
    ) -> list[Any]:
        """Insert or update a batch of rows, as ``QuerySet._insert`` does."""
        about = type_of(self.model)
        met: dict[Any, Row] | None = None
        with guard(self.using, about):
            met = self._foresee(objs, conflicts["unique_fields"])
        if met is None:  # ON_ERROR has spoken
            return self._insert(  # type: ignore[no-any-return]
                objs, fields, returning_fields, raw, using, **conflicts
            )
        batch = _Batch(self, objs, fields, raw, conflicts, met)
        rows = batch.run()
        with guard(self.using, about):
            now = {key_of(self.model, row): row for row in rows}
            self.tell([(batch.met.get(key), row) for key, row in now.items()])
        return [tuple(row[field.attname] for field in returning_fields or ()) for row in rows]

    def _foresee(
        self, objs: Sequence[models.Model], unique_fields: Sequence[Any]
    ) -> dict[Any, Row]:
        """Return, by key, the rows that ``objs`` will probably meet, as they are, locked."""
        met: dict[Any, Row] = {}
        for names in _unique_sets(self.model, unique_fields):
            for wanted in _conditions(objs, names):
                rows = rows_of(self.model, self.using).filter(wanted)
                met |= self.by_key(locked_rows(rows, self.names))
        return met

    def by_key(self, rows: Sequence[Sequence[Any]]) -> dict[Any, Row]:
        """Return rows, tuples of all columns, by key."""
        found = (dict(zip(self.names, row, strict=True)) for row in rows)
        return {key_of(self.model, row): row for row in found}


class _Batch:
    """One batch of rows."""

    def __init__(
        self,
        upsert: Upsert,
        objs: Sequence[models.Model],
        fields: Sequence[Any],
        raw: bool,
        conflicts: dict[str, Any],
        met: dict[Any, Row],
    ) -> None:
        self.upsert = upsert
        self.model = upsert.model
        self.connection = upsert.connection
        self.fields = fields
        self.raw = raw
        self.conflicts = conflicts
        self.met = met
        self._came: set[Any] = set()
        # One statement; or more, where several objects are of one row.
        self._parts: list[Sequence[models.Model]] = [objs]

    def run(self) -> list[Row]:
        """Return the rows after, one for each object."""
        for _ in range(ATTEMPTS):
            rows: list[Row] = []
            for part in self._parts:
                found = self._run_guarded(part)
                if found is None:
                    break
                rows += found
            else:
                return rows
            self._look()
        raise OperationalError(
            f"An upsert of {self.model._meta.label} was not made: other transactions kept "
            f"adding rows that it meets, {ATTEMPTS} times. Try again."
        )

    def _run_guarded(self, objs: Sequence[models.Model]) -> list[Row] | None:
        """Return the rows, or ``None`` where there is one that has not been read."""
        condition, parameters = self._is_known([*self.met, *self._came])
        vendor = self.connection.vendor
        if vendor == "postgresql":
            rows = self._execute(objs, f" WHERE {condition}", parameters)
        elif vendor == "mysql":
            key = self.connection.ops.quote_name(self.model._meta.pk_fields[0].column)
            # NULL is of any type: IF() mixes a UUID with no other.
            two = "(SELECT NULL UNION ALL SELECT NULL)"
            refusal = f", {key} = IF({condition}, {key}, {two})"
            try:
                rows = self._execute(objs, refusal, parameters)
            except OperationalError as error:
                if error.args[0] != _SUBQUERY_RETURNS_ROWS:
                    raise
                return None
        else:
            # Who writes is alone.
            rows = self._execute(objs)
        self._came |= {key_of(self.model, row) for row in rows} - self.met.keys()
        return rows if len(rows) == len(objs) else None

    def _look(self) -> None:
        """Read what is met, which takes meeting it."""
        objs = [obj for part in self._parts for obj in part]
        self._parts = []
        try:
            with transaction.atomic(using=self.upsert.using):
                keys = [key_of(self.model, row) for row in self._execute(objs)]
                raise _Undo
        except _Undo:
            pass
        part: list[models.Model] = []
        seen: set[Any] = set()
        for key, obj in zip(keys, objs, strict=True):
            if key in seen:
                self._parts.append(part)
                part, seen = [], set()
            part.append(obj)
            seen.add(key)
        self._parts.append(part)
        known = self._came.union(self.met)
        unknown = [key for key in dict.fromkeys(keys) if key not in known]
        names = self.upsert.names
        if self.connection.vendor == "mysql":
            # Newer, maybe, than the snapshot of the transaction, which shows only what is locked.
            found = rows_by_key(self.model, self.upsert.using, unknown, names)
        else:
            rows = rows_of(self.model, self.upsert.using).filter(pk__in=unknown)
            found = locked_rows(rows, names)
        self.met |= self.upsert.by_key(found)

    def _execute(
        self, objs: Sequence[models.Model], addition: str = "", parameters: Sequence[Any] = ()
    ) -> list[Row]:
        query: Any = InsertQuery(self.model, **self.conflicts)
        query.insert_values(self.fields, objs, raw=self.raw)
        ((sql, values),) = query.get_compiler(using=self.upsert.using).as_sql()
        quote = self.connection.ops.quote_name
        columns = ", ".join(quote(field.column) for field in self.upsert.columns)
        with self.connection.cursor() as cursor:
            cursor.execute(f"{sql}{addition} RETURNING {columns}", (*values, *parameters))
            found = cursor.fetchall()
        return [self.upsert.reader.convert(row, self.connection) for row in found]

    def _is_known(self, keys: Sequence[Any]) -> tuple[str, list[Any]]:
        """Return SQL that says whether a row that is met has one of the keys."""
        if not keys:
            return "FALSE", []
        quote = self.connection.ops.quote_name
        fields: Any = self.model._meta.pk_fields
        table = quote(self.model._meta.db_table)
        columns = ", ".join(f"{table}.{quote(field.column)}" for field in fields)
        place = f"({', '.join(['%s'] * len(fields))})"
        parts = keys if len(fields) > 1 else [(key,) for key in keys]
        parameters = [
            field.get_db_prep_value(part, self.connection)
            for key in parts
            for field, part in zip(fields, key, strict=True)
        ]
        return f"({columns}) IN ({', '.join([place] * len(keys))})", parameters


class _Undo(Exception):
    pass


def _unique_sets(model: type[models.Model], unique_fields: Sequence[Any]) -> list[tuple[str, ...]]:
    meta = model._meta
    if unique_fields:
        return [tuple(field.attname for field in unique_fields)]

    def attnames(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(meta.get_field(name).attname for name in names)  # type: ignore[union-attr]

    # MariaDB takes any unique key for a conflict.
    return [
        tuple(field.attname for field in meta.pk_fields),
        *((field.attname,) for field in meta.local_concrete_fields if field.unique),
        *(attnames(names) for names in meta.unique_together),
        *(attnames(constraint.fields) for constraint in meta.total_unique_constraints),
    ]


def _conditions(objs: Sequence[models.Model], names: Sequence[str]) -> Iterator[models.Q]:
    rows = [[getattr(obj, name) for name in names] for obj in objs]
    rows = [row for row in rows if all(value is not None for value in row)]
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        if len(names) == 1:
            yield models.Q(**{f"{names[0]}__in": [row[0] for row in part]})
        else:
            either = (models.Q(**dict(zip(names, row, strict=True))) for row in part)
            yield models.Q(*either, _connector=models.Q.OR)
