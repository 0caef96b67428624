"""Deletes: ``Model.delete()``, ``QuerySet.delete()`` and all that they cascade to.

While ``Collector.delete`` runs, each DELETE that it compiles for an audited table also returns
the rows that it removes: their last values, read by the statement that removes them, at no
further query. No receiver is connected for it, so Django keeps its fast path, where it has
one. What receivers do in the meantime is told by the hooks that it ends in.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.models.deletion import Collector
from django.db.models.sql.compiler import SQLDeleteCompiler

from audit_log import registry
from audit_log.capture.columns import Field
from audit_log.capture.cursors import returning
from audit_log.capture.events import Description, delete_event, describe
from audit_log.capture.instances import Make, maker
from audit_log.capture.plan import Columns, Plan, plan_of
from audit_log.capture.relations import pairs_of, recorded_field_of, write_relations
from audit_log.capture.rows import Row, key_of, parent_rows, reader_of_all
from audit_log.capture.spool import KEPT, Spool
from audit_log.capture.tables import can_record
from audit_log.capture.telling import BATCH, make_each, write_each
from audit_log.capture.through import BATCH as RELATIONS
from audit_log.capture.transactions import one_transaction
from audit_log.identity import type_of
from audit_log.journal.buffer import Buffer
from audit_log.journal.failures import guard
from audit_log.journal.operations import Event
from audit_log.journal.pause import is_paused
from audit_log.policies import Policy
from audit_log.untouched import untouched

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

Model = type[models.Model]
_RUNNING = "audit_log_deletions"


def install() -> None:
    """Put the hooks in place, once."""
    if not hasattr(Collector.delete, "audit_log_original"):
        # Methods, to mypy.
        setattr(Collector, "delete", _wrap_delete(Collector.delete))  # noqa: B010
        execute_sql = _wrap_execute_sql(SQLDeleteCompiler.execute_sql)
        setattr(SQLDeleteCompiler, "execute_sql", execute_sql)  # noqa: B010


def running_on(using: str) -> Deletion | None:
    """Return the deletion that is running on a database, the innermost, if any."""
    running: list[Deletion] = connections[using].__dict__.get(_RUNNING, [])
    return running[-1] if running else None


def _wrap_delete(original: Callable[[Collector], Any]) -> Callable[[Collector], Any]:
    @functools.wraps(original)
    def delete(self: Collector) -> Any:
        connection = connections[self.using]
        running: list[Deletion] = connection.__dict__.setdefault(_RUNNING, [])
        running.append(Deletion(self, connection))
        try:
            return original(self)
        finally:
            running.pop()

    delete.audit_log_original = original  # type: ignore[attr-defined]
    return delete


def _wrap_execute_sql(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def execute_sql(self: SQLDeleteCompiler, *args: Any, **kwargs: Any) -> Any:
        deletion = running_on(self.connection.alias)
        model = _concrete(self.query.model)
        if deletion is None or not deletion.is_recorded(model):
            return original(self, *args, **kwargs)
        return deletion.delete(model, self, lambda: original(self, *args, **kwargs))

    execute_sql.audit_log_original = original  # type: ignore[attr-defined]
    return execute_sql


def _describe(instance: models.Model, policy: Policy) -> Description:
    with untouched(instance):
        return describe(instance, policy)


def _concrete(model: Any) -> Model:
    return model._meta.concrete_model  # type: ignore[no-any-return]


class Deletion:
    """One call of ``delete()``: turns the rows that it removes into entries."""

    def __init__(self, collector: Collector, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.using: str = connection.alias
        self.instances: dict[Model, dict[Any, models.Model]] = {}
        self._makers: dict[Model, Make] = {}
        self._described: dict[Model, dict[Any, Description | None]] | None = None
        # Rows of parents that a child's entry tells of.
        self._told: set[tuple[Model, Any]] = set()
        # What was set to null only to be deleted next, where constraints are not deferred.
        self._before: dict[tuple[Model, Any], Row] = {}
        # What the deletion itself sets foreign keys with; receivers have updates of their own.
        self._sets = {(_concrete(field.model), field.name) for field, _ in collector.field_updates}
        for model, instances in collector.data.items():
            known = self.instances.setdefault(_concrete(model), {})
            known.update({instance.pk: instance for instance in instances})

    def is_recorded(self, model: Model) -> bool:
        """Whether rows of a table leave entries when they go."""
        policy = registry.policy_for(model)
        if policy is None:
            return recorded_field_of(model, self.using) is not None
        return not is_paused(policy.target_type) and can_record(model, self.using)

    def goes(self, model: Model, names: Collection[str], old: Row) -> bool:
        """Whether a row loses a foreign key only to be deleted next; that tells of ``old``."""
        key = key_of(model, old)
        if key not in self.instances.get(model, {}):
            return False
        if any((model, name) not in self._sets for name in names):
            return False
        self._before.setdefault((model, key), old)
        return True

    def delete(self, model: Model, compiler: SQLDeleteCompiler, proceed: Callable[[], Any]) -> Any:
        """Run a DELETE, write an entry for each row, and return what ``proceed`` would."""
        try:
            sql, parameters = compiler.as_sql()
        except EmptyResultSet:
            return proceed()
        meta = model._meta
        fields = tuple(meta.local_concrete_fields)
        table = meta.db_table if meta.managed else None
        with one_transaction(self.using, table) as buffer:
            with guard(self.using, type_of(model)):
                self._describe()
            # Databases that return columns from INSERT do so from DELETE, too; views need not.
            returns = self.connection.features.can_return_columns_from_insert and meta.managed
            if returns and sql.startswith("DELETE FROM "):
                return self._delete_returning(model, fields, sql, parameters, buffer)
            rows: list[Any] = []
            with guard(self.using, type_of(model)):
                rows = self._select(model, fields, sql, parameters)
            result = proceed()
            self._tell(model, fields, rows)
            return result

    def _delete_returning(
        self,
        model: Model,
        fields: Sequence[Field],
        sql: str,
        parameters: Any,
        buffer: Buffer,
    ) -> int:
        # What is loaded anyway is in memory anyway.
        few = model in self.instances
        is_small = reader_of_all(model, self.using, local=True).is_small
        batch = BATCH if registry.policy_for(model) is not None else RELATIONS
        with Spool(KEPT if is_small else 1) as spool:
            with self.connection.cursor() if few else returning(self.connection) as cursor:
                cursor.execute(f"{sql} RETURNING {self._columns(fields)}", parameters)
                while rows := cursor.fetchmany(batch):
                    spool.add(rows)
            with buffer.streaming():
                for rows in spool:
                    self._tell(model, fields, rows)
            return spool.count

    def _select(
        self, model: Model, fields: Sequence[Field], sql: str, parameters: Any
    ) -> list[Any]:
        # MariaDB's DELETE `t` FROM `t` INNER JOIN …, say: the same rows, by its own condition.
        table = self.connection.ops.quote_name(model._meta.db_table)
        locks = self.connection.features.has_select_for_update and model._meta.managed
        source = sql[sql.index("FROM ") :]
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {self._columns(fields, f'{table}.')} {source}"
                f"{' FOR UPDATE' if locks else ''}",
                parameters,
            )
            return list(cursor.fetchall())

    def _columns(self, fields: Sequence[Field], prefix: str = "") -> str:
        quote = self.connection.ops.quote_name
        return ", ".join(prefix + quote(str(field.column)) for field in fields)

    def _describe(self) -> None:
        # Before the first row goes: what __str__ and the policy ask for may go with it.
        if self._described is not None:
            return
        self._described = {}
        for model, instances in self.instances.items():
            policy = registry.policy_for(model)
            if policy is not None and not is_paused(policy.target_type):
                described = make_each(
                    functools.partial(_describe, policy=policy),
                    list(instances.values()),
                    self.using,
                    lambda error: None,  # tried again, and told, with the row
                )
                self._described[model] = dict(zip(instances, described, strict=True))

    def _tell(self, model: Model, fields: Sequence[Field], rows: Sequence[Any]) -> None:
        if not rows:
            return
        reader = reader_of_all(model, self.using, local=True)
        with guard(self.using, type_of(model)):
            found = [reader.convert(row, self.connection) for row in rows]
            if registry.policy_for(model) is None:
                self._tell_relations(model, found)
            else:
                self._tell_deleted(model, found)

    def _tell_deleted(self, model: Model, rows: list[Row]) -> None:
        policy = registry.policy_for(model)
        assert policy is not None
        plan = plan_of(policy)
        untold = [row for row in rows if (model, key_of(model, row)) not in self._told]
        for row, inherited in zip(untold, parent_rows(model, untold, self.using), strict=True):
            row.update(inherited)
            for parent in model._meta.all_parents:
                self._told.add((_concrete(parent), key_of(parent, row)))
        described = (self._described or {}).get(model, {})

        def event_of(row: Row) -> Event:
            key = key_of(model, row)
            row.update(self._before.get((model, key), {}))
            instance = self._instance(model, key, row)
            columns = self._columns_gone(plan, row) if plan.is_child else plan.told
            return delete_event(instance, plan, columns, key, row, described.get(key))

        write_each(event_of, untold, self.using, policy.target_type)

    def _columns_gone(self, plan: Plan, row: Row) -> Columns:
        # delete(keep_parents=True) leaves what the parents' rows hold.
        staying: set[Any] = set()
        for parent in plan.policy.model._meta.all_parents:
            if key_of(parent, row) not in self.instances.get(_concrete(parent), {}):
                staying.update(parent._meta.local_concrete_fields)
        if not staying:
            return plan.told
        return plan.columns(field for field in plan.policy.fields if field not in staying)

    def _tell_relations(self, through: Model, rows: list[Row]) -> None:
        # The relations of an object that goes itself go without saying.
        field = recorded_field_of(through, self.using)
        assert field is not None
        going = self.instances.get(_concrete(field.model), {})
        pairs = [pair for pair in pairs_of(field, rows) if pair[0] not in going]
        write_relations(field, (), pairs, self.using)

    def _instance(self, model: Model, key: Any, row: Row) -> models.Model:
        known = self.instances.get(model, {}).get(key)
        if known is not None:
            return known
        make = self._makers.get(model)
        if make is None:
            make = self._makers[model] = maker(model, self.using)
        return make(row)
