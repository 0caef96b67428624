"""``QuerySet.update()`` and all that ends there: ``bulk_update()``, related managers.

Each row that changed gets its entry; see ``before_after`` for how they are known.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.sql.subqueries import UpdateQuery

from audit_log import registry
from audit_log.capture.before_after import BeforeAfter, Pair, Update
from audit_log.capture.columns import Field
from audit_log.capture.deleting import running_on
from audit_log.capture.events import update_event
from audit_log.capture.instances import maker
from audit_log.capture.plan import plan_of
from audit_log.capture.rows import Row, key_of, rows_of
from audit_log.capture.summary import summary_event
from audit_log.capture.tables import can_record
from audit_log.capture.telling import write_each
from audit_log.capture.through import update_relations
from audit_log.capture.transactions import one_transaction
from audit_log.journal.failures import guard
from audit_log.journal.operations import Event
from audit_log.journal.pause import is_paused
from audit_log.journal.recorder import write
from audit_log.policies import Policy

QuerySet = models.QuerySet[Any, Any]

# Of what other types hold, a thousand rows are too much to have in memory, or to convert.
_SMALL = (models.BooleanField, models.CharField, models.ForeignKey, models.IntegerField)


def install() -> None:
    """Put the hooks in place, once."""
    if not hasattr(models.QuerySet.update, "audit_log_original"):
        # Methods, to mypy.
        setattr(models.QuerySet, "update", _wrap(models.QuerySet.update))  # noqa: B010
        batch = _wrap_update_batch(UpdateQuery.update_batch)
        setattr(UpdateQuery, "update_batch", batch)  # noqa: B010


def _wrap(original: Update) -> Update:
    @functools.wraps(original)
    def update(self: QuerySet, **kwargs: Any) -> Any:
        self._for_write = True  # type: ignore[attr-defined]
        using = self.db
        if _is_refused(self):
            return original(self, **kwargs)
        policy = registry.policy_for(self.model)
        if policy is None:
            return update_relations(original, self, kwargs)
        if (
            policy.bulk == "off"
            or is_paused(policy.target_type)
            or not can_record(self.model, using)
        ):
            return original(self, **kwargs)
        fields = _watched(policy, kwargs)
        if not fields:
            return original(self, **kwargs)
        if policy.bulk == "summary":
            return _summarise(original, self, policy, kwargs)
        return RowUpdate(original, self, kwargs, policy, fields).run()

    update.audit_log_original = original  # type: ignore[attr-defined]
    return update


def _wrap_update_batch(original: Callable[..., None]) -> Callable[..., None]:
    # What a deletion sets foreign keys of loaded objects to null with.
    @functools.wraps(original)
    def update_batch(self: Any, pk_list: Any, values: Any, using: str) -> None:
        def proceed(queryset: QuerySet, **values: Any) -> None:
            original(self, pk_list, values, using)

        _wrap(proceed)(rows_of(self.model, using).filter(pk__in=pk_list), **values)

    update_batch.audit_log_original = original  # type: ignore[attr-defined]
    return update_batch


def _is_refused(queryset: QuerySet) -> bool:
    # Django says why.
    query = queryset.query
    return bool(query.is_sliced or query.combinator or query.distinct_fields)


def _watched(policy: Policy, values: Mapping[str, Any]) -> list[Field]:
    """Return the audited fields that the statement may change."""
    try:
        named = {policy.model._meta.get_field(name) for name in values}
    except FieldDoesNotExist:
        return []  # Django says so
    written = [field for field in policy.fields if field in named]
    # A key is told of nowhere else when it changes.
    keys: Sequence[Any] = policy.model._meta.pk_fields
    written += [field for field in keys if field in named and field not in written]
    if not written:
        return []
    return written + [field for field in policy.fields if field.generated]


def _summarise(
    original: Update, queryset: QuerySet, policy: Policy, values: Mapping[str, Any]
) -> Any:
    using = queryset.db
    with one_transaction(using, policy.model._meta.db_table):
        count = original(queryset, **values)
        if count:
            with guard(using, policy.target_type):
                write([summary_event(policy, "update", count, "update", values)], using)
    return count


class RowUpdate(BeforeAfter):
    """One call of ``update()`` on an audited model."""

    def __init__(
        self,
        update: Update,
        queryset: QuerySet,
        values: Mapping[str, Any],
        policy: Policy,
        fields: Sequence[Field],
    ) -> None:
        self.policy = policy
        self.plan = plan_of(policy)
        self.columns = self.plan.columns(fields)
        super().__init__(update, queryset, values, _columns(policy, fields))

    def is_told(self, old: Row) -> bool:
        """Not of what loses a foreign key only to be deleted next: its deletion tells."""
        deletion = running_on(self.using)
        return deletion is None or not deletion.goes(self.model, self.values, old)

    def tell(self, pairs: Sequence[Pair]) -> None:
        """Write an entry for each row that changed."""
        make = maker(self.model, self.using)
        deferred = {f.attname for f in self.model._meta.concrete_fields}.difference(self.names)

        def event_of(index: int) -> Event | None:
            old, new = pairs[index]
            instance = make(new)
            event = update_event(instance, self.plan, self.columns, old, new)
            # Columns that its text, tenant or verb asked for: so will those of the next.
            if loaded := sorted(deferred.intersection(instance.__dict__)):
                _asked_for.setdefault(self.policy, set()).update(loaded)
                self._complete([new for _, new in pairs], loaded)
                deferred.difference_update(loaded)
            return event

        write_each(event_of, range(len(pairs)), self.using, self.policy.target_type)

    def _complete(self, rows: Sequence[Row], names: Sequence[str]) -> None:
        keys = [field.attname for field in self.model._meta.pk_fields]
        columns = list(dict.fromkeys([*keys, *names]))
        found = self._matching.now([key_of(self.model, row) for row in rows], columns)
        by_key = {
            key_of(self.model, row): row
            for row in (dict(zip(columns, values, strict=True)) for values in found)
        }
        for row in rows:
            row.update(by_key.get(key_of(self.model, row), dict.fromkeys(names)))


_asked_for: WeakKeyDictionary[Policy, set[str]] = WeakKeyDictionary()


def _columns(policy: Policy, fields: Sequence[Field]) -> list[str]:
    """Return what to read: the columns that are told of, and others where they are small."""
    needed = {field.attname for field in (*fields, *policy.model._meta.pk_fields)}
    needed |= _asked_for.get(policy, set())
    return [
        field.attname
        for field in policy.model._meta.concrete_fields
        if field.attname in needed or isinstance(field, _SMALL)
    ]
