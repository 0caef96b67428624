"""Saves: ``Model.save()`` and everything that ends there.

The hook is ``Model._save_table``, where Django writes the row: inside of the host's
``pre_save`` and ``post_save`` receivers, not around them. So what the receivers do, and
whether they fail, is theirs: ``on_commit`` and durable blocks work in them as before, and
a receiver that raises after the row was written undoes neither the row nor its entry.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Sequence
from typing import Any

from django.db import models
from django.db.models.fields.files import FieldFile

from audit_log import registry
from audit_log.capture.ahead import ahead
from audit_log.capture.columns import UNSETTLED, Field, keeps_attribute
from audit_log.capture.events import create_event, update_event
from audit_log.capture.plan import Columns, Plan, plan_of
from audit_log.capture.relations import ends_of, pairs_of, recorded_field_of, write_relations
from audit_log.capture.rows import Row, RowReader, reader_of, rows_of
from audit_log.capture.tables import can_record
from audit_log.capture.transactions import one_transaction
from audit_log.identity import type_of
from audit_log.journal.buffer import Buffer
from audit_log.journal.failures import guard
from audit_log.journal.operations import Event
from audit_log.journal.pause import is_paused
from audit_log.journal.recorder import write
from audit_log.policies import Policy
from audit_log.untouched import is_whole, untouched
from audit_log.values import same

SaveTable = Callable[..., Any]
# Where a child's old row waits while its parents' tables are written, before its own.
_OLD = "audit_log_old_row"


def install() -> None:
    """Put the hook in place, once."""
    original: SaveTable = models.Model._save_table  # type: ignore[attr-defined]
    if not hasattr(original, "audit_log_original"):
        models.Model._save_table = _wrap(original)  # type: ignore[attr-defined]


def _wrap(original: SaveTable) -> SaveTable:
    @functools.wraps(original)
    def _save_table(
        self: models.Model,
        raw: bool = False,
        cls: Any = None,
        force_insert: Any = False,
        force_update: bool = False,
        using: Any = None,
        update_fields: Any = None,
    ) -> Any:
        def proceed() -> Any:
            return original(self, raw, cls, force_insert, force_update, using, update_fields)

        policy = registry.policy_for(type(self))
        if policy is None and cls is type(self):
            return _save_relation(self, using, proceed)
        if policy is None or is_paused(policy.target_type) or not can_record(type(self), using):
            return proceed()
        if policy.file_fields:
            _commit_files(self, policy, update_fields)
        table = cls._meta.db_table if cls._meta.managed else None
        auto: Field | None = cls._meta.auto_field
        has_key = auto is None or getattr(self, auto.attname) is not None
        try:
            whole = one_transaction(using, table)
            with whole as buffer:
                reader = reader_of(policy, using)
                if cls is not policy.model:
                    return _save_parent(self, reader, buffer, proceed)
                before = self._state.__dict__.pop(_OLD, None)
                if before is None and not _may_update(self, raw, force_insert, force_update):
                    before = (None,)
                if (before is None or whole.is_own) and ahead.is_possible(buffer):
                    read = None if before else reader
                    with ahead(buffer, read, self.pk, begins=whole.is_own) as first:
                        updated = bool(proceed())
                        before = before or (first.row(),)
                else:
                    if before is None:
                        with guard(using, policy.target_type):
                            before = (reader.read(buffer, self.pk, lock=reader.locks),)
                    updated = bool(proceed())
                # Where the old row could not be read, ON_ERROR has spoken already.
                if before is not None:
                    with guard(using, policy.target_type):
                        plan = plan_of(policy)
                        columns = _written(plan, cls, raw, update_fields, updated)
                        _record(self, plan, columns, before[0], updated, reader, buffer)
        except BaseException:
            if auto is not None and not has_key:
                # The row is not there after all: the commit refused a foreign key of it, say.
                setattr(self, auto.attname, None)
            raise
        return updated

    _save_table.audit_log_original = original  # type: ignore[attr-defined]
    return _save_table


def _commit_files(instance: models.Model, policy: Policy, update_fields: Any) -> None:
    # Files are uploaded by pre_save, which would hold the lock on the row meanwhile.
    for field in policy.file_fields:
        if field.attname not in instance.__dict__:
            continue  # deferred
        # The descriptor makes a FieldFile of whatever was assigned.
        file = getattr(instance, field.attname)
        written = not update_fields or field.name in update_fields
        if written and isinstance(file, FieldFile) and not getattr(file, "_committed", True):
            field.pre_save(instance, add=instance._state.adding)


def _save_relation(instance: models.Model, using: str, proceed: Callable[[], Any]) -> Any:
    # A row of a many-to-many table, saved by hand.
    field = recorded_field_of(type(instance), using)
    if field is None:
        return proceed()
    model = type(instance)
    with one_transaction(using, model._meta.db_table):
        before: list[Row] = []
        with guard(using, type_of(model)):
            before = list(rows_of(model, using).filter(pk=instance.pk).values(*ends_of(field)))
        updated = proceed()
        with guard(using, type_of(model)):
            gained = set(pairs_of(field, [instance.__dict__]))
            lost = set(pairs_of(field, before)) if updated else set()
            write_relations(field, gained - lost, lost - gained, using)
    return updated


def _save_parent(
    instance: models.Model, reader: RowReader, buffer: Buffer, proceed: Callable[[], Any]
) -> Any:
    # Django saves the parents' tables first, in a transaction with the child's. The child's
    # entry tells the whole story, so the whole row is read before the first of them.
    state = instance._state.__dict__
    if _OLD not in state:
        with guard(reader.using, type_of(reader.model)):
            key = _key_of_child(instance)
            state[_OLD] = (None if key is None else reader.read(buffer, key, lock=reader.locks),)
    try:
        return proceed()
    except BaseException:
        state.pop(_OLD, None)
        raise


def _key_of_child(instance: models.Model) -> Any:
    # Django sets the links to the parents when it saves them: until then one of the parents may
    # be all that has the key.
    field: Any = instance._meta.pk
    while getattr(instance, field.attname, None) is None and field.remote_field is not None:
        field = field.target_field
    return getattr(instance, field.attname, None)


def _may_update(instance: models.Model, raw: bool, force_insert: Any, force_update: bool) -> bool:
    """Whether the save may meet a row that exists; the conditions of ``_save_table``."""
    if force_insert or not instance._is_pk_set():  # type: ignore[attr-defined]
        return False
    fields: Sequence[Field] = instance._meta.pk_fields
    if any(hasattr(getattr(instance, f.attname), "resolve_expression") for f in fields):
        return False
    return (
        raw
        or force_update
        or not instance._state.adding
        or not all(f.has_default() or f.has_db_default() for f in fields)
    )


def _written(
    plan: Plan,
    cls: type[models.Model],
    raw: bool,
    update_fields: Collection[str] | None,
    updated: bool,
) -> Columns:
    """Return the audited columns that this save may have changed."""
    columns = plan.updated if updated else plan.told
    if raw and plan.is_child:  # a fixture's row is saved without its parents' rows
        local = set(cls._meta.local_concrete_fields)
        columns = Columns(column for column in columns if column.field in local)
    if not updated or not update_fields:
        return columns
    return Columns(
        column
        for column in columns
        if column.generated or column.name in update_fields or column.attname in update_fields
    )


def _record(
    instance: models.Model,
    plan: Plan,
    columns: Columns,
    old: Row | None,
    updated: bool,
    reader: RowReader,
    buffer: Buffer,
) -> None:
    if updated:
        new = stored(instance, columns, old)
    else:
        old = None
        # The key, too, is told as it is stored.
        inserted = (
            plan.inserted
            if columns is plan.told
            else Columns(dict.fromkeys([*columns, *plan.keys]))
        )
        new = stored(instance, inserted, None)
    if new is None:
        # Locked: a row that the UPDATE left as it was is older in InnoDB's snapshot.
        new = reader.read(buffer, instance.pk, lock=reader.locks)
        if new is None:
            return  # gone again, by a trigger of the database
    if is_whole(instance):
        event = _event(instance, plan, columns, old, new, updated)
    else:
        with untouched(instance, (old, new)):
            event = _event(instance, plan, columns, old, new, updated)
    if event is not None:
        write([event], buffer)


def _event(
    instance: models.Model, plan: Plan, columns: Columns, old: Row | None, new: Row, updated: bool
) -> Event | None:
    if updated:
        return update_event(instance, plan, columns, old, new)
    return create_event(instance, plan, columns, new)


def stored(instance: models.Model, columns: Columns, old: Row | None) -> Row | None:
    """Return the columns' values as they are stored now, or ``None`` where only the
    database knows.
    """
    values = columns.values(instance.__dict__, UNSETTLED)
    unsure = columns.unsure(values)
    if not unsure:
        return dict(zip(columns.attnames, values, strict=True))
    row = dict(zip(columns.attnames, values, strict=True))
    for index in unsure:
        column, given = columns[index], values[index]
        if column.generated:
            continue
        value = column.settle(given)
        if value is UNSETTLED:
            # What was there before, written again, is what it was.
            if old is None or type(given) is not type(old[column.attname]):
                return None
            value = old[column.attname]
            if not keeps_attribute(column.field) or not same(value, given):
                return None
        row[column.attname] = value
    if columns.generated:
        generated = {column.attname for column in columns if column.generated}
        if old is None or any(
            not same(old[attname], value)
            for attname, value in row.items()
            if attname not in generated
        ):
            return None
        row.update((attname, old[attname]) for attname in generated)
    return row
