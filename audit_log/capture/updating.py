"""``QuerySet.update()`` and all that ends there: ``bulk_update()``, related managers.

The rows are read and locked first, in batches by key, and put aside; then Django's statement
runs as it is; then each row that changed gets its entry. What was set to a plain value is
known; where the database computes it, the rows are read again, a batch at a time.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import compress
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import OperationalError, connections, models, transaction
from django.db.models.sql.subqueries import UpdateQuery

from audit_log import registry
from audit_log.capture.columns import UNSETTLED, Field, settle_of
from audit_log.capture.deleting import running_on
from audit_log.capture.events import update_event
from audit_log.capture.relations import (
    ManyToMany,
    Pair,
    ends_of,
    recorded_field_of,
    relation_events,
)
from audit_log.capture.rows import Row, key_of, rows_of
from audit_log.capture.spool import Spool
from audit_log.capture.tables import can_record
from audit_log.capture.transactions import one_transaction
from audit_log.identity import type_of
from audit_log.journal.failures import guard
from audit_log.journal.pause import is_paused
from audit_log.journal.recorder import Event, write
from audit_log.policies import Policy
from audit_log.values import to_json

BATCH = 1000
ATTEMPTS = 5
_NEW = "audit_log_new_"

QuerySet = models.QuerySet[Any, Any]


def install() -> None:
    """Put the hooks in place, once."""
    if not hasattr(models.QuerySet.update, "audit_log_original"):
        # Methods, to mypy.
        setattr(models.QuerySet, "update", _wrap(models.QuerySet.update))  # noqa: B010
        batch = _wrap_update_batch(UpdateQuery.update_batch)
        setattr(UpdateQuery, "update_batch", batch)  # noqa: B010


def _wrap(original: Callable[..., int]) -> Callable[..., int]:
    @functools.wraps(original)
    def update(self: QuerySet, **kwargs: Any) -> int:
        self._for_write = True  # type: ignore[attr-defined]
        using = self.db
        policy = registry.policy_for(self.model)
        if policy is None:
            return _update_relations(original, self, kwargs)
        if (
            policy.bulk == "off"
            or is_paused(policy.target_type)
            or _is_refused(self)
            or not can_record(self.model, using)
        ):
            return original(self, **kwargs)
        fields = _watched(policy, kwargs)
        if not fields:
            return original(self, **kwargs)
        if policy.bulk == "summary":
            return _summarise(original, self, policy, kwargs)
        return Update(original, self, policy, fields, kwargs).run()

    update.audit_log_original = original  # type: ignore[attr-defined]
    return update


def _wrap_update_batch(original: Callable[..., None]) -> Callable[..., None]:
    # What a deletion sets foreign keys of loaded objects to null with.
    @functools.wraps(original)
    def update_batch(self: Any, pk_list: Any, values: Any, using: str) -> None:
        def proceed(queryset: QuerySet, **values: Any) -> int:
            original(self, pk_list, values, using)
            return len(pk_list)

        _wrap(proceed)(rows_of(self.model, using).filter(pk__in=pk_list), **values)

    update_batch.audit_log_original = original  # type: ignore[attr-defined]
    return update_batch


def _update_relations(
    original: Callable[..., int], queryset: QuerySet, values: Mapping[str, Any]
) -> int:
    """Run an update of a many-to-many table, and tell what it did to the objects."""
    model, using = queryset.model, queryset.db
    field = recorded_field_of(model, using)
    if field is None or _is_refused(queryset):
        return original(queryset, **values)
    with one_transaction(using, model._meta.db_table):
        before: dict[Any, Pair] = {}
        with guard(using, type_of(model)):
            keys = queryset.order_by().values("pk")
            before = _pairs_by_key(field, rows_of(model, using).filter(pk__in=keys))
        count = original(queryset, **values)
        with guard(using, type_of(model)):
            after = _pairs_by_key(field, rows_of(model, using).filter(pk__in=list(before)))
            lost, gained = set(before.values()), set(after.values())
            write(relation_events(field, gained - lost, lost - gained, using), using)
    return count


def _pairs_by_key(field: ManyToMany, rows: QuerySet) -> dict[Any, Pair]:
    source, target = ends_of(field)
    return {key: (one, other) for key, one, other in rows.values_list("pk", source, target)}


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
    original: Callable[..., int], queryset: QuerySet, policy: Policy, values: Mapping[str, Any]
) -> int:
    using = queryset.db
    with one_transaction(using, policy.model._meta.db_table):
        count = original(queryset, **values)
        if count:
            with guard(using, policy.target_type):
                write([summary_event(policy, "update", count, values)], using)
    return count


def summary_event(
    policy: Policy, verb: str, count: int, values: Mapping[str, Any] | None = None
) -> Event:
    """Return the one event of a bulk operation that is told in summary."""
    told: dict[str, Any] = {}
    for name, value in (values or {}).items():
        field = policy.model._meta.get_field(name)
        if field.name in policy.exclude:
            continue
        if field.name in policy.mask:
            told[field.name] = {"masked": True}
        else:
            plain = str(value) if hasattr(value, "resolve_expression") else value
            told[field.name] = to_json(getattr(plain, "pk", plain))
    return Event(
        action=policy.action(verb),
        event_type=verb,
        target_type=policy.target_type,
        # Not as changes: what the rows held before was not read.
        metadata={"bulk": verb, "count": count, "values": told},
    )


class _RowsCameIn(Exception):
    """Rows matched that were not there when they were read and locked."""


class Update:
    """One call of ``update()``."""

    def __init__(
        self,
        original: Callable[..., int],
        queryset: QuerySet,
        policy: Policy,
        fields: Sequence[Field],
        values: Mapping[str, Any],
    ) -> None:
        self.original = original
        self.queryset = queryset
        self.policy = policy
        self.fields = fields
        self.values = values
        self.using: str = queryset.db
        features = connections[self.using].features
        self.locks: bool = features.has_select_for_update and policy.model._meta.managed
        meta = policy.model._meta
        self.names = [field.attname for field in meta.concrete_fields]
        self.key: Any = meta.pk
        named = {meta.get_field(name): value for name, value in values.items()}
        # Keys that the statement itself changes: what they will be is asked for beforehand.
        self.moved: dict[str, Any] = {
            field.attname: value for field, value in named.items() if field in meta.pk_fields
        }

    def run(self) -> int:
        """Run the statement, and write an entry for each row that it changed."""
        meta = self.policy.model._meta
        with one_transaction(self.using, meta.db_table if meta.managed else None):
            found: list[list[Any]] = []
            with guard(self.using, self.policy.target_type):
                found.append(self._read(None))
            if not found:  # ON_ERROR has spoken
                return self.original(self.queryset, **self.values)
            (first,) = found
            if len(first) < BATCH:
                return self._run_small(first)
            return self._run_large()

    def _run_small(self, rows: list[Any]) -> int:
        queryset = self.queryset
        if self.locks:
            # Only what was read and locked, should other rows match by now.
            queryset = self._plain().filter(pk__in=[self._key(row) for row in rows])
        count = self.original(queryset, **self.values)
        with guard(self.using, self.policy.target_type):
            self._tell(rows, exact=count == len(rows))
        return count

    def _plain(self) -> QuerySet:
        # Not of the host's class, whose methods may be its own.
        query = self.queryset.query.chain()
        return models.QuerySet(self.policy.model, query=query, using=self.using)

    def _run_large(self) -> int:
        for _ in range(ATTEMPTS):
            try:
                # With row locks others may still add rows; then all is undone and done again.
                with transaction.atomic(using=self.using, savepoint=self.locks), Spool() as spool:
                    with guard(self.using, self.policy.target_type):
                        for batch in self._batches():
                            spool.add(batch)
                    count = self.original(self.queryset, **self.values)
                    if count > spool.count and self.locks:
                        raise _RowsCameIn
                    with guard(self.using, self.policy.target_type):
                        for batch in spool:
                            self._tell(batch, exact=count == spool.count)
                    return count
            except _RowsCameIn:
                continue
        raise OperationalError(
            f"An update of {self.policy.model._meta.label} was not made: other transactions "
            f"kept adding rows that it matches, {ATTEMPTS} times. Try again."
        )

    def _batches(self) -> Iterator[list[Any]]:
        last: Any = None
        while batch := self._read(last):
            yield batch
            if len(batch) < BATCH:
                return
            last = self._key(batch[-1])

    def _read(self, after: Any) -> list[Any]:
        """Return the next rows that the statement will hit, locked, in the order of keys."""
        rows = self._plain()
        query = rows.query
        if query.annotations or query.distinct or query.group_by or len(query.alias_map) > 1:
            keys = rows.order_by().values("pk")
            rows = rows_of(self.policy.model, self.using).filter(pk__in=keys)
        for attname, value in self.moved.items():
            rows = rows.annotate(**{_NEW + attname: _expression(value)})
        if after is not None:
            rows = rows.filter(pk__gt=after)
        if self.locks:
            rows = rows.select_for_update(no_key=not self.moved and _no_key(self.using))
        columns = [*self.names, *(_NEW + attname for attname in self.moved)]
        return list(rows.order_by("pk").values_list(*columns)[:BATCH])

    def _key(self, row: Sequence[Any]) -> Any:
        return key_of(self.policy.model, dict(zip(self.names, row, strict=False)))

    def _tell(self, rows: Sequence[Any], *, exact: bool) -> None:
        model = self.policy.model
        # Where the statement did not hit just these rows, nothing is taken for granted.
        plain = self._plain_values() if exact else None
        olds = [dict(zip(self.names, row, strict=False)) for row in rows]
        if (deletion := running_on(self.using)) is not None:
            # Rows that lose a foreign key only to be deleted next: their deletion tells.
            staying = [not deletion.goes(model, self.values, old) for old in olds]
            rows, olds = list(compress(rows, staying)), list(compress(olds, staying))
        keys = [self._new_key(row, old) for row, old in zip(rows, olds, strict=True)]
        if plain is None:
            now = rows_of(model, self.using).filter(pk__in=keys).values_list(*self.names)
            found = (dict(zip(self.names, values, strict=True)) for values in now)
            news = {key_of(model, new): new for new in found}
        else:
            news = {key: {**old, **plain} for key, old in zip(keys, olds, strict=True)}
        events = []
        for key, old in zip(keys, olds, strict=True):
            if (new := news.get(key)) is None:
                continue
            instance = model.from_db(self.using, self.names, [new[name] for name in self.names])
            event = update_event(instance, self.policy, self.fields, old, new)
            if event is not None:
                events.append(event)
        write(events, self.using)

    def _plain_values(self) -> dict[str, Any] | None:
        """Return the values as they are stored now, or ``None`` where only the database knows."""
        found: dict[str, Any] = {}
        for name, value in self.values.items():
            field: Any = self.policy.model._meta.get_field(name)
            if isinstance(value, models.Model) and field.is_relation:
                value = getattr(value, field.target_field.attname)
            found[field.attname] = settle_of(field)(value)
        unknown = any(value is UNSETTLED for value in found.values())
        return None if unknown or any(f.generated for f in self.fields) else found

    def _new_key(self, row: Sequence[Any], old: Row) -> Any:
        moved = dict(zip(self.moved, row[len(self.names) :], strict=True))
        return key_of(self.policy.model, {**old, **moved})


def _expression(value: Any) -> Any:
    if hasattr(value, "resolve_expression"):
        return value
    return models.Value(value.pk if isinstance(value, models.Model) else value)


def _no_key(using: str) -> bool:
    return bool(connections[using].features.has_select_for_no_key_update)
