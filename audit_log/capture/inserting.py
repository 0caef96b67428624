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
from audit_log.capture.instances import maker
from audit_log.capture.plan import plan_of
from audit_log.capture.relations import recorded_field_of
from audit_log.capture.rows import Row, reader_of_all, rows_of
from audit_log.capture.saving import stored
from audit_log.capture.summary import summary_event
from audit_log.capture.tables import can_record
from audit_log.capture.telling import BATCH, write_each
from audit_log.capture.through import InsertedRelations
from audit_log.capture.transactions import one_transaction
from audit_log.capture.upserting import Change, Upsert
from audit_log.identity import type_of
from audit_log.journal.failures import guard
from audit_log.journal.operations import Event
from audit_log.journal.pause import is_paused
from audit_log.journal.recorder import write
from audit_log.policies import Policy
from audit_log.registry import target_of

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
        with one_transaction(using, self.model._meta.db_table) as buffer:
            if ignore_conflicts:
                created = _Inserted(self.model, using)
                result = _with_insert(self, created.insert, proceed)
                with guard(using, type_of(self.model)), buffer.streaming():
                    tell.came(created.instances())
            elif update_conflicts and tell.reads:
                insert = Upsert(self._insert, self.model, using, tell.came_or_met).insert  # type: ignore[attr-defined]
                result = _with_insert(self, insert, proceed)
            else:
                result = proceed()
                with guard(using, type_of(self.model)), buffer.streaming():
                    tell.came(objs, "upsert" if update_conflicts else "create")
        return result

    bulk_create.audit_log_original = original  # type: ignore[attr-defined]
    return bulk_create


def _with_insert(queryset: QuerySet, insert: Callable[..., Any], proceed: Callable[[], Any]) -> Any:
    queryset._insert = insert  # type: ignore[attr-defined]
    try:
        return proceed()
    finally:
        del queryset._insert  # type: ignore[attr-defined]


def _teller(model: type[models.Model], using: str) -> _Rows | InsertedRelations | None:
    policy = registry.policy_for(model)
    if policy is None:
        field = recorded_field_of(model, using)
        return None if field is None else InsertedRelations(field, using)
    if policy.bulk == "off" or is_paused(policy.target_type) or not can_record(model, using):
        return None
    return _Rows(policy, using)


class _Rows:
    """Tells of rows of an audited model."""

    def __init__(self, policy: Policy, using: str) -> None:
        self.policy = policy
        self.plan = plan_of(policy)
        self.using = using
        self.reads = policy.bulk != "summary"
        """Whether it matters what the rows held before."""

    def came(self, objs: Sequence[models.Model], what: str = "create") -> None:
        if self.policy.bulk == "summary":
            if objs:
                write([summary_event(self.policy, "create", len(objs), what)], self.using)
            return
        for batch in _batches(objs):
            self._created(batch)

    def came_or_met(self, changes: Sequence[Change]) -> None:
        policy, plan = self.policy, self.plan
        make = maker(policy.model, self.using)

        def event_of(change: Change) -> Event | None:
            old, new = change
            instance = make(new)
            if old is None:
                return create_event(instance, plan, plan.told, new)
            return update_event(instance, plan, plan.told, old, new)

        for batch in _batches(changes):
            write_each(event_of, batch, self.using, policy.target_type)

    def _created(self, objs: Sequence[models.Model]) -> None:
        policy, plan = self.policy, self.plan
        known = [stored(obj, plan.inserted, None) for obj in objs]
        unknown = [obj.pk for obj, row in zip(objs, known, strict=True) if row is None]
        read: dict[Any, Row] = {}
        if unknown:
            found = rows_of(self.policy.model, self.using).filter(pk__in=unknown)
            read = {target_of(instance)[1]: instance.__dict__ for instance in found}

        def event_of(item: tuple[models.Model, Row | None]) -> Event:
            obj, row = item
            if row is None and (row := read.get(target_of(obj)[1])) is None:
                # A key that the database spells in a way of its own.
                row = rows_of(policy.model, self.using).filter(pk=obj.pk).get().__dict__
            return create_event(obj, plan, plan.told, row)

        items = list(zip(objs, known, strict=True))
        write_each(event_of, items, self.using, policy.target_type)


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
        reader = reader_of_all(self.model, self.using)
        make = maker(self.model, self.using)
        connection = connections[self.using]
        return [make(reader.convert(raw, connection)) for raw in self.rows]


def _batches(objs: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(objs), BATCH):
        yield objs[start : start + BATCH]
