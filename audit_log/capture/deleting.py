"""Deletes: ``Model.delete()``, ``QuerySet.delete()`` and all that they cascade to.

The hook is ``Collector.delete``, where Django deletes. While it runs, an execute wrapper
(https://docs.djangoproject.com/en/stable/topics/db/instrumentation/) lets each DELETE of an
audited table return the rows that it removed: their last values, read by the statement that
removed them, at no further query. No receiver is connected for it, so Django keeps its fast
path, where it has one.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connections, models
from django.db.models.deletion import Collector

from audit_log import registry
from audit_log.capture.columns import Field
from audit_log.capture.diff import diff
from audit_log.capture.relations import ends_of, field_of, is_recorded, relation_events
from audit_log.capture.rows import Row, RowReader
from audit_log.capture.saving import repr_of
from audit_log.capture.tables import can_record
from audit_log.capture.transactions import one_transaction
from audit_log.journal.failures import guard
from audit_log.journal.pause import is_paused
from audit_log.journal.recorder import Event, write
from audit_log.journal.subject import references_of, tenant_of
from audit_log.registry import Policy

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

# As Django's compilers spell it; MariaDB's has a form of its own with joined tables.
_DELETE = re.compile(
    r"""DELETE (?P<joined>[`"][^`"]+[`"] )?(?P<from>FROM) [`"](?P<table>[^`"]+)[`"]"""
)


def install() -> None:
    """Put the hook in place, once."""
    original = Collector.delete
    if not hasattr(original, "audit_log_original"):
        Collector.delete = _wrap(original)  # type: ignore[method-assign]


def _wrap(original: Callable[[Collector], Any]) -> Callable[[Collector], Any]:
    @functools.wraps(original)
    def delete(self: Collector) -> Any:
        connection = connections[self.using]
        running: list[Deletion] = connection.__dict__.setdefault("audit_log_deletions", [])
        running.append(Deletion(self, connection))
        try:
            if len(running) > 1:  # a receiver deletes something else: the wrapper is there
                return original(self)
            with connection.execute_wrapper(lambda *args: running[-1].execute(*args)):
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
        self.models: dict[str, type[models.Model]] = {}
        self.instances: dict[str, dict[Any, models.Model]] = {}
        self._described: dict[str, dict[Any, Description]] = {}
        # Rows of parents that a child's entry tells of.
        self._told: set[tuple[type[models.Model], Any]] = set()
        for model, instances in collector.data.items():
            table = model._meta.db_table
            self.models[table] = model
            self.instances[table] = {instance.pk: instance for instance in instances}
        for queryset in collector.fast_deletes:
            self.models.setdefault(queryset.model._meta.db_table, queryset.model)

    def execute(
        self, execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any
    ) -> Any:
        """Run a statement, an execute wrapper's way; if it deletes, record what it deleted."""
        match = _DELETE.match(sql)
        model = self.models.get(match["table"]) if match else None
        if match is None or model is None or not self._is_recorded(model):
            return execute(sql, parameters, many, context)
        fields = tuple(model._meta.local_concrete_fields)
        columns = [self.connection.ops.quote_name(field.column) for field in fields]
        with one_transaction(self.using, match["table"]):
            with guard(self.using):
                self._describe(model)
            if not match["joined"] and self.connection.features.can_return_columns_from_insert:
                # Databases that return columns from INSERT do so from DELETE, too.
                sql = f"{sql} RETURNING {', '.join(columns)}"
                result = execute(sql, parameters, many, context)
                rows = context["cursor"].fetchall()
            else:
                rows = self._select(match, sql, parameters, columns)
                result = execute(sql, parameters, many, context)
            with guard(self.using):
                write(self._events(model, fields, rows), self.using)
        return result

    def _is_recorded(self, model: type[models.Model]) -> bool:
        policy = registry.policy_for(model)
        if policy is None:
            field = field_of(model)
            return field is not None and is_recorded(field, field.model, self.using)
        return not is_paused(policy.target_type) and can_record(model, self.using)

    def _select(
        self, match: re.Match[str], sql: str, parameters: Any, columns: list[str]
    ) -> list[Any]:
        table = self.connection.ops.quote_name(match["table"])
        names = ", ".join(f"{table}.{column}" for column in columns)
        lock = self.connection.features.has_select_for_update
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {names} {sql[match.start('from') :]}{' FOR UPDATE' if lock else ''}",
                parameters,
            )
            return list(cursor.fetchall())

    def _describe(self, model: type[models.Model]) -> None:
        # Before the first row goes: what __str__ and the policy ask for may go with it.
        table = model._meta.db_table
        policy = registry.policy_for(model)
        if policy is not None and table not in self._described:
            self._described[table] = {
                key: Description(repr_of(instance, policy), tenant_of(instance, policy))
                for key, instance in self.instances.get(table, {}).items()
            }

    def _events(
        self, model: type[models.Model], fields: Sequence[Field], rows: Sequence[Any]
    ) -> list[Event]:
        reader = RowReader(model, self.using, fields)
        found = [reader.convert(row, self.connection) for row in rows]
        policy = registry.policy_for(model)
        if policy is None:
            return self._relation_events(model, found)
        keys = [_key_of(model, row) for row in found]
        untold = [
            (key, row)
            for key, row in zip(keys, found, strict=True)
            if (model, key) not in self._told
        ]
        self._add_parents(model, untold)
        return [self._event(model, policy, key, row) for key, row in untold]

    def _event(self, model: type[models.Model], policy: Policy, key: Any, row: Row) -> Event:
        table = model._meta.db_table
        instance = self.instances.get(table, {}).get(key)
        if instance is None:
            names = [field.attname for field in model._meta.concrete_fields]
            instance = model.from_db(self.using, names, [row[name] for name in names])
        described = self._described[table].get(key) or Description(
            repr_of(instance, policy), tenant_of(instance, policy)
        )
        changes, _ = diff(policy, policy.fields, row, None, instance)
        return Event(
            action=policy.action("delete"),
            event_type="delete",
            target_type=policy.target_type,
            target_id=policy.key_text(key),
            target_repr=described.text,
            tenant=described.tenant,
            changes=changes,
            references=references_of(instance, policy, (row,)),
        )

    def _add_parents(self, model: type[models.Model], rows: list[tuple[Any, Row]]) -> None:
        # A child's row is deleted before its parents': theirs are still there to be read.
        for parent, link in model._meta.parents.items():
            if link is None or not rows:
                continue
            names = [field.attname for field in parent._meta.concrete_fields]
            key = parent._meta.pk.attname  # type: ignore[union-attr]
            by_key = {
                values[key]: values
                for values in models.QuerySet(parent)
                .using(self.using)
                .filter(pk__in=[row[link.attname] for _, row in rows])
                .values(*names)
            }
            for _, row in rows:
                row.update(by_key.get(row[link.attname], {}))
                for ancestor in (parent, *parent._meta.all_parents):
                    self._told.add((ancestor, row[ancestor._meta.pk.attname]))  # type: ignore[union-attr]

    def _relation_events(self, through: type[models.Model], rows: list[Row]) -> list[Event]:
        # The relations of an object that goes itself go without saying.
        field = field_of(through)
        assert field is not None
        source, target = ends_of(field)
        going = self.instances.get(field.model._meta.db_table, {})
        pairs = [(row[source], row[target]) for row in rows if row[source] not in going]
        return relation_events(field, field.model, (), pairs, self.using)


@dataclass(frozen=True)
class Description:
    """What an entry says of an object besides its values."""

    text: str
    tenant: str


def _key_of(model: type[models.Model], row: Row) -> Any:
    key_fields: Sequence[Field] = model._meta.pk_fields  # type: ignore[attr-defined]
    keys = tuple(row[field.attname] for field in key_fields)
    return keys if len(keys) > 1 else keys[0]
