"""Deletes: ``Model.delete()``, ``QuerySet.delete()`` and all that they cascade to.

The hook is ``Collector.delete``, where Django deletes. While it runs, an execute wrapper
(https://docs.djangoproject.com/en/stable/topics/db/instrumentation/) lets each DELETE of an
audited table return the rows that it removed: their last values, read by the statement that
removed them, at no further query. No receiver is connected for it, so Django keeps its fast
path, where it has one. Rows that lose a foreign key on the way are updated.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import connections, models
from django.db.models.deletion import Collector

from audit_log import registry
from audit_log.capture import statements
from audit_log.capture.events import Description, delete_event, describe, update_event
from audit_log.capture.relations import pairs_of, recorded_field_of, relation_events
from audit_log.capture.rows import Row, RowReader, key_of, parent_rows, rows_of
from audit_log.capture.tables import can_record
from audit_log.capture.transactions import one_transaction
from audit_log.journal.failures import guard
from audit_log.journal.pause import is_paused
from audit_log.journal.recorder import Event, write

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

Model = type[models.Model]
_RUNNING = "audit_log_deletions"


def install() -> None:
    """Put the hook in place, once."""
    original = Collector.delete
    if not hasattr(original, "audit_log_original"):
        setattr(Collector, "delete", _wrap(original))  # noqa: B010  # a method, to mypy


def is_running_for(model: Model, using: str) -> bool:
    """Whether a deletion is running that tells what happens to rows of ``model``."""
    running: list[Deletion] = connections[using].__dict__.get(_RUNNING, [])
    return bool(running) and model._meta.db_table in running[-1].models


def _wrap(original: Callable[[Collector], Any]) -> Callable[[Collector], Any]:
    @functools.wraps(original)
    def delete(self: Collector) -> Any:
        connection = connections[self.using]
        running: list[Deletion] = connection.__dict__.setdefault(_RUNNING, [])

        def execute(*args: Any) -> Any:
            return running[-1].execute(*args)

        running.append(Deletion(self, connection))
        try:
            if len(running) > 1:  # a receiver deletes something else: the wrapper is there
                return original(self)
            with connection.execute_wrapper(execute):
                return original(self)
        finally:
            running.pop()

    delete.audit_log_original = original  # type: ignore[attr-defined]
    return delete


class Deletion:
    """One call of ``delete()``: turns its statements into entries."""

    def __init__(self, collector: Collector, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.using: str = connection.alias
        self.models: dict[str, Model] = {}
        self.instances: dict[str, dict[Any, models.Model]] = {}
        self._described: dict[str, dict[Any, Description]] | None = None
        # Rows of parents that a child's entry tells of.
        self._told: set[tuple[Model, Any]] = set()
        # What was set to null only to be deleted next, where constraints are not deferred.
        self._before: dict[tuple[Model, Any], Row] = {}
        for model, instances in collector.data.items():
            self.models[model._meta.db_table] = model
            self.instances[model._meta.db_table] = {obj.pk: obj for obj in instances}
        for queryset in collector.fast_deletes:
            self.models.setdefault(queryset.model._meta.db_table, queryset.model)
        for field, _ in collector.field_updates:
            self.models.setdefault(field.model._meta.db_table, field.model)

    def execute(
        self, execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any
    ) -> Any:
        """Run a statement, an execute wrapper's way; record what it deletes or updates."""
        statement = statements.parse(sql, parameters)
        model = self.models.get(statement.table) if statement else None
        if statement is None or model is None or not self._is_recorded(model):
            return execute(sql, parameters, many, context)
        fields = tuple(model._meta.local_concrete_fields)
        returning = (
            statement.returning(self.connection, fields) if statement.verb == "delete" else None
        )
        with one_transaction(self.using, statement.table):
            rows: Sequence[Any] = ()
            with guard(self.using):
                self._describe()
                if returning is None:
                    rows = statement.select(self.connection, fields)
            result = execute(returning or sql, parameters, many, context)
            if returning is not None:
                rows = context["cursor"].fetchall()
            if rows:
                reader = RowReader(model, self.using, fields)
                found = [reader.convert(row, self.connection) for row in rows]
                with guard(self.using):
                    tell = self._deleted if statement.verb == "delete" else self._updated
                    write(tell(model, found), self.using)
        return result

    def _is_recorded(self, model: Model) -> bool:
        policy = registry.policy_for(model)
        if policy is None:
            return recorded_field_of(model, self.using) is not None
        return not is_paused(policy.target_type) and can_record(model, self.using)

    def _describe(self) -> None:
        # Before the first row goes: what __str__ and the policy ask for may go with it.
        if self._described is not None:
            return
        self._described = {}
        for table, instances in self.instances.items():
            policy = registry.policy_for(self.models[table])
            if policy is not None and not is_paused(policy.target_type):
                self._described[table] = {
                    key: describe(instance, policy) for key, instance in instances.items()
                }

    def _deleted(self, model: Model, rows: list[Row]) -> list[Event]:
        policy = registry.policy_for(model)
        if policy is None:
            return self._relations_lost(model, rows)
        untold = [row for row in rows if (model, key_of(model, row)) not in self._told]
        for row, inherited in zip(untold, parent_rows(model, untold, self.using), strict=True):
            row.update(inherited)
            for parent in model._meta.all_parents:
                self._told.add((parent, key_of(parent, row)))
        described = (self._described or {}).get(model._meta.db_table, {})
        events = []
        for row in untold:
            key = key_of(model, row)
            row.update(self._before.get((model, key), {}))
            instance = self._instance(model, key, row)
            events.append(delete_event(instance, policy, key, row, described.get(key)))
        return events

    def _updated(self, model: Model, rows: list[Row]) -> list[Event]:
        """Tell of rows whose foreign key was set to something else (``SET_NULL`` and the like)."""
        policy = registry.policy_for(model)
        going = self.instances.get(model._meta.db_table, {})
        staying: dict[Any, Row] = {}
        for row in rows:
            key = key_of(model, row)
            if key in going:
                self._before.setdefault((model, key), row)
            else:
                staying[key] = row
        if policy is None or not staying:
            return []
        events = []
        names = [field.attname for field in model._meta.concrete_fields]
        now = rows_of(model, self.using).filter(pk__in=staying)
        for values in now.values_list(*names):
            instance = model.from_db(self.using, names, values)
            old = {**instance.__dict__, **staying[instance.pk]}
            event = update_event(instance, policy, policy.fields, old, instance.__dict__)
            if event is not None:
                events.append(event)
        return events

    def _relations_lost(self, through: Model, rows: list[Row]) -> list[Event]:
        # The relations of an object that goes itself go without saying.
        field = recorded_field_of(through, self.using)
        assert field is not None
        going = self.instances.get(field.model._meta.db_table, {})
        pairs = [pair for pair in pairs_of(field, rows) if pair[0] not in going]
        return relation_events(field, (), pairs, self.using)

    def _instance(self, model: Model, key: Any, row: Row) -> models.Model:
        known = self.instances.get(model._meta.db_table, {}).get(key)
        if known is not None:
            return known
        names = [field.attname for field in model._meta.concrete_fields]
        return model.from_db(self.using, names, [row[name] for name in names])
