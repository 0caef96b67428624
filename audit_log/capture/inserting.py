"""``QuerySet.bulk_create()``: the rows that really came, and those that were met.

Rows of a many-to-many table that is not audited itself are told as changes of the field.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import connections, models
from django.db.models.sql.subqueries import InsertQuery

from audit_log import registry
from audit_log.capture.events import create_event, update_event
from audit_log.capture.relations import pairs_of, recorded_field_of, relation_events
from audit_log.capture.rows import Row, RowReader, key_of, rows_of
from audit_log.capture.saving import stored
from audit_log.capture.summary import summary_event
from audit_log.capture.tables import can_record
from audit_log.capture.transactions import one_transaction
from audit_log.identity import type_of
from audit_log.journal.failures import guard
from audit_log.journal.pause import is_paused
from audit_log.journal.recorder import Event, write
from audit_log.policies import Policy
from audit_log.registry import target_of

BATCH = 1000

QuerySet = models.QuerySet[Any, Any]


def install() -> None:
    """Put the hook in place, once."""
    original = models.QuerySet.bulk_create
    if not hasattr(original, "audit_log_original"):
        setattr(models.QuerySet, "bulk_create", _wrap(original))  # noqa: B010  # a method, to mypy


def _wrap(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def bulk_create(
        self: QuerySet,
        objs: Any,
        batch_size: Any = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Any = None,
        unique_fields: Any = None,
    ) -> Any:
        objs = list(objs)

        def proceed() -> Any:
            return original(
                self,
                objs,
                batch_size,
                ignore_conflicts,
                update_conflicts,
                update_fields,
                unique_fields,
            )

        self._for_write = True  # type: ignore[attr-defined]
        using = self.db
        tell = _teller(self.model, using)
        if tell is None or not objs:
            return proceed()
        with one_transaction(using, self.model._meta.db_table):
            if ignore_conflicts:
                created = _Inserted(self.model, using)
                self._insert = created.insert  # type: ignore[attr-defined]
                try:
                    result = proceed()
                finally:
                    del self._insert  # type: ignore[attr-defined]
                with guard(using, type_of(self.model)):
                    tell.came(created.instances())
            elif update_conflicts:
                met: dict[Any, Row] = {}
                with guard(using, type_of(self.model)):
                    met = _rows_met(self.model, using, objs, unique_fields)
                result = proceed()
                with guard(using, type_of(self.model)):
                    tell.came_or_met(objs, met)
            else:
                result = proceed()
                with guard(using, type_of(self.model)):
                    tell.came(objs)
        return result

    bulk_create.audit_log_original = original  # type: ignore[attr-defined]
    return bulk_create


def _teller(model: type[models.Model], using: str) -> _Rows | _Relations | None:
    policy = registry.policy_for(model)
    if policy is None:
        return _Relations(model, using) if recorded_field_of(model, using) else None
    if policy.bulk == "off" or is_paused(policy.target_type) or not can_record(model, using):
        return None
    return _Rows(policy, using)


class _Relations:
    """Tells of rows of a many-to-many table."""

    def __init__(self, through: type[models.Model], using: str) -> None:
        self.field: Any = recorded_field_of(through, using)
        self.using = using

    def came(self, objs: Sequence[models.Model]) -> None:
        for batch in _batches(objs):
            pairs = pairs_of(self.field, [obj.__dict__ for obj in batch])
            write(relation_events(self.field, pairs, (), self.using), self.using)

    def came_or_met(self, objs: Sequence[models.Model], met: dict[Any, Row]) -> None:
        # A pair that was met was there before.
        self.came([obj for obj in objs if obj.pk not in met])


class _Rows:
    """Tells of rows of an audited model."""

    def __init__(self, policy: Policy, using: str) -> None:
        self.policy = policy
        self.using = using

    def came(self, objs: Sequence[models.Model]) -> None:
        if self.policy.bulk == "summary":
            if objs:
                write([summary_event(self.policy, "create", len(objs))], self.using)
            return
        for batch in _batches(objs):
            write(list(self._created(batch)), self.using)

    def came_or_met(self, objs: Sequence[models.Model], met: dict[Any, Row]) -> None:
        if self.policy.bulk == "summary":
            self.came(objs)
            return
        model = self.policy.model
        for batch in _batches(objs):
            now = rows_of(model, self.using).in_bulk([obj.pk for obj in batch])
            events: list[Event | None] = []
            for key, instance in now.items():
                new = instance.__dict__
                old = met.get(key)
                events.append(
                    create_event(instance, self.policy, self.policy.fields, new)
                    if old is None
                    else update_event(instance, self.policy, self.policy.fields, old, new)
                )
            write([event for event in events if event is not None], self.using)

    def _created(self, objs: Sequence[models.Model]) -> Iterator[Event]:
        fields = self.policy.fields
        keys: Sequence[Any] = self.policy.model._meta.pk_fields
        wanted = list(dict.fromkeys([*fields, *keys]))
        known = [stored(obj, wanted, None) for obj in objs]
        unknown = [obj.pk for obj, row in zip(objs, known, strict=True) if row is None]
        read: dict[Any, Row] = {}
        if unknown:
            found = rows_of(self.policy.model, self.using).filter(pk__in=unknown)
            read = {target_of(instance)[1]: instance.__dict__ for instance in found}
        for obj, row in zip(objs, known, strict=True):
            if row is None and (row := read.get(target_of(obj)[1])) is None:
                # A key that the database spells in a way of its own.
                found = rows_of(self.policy.model, self.using).filter(pk=obj.pk)
                row = found.get().__dict__
            yield create_event(obj, self.policy, fields, row)


class _Inserted:
    """Takes the place of a queryset's ``_insert``: lets INSERTs that ignore conflicts return
    the rows that came.
    """

    def __init__(self, model: type[models.Model], using: str) -> None:
        self.model = model
        self.using = using
        self.rows: list[Any] = []
        self.fields = tuple(model._meta.concrete_fields)

    def insert(
        self,
        objs: Sequence[models.Model],
        fields: Sequence[Any],
        returning_fields: Any = None,
        raw: bool = False,
        using: Any = None,
        **conflicts: Any,
    ) -> list[Any]:
        query: Any = InsertQuery(self.model, **conflicts)
        query.insert_values(fields, objs, raw=raw)
        compiler = query.get_compiler(using=self.using)
        compiler.returning_fields = self.fields
        with connections[self.using].cursor() as cursor:
            for sql, parameters in compiler.as_sql():
                cursor.execute(sql, parameters)
                self.rows.extend(cursor.fetchall())
        return []  # as Django has it, which leaves the instances without keys

    def instances(self) -> list[models.Model]:
        """Return the rows that came, as instances."""
        reader = RowReader(self.model, self.using, self.fields)
        names = [field.attname for field in self.fields]
        found = []
        for raw in self.rows:
            row = reader.convert(raw, connections[self.using])
            found.append(self.model.from_db(self.using, names, [row[name] for name in names]))
        return found


def _rows_met(
    model: type[models.Model],
    using: str,
    objs: Sequence[models.Model],
    unique_fields: Sequence[str] | None,
) -> dict[Any, Row]:
    """Return, by key, the rows that ``objs`` may conflict with, as they are, locked."""
    connection = connections[using]
    met: dict[Any, Row] = {}
    for batch in _batches(objs, 200):
        for names in _unique_sets(model, unique_fields):
            wanted = models.Q()
            for obj in batch:
                values = {name: getattr(obj, name) for name in names}
                if all(value is not None for value in values.values()):
                    wanted |= models.Q(**values)
            if not wanted:
                continue
            rows = rows_of(model, using).filter(wanted).order_by("pk")
            if connection.features.has_select_for_update:
                no_key = connection.features.has_select_for_no_key_update
                rows = rows.select_for_update(no_key=no_key)
            columns = [field.attname for field in model._meta.concrete_fields]
            for found in rows.values(*columns):
                met[key_of(model, found)] = found
    return met


def _unique_sets(
    model: type[models.Model], unique_fields: Sequence[str] | None
) -> list[tuple[str, ...]]:
    meta = model._meta

    def attnames(names: Sequence[str]) -> tuple[str, ...]:
        fields: list[Any] = []
        for name in names:
            fields += meta.pk_fields if name == "pk" else [meta.get_field(name)]
        return tuple(field.attname for field in fields)

    if unique_fields:
        return [attnames(unique_fields)]
    # MariaDB takes any unique key for a conflict.
    return [
        attnames([field.name for field in meta.pk_fields]),
        *((field.attname,) for field in meta.local_concrete_fields if field.unique),
        *(attnames(names) for names in meta.unique_together),
        *(attnames(constraint.fields) for constraint in meta.total_unique_constraints),
    ]


def _batches(objs: Sequence[Any], size: int = BATCH) -> Iterator[Sequence[Any]]:
    for start in range(0, len(objs), size):
        yield objs[start : start + size]
