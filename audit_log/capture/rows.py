"""The lean read: a row as it is stored, by key, without a model instance.

The statement is compiled once per model and database, and so are the converters of its
columns. Where the database has row locks the row is locked: on PostgreSQL
``FOR NO KEY UPDATE``, which the UPDATE takes anyway.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models

from audit_log.capture.columns import Field, is_fixed
from audit_log.capture.spool import are_small
from audit_log.journal.buffer import Buffer
from audit_log.policies import Policy
from audit_log.statements import Statement

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

Row = dict[str, Any]
"""Values by the field's ``attname``, as the database gives them."""


class RowReader:
    """Reads some columns of the rows of one model on one database."""

    def __init__(self, model: type[models.Model], using: str, fields: Sequence[Field]) -> None:
        self.model = model
        self.using = using
        self.fields = fields
        self.key_fields: Sequence[Field] = model._meta.pk_fields
        # A view that is mapped by an unmanaged model need not allow it.
        self.locks: bool = model._meta.managed
        self._attnames = [field.attname for field in fields]
        # Of PostgreSQL's driver. Fields of somebody's own may hold bytes, too.
        self._binary = [
            i for i, field in enumerate(fields) if not is_fixed(field) or _is_bytes(field)
        ]
        self.is_small = are_small(fields)
        self._statements: dict[tuple[int, bool], Statement] = {}
        self._converters: Any = None

    def read(self, buffer: Buffer, key: Any, *, lock: bool) -> Row | None:
        """Return the row of that primary key, or ``None``. ``lock`` needs a transaction."""
        connection = buffer.connection
        statement, parameters = self.statement(connection, key, lock=lock)
        with (
            contextlib.closing(buffer.run(statement, parameters)) as cursor,
            connection.wrap_database_errors,  # of values that the driver cannot read
        ):
            row = cursor.fetchone()
        return None if row is None else self.convert(row, connection)

    def statement(
        self, connection: BaseDatabaseWrapper, key: Any, *, lock: bool
    ) -> tuple[Statement, list[Any]]:
        """Return the statement that reads the row of a primary key, and its parameters."""
        parameters = [
            field.get_db_prep_value(part, connection, prepared=False)
            for field, part in zip(self.key_fields, self._parts(key), strict=True)
        ]
        statement = self._statements.get((1, lock)) or self._compile([key], connection, lock)
        return statement, parameters

    def statement_of_all(
        self, connection: BaseDatabaseWrapper, keys: Sequence[Any]
    ) -> tuple[Statement, list[Any]]:
        """Return the statement that reads the rows of some primary keys, which are not
        composite, and its parameters.
        """
        (field,) = self.key_fields
        parameters = [field.get_db_prep_value(key, connection, prepared=False) for key in keys]
        many = (len(keys), False)
        statement = self._statements.get(many) or self._compile(keys, connection, lock=False)
        return statement, parameters

    def convert(self, row: Sequence[Any], connection: BaseDatabaseWrapper) -> Row:
        """Return a row of the reader's columns, in their order, as Python values."""
        values = list(row)
        for index, (converters, expression) in self.converters(connection).items():
            value = values[index]
            for converter in converters:
                value = converter(value, expression, connection)
            values[index] = value
        for index in self._binary:
            if isinstance(values[index], memoryview):
                values[index] = bytes(values[index])
        return dict(zip(self._attnames, values, strict=True))

    def converters(self, connection: BaseDatabaseWrapper) -> Any:
        """Return ``{index: (converters, column)}`` for the columns that need any."""
        if self._converters is None:
            compiler = models.sql.Query(self.model).get_compiler(connection=connection)
            # Not cached_col: a foreign key's knows nothing of the type of the key.
            columns = [field.get_col(str(field.model._meta.db_table)) for field in self.fields]
            self._converters = compiler.get_converters(columns)
        return self._converters

    def _compile(
        self, keys: Sequence[Any], connection: BaseDatabaseWrapper, lock: bool
    ) -> Statement:
        found = rows_of(self.model, self.using)
        found = found.filter(pk=keys[0]) if len(keys) == 1 else found.filter(pk__in=keys)
        rows = found.order_by().values_list(*(field.attname for field in self.fields))
        if lock and connection.features.has_select_for_update:
            rows = rows.select_for_update(no_key=connection.features.has_select_for_no_key_update)
        sql, parameters = rows.query.get_compiler(connection=connection).as_sql()
        if len(parameters) != len(self.key_fields) * len(keys):
            raise TypeError(f"The key of {self.model._meta.label} compiles to no plain parameters.")
        statement = self._statements[len(keys), lock] = Statement(str(sql), connection)
        return statement

    def _parts(self, key: Any) -> Sequence[Any]:
        return key if len(self.key_fields) > 1 else (key,)


def reader_of(policy: Policy, using: str) -> RowReader:
    """Return the reader of an audited model's columns on a database."""
    reader = policy.compiled.get(using)
    if reader is None:
        reader = policy.compiled[using] = RowReader(policy.model, using, policy.columns)
    return reader


def _is_bytes(field: Field) -> bool:
    return isinstance(field, models.BinaryField)


_readers: dict[tuple[type[models.Model], str, bool], RowReader] = {}


def reader_of_all(model: type[models.Model], using: str, *, local: bool = False) -> RowReader:
    """Return the reader of all columns of a model, audited or not; ``local``: of its own table."""
    reader = _readers.get((model, using, local))
    if reader is None:
        meta = model._meta
        reader = RowReader(
            model, using, tuple(meta.local_concrete_fields if local else meta.concrete_fields)
        )
        if meta.apps is apps:  # not those of migrations, of which there are many
            _readers[model, using, local] = reader
    return reader


def rows_of(model: type[models.Model], using: str) -> models.QuerySet[Any, Any]:
    """Return all rows of a model, whatever its managers hide."""
    return models.QuerySet(model).using(using)


def key_of(model: type[models.Model], row: Row) -> Any:
    """Return the primary key in a row; a tuple where it is composite."""
    key_fields: Sequence[Field] = model._meta.pk_fields
    if len(key_fields) == 1:
        return row[key_fields[0].attname]
    return tuple(row[field.attname] for field in key_fields)


def parent_rows(model: type[models.Model], rows: Sequence[Row], using: str) -> list[Row]:
    """Return what the parents of multi-table inheritance hold of each row, in their order.

    One query for each parent that the model links to itself.
    """
    found: list[Row] = [{} for _ in rows]
    for parent, link in model._meta.parents.items():
        if link is None or not rows:
            continue
        names = [field.attname for field in parent._meta.concrete_fields]
        keys = [row[link.attname] for row in rows]
        queryset = rows_of(parent, using).filter(pk__in=keys)
        by_key = {values[parent._meta.pk.attname]: values for values in queryset.values(*names)}
        for key, row in zip(keys, found, strict=True):
            row.update(by_key.get(key, {}))
    return found
