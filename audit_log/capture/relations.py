"""Many-to-many: what rows of a through table that came or went say of the objects.

An entry belongs to the object whose model declares the field, whichever side the change
was made from, and refers to the related objects. What was added and removed is what the
database really gained and lost, not what was asked for. The rows of a ``through`` model
that is audited itself have entries of their own instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import models

from audit_log import registry
from audit_log.capture.instances import by_key
from audit_log.capture.rows import Row
from audit_log.capture.tables import can_record
from audit_log.capture.telling import write_each
from audit_log.identity import type_of
from audit_log.journal.operations import Event
from audit_log.journal.pause import is_paused
from audit_log.journal.subject import Reference, references_of, tenant_of
from audit_log.registry import key_text_of, text_of

Pair = tuple[Any, Any]
"""Key of the object that has the field, key of the related one."""

Objects = Mapping[Any, models.Model]
if TYPE_CHECKING:
    ManyToMany = models.ManyToManyField[Any, Any]
else:  # not subscriptable when it runs
    ManyToMany = models.ManyToManyField


@cache
def field_of(through: type[models.Model]) -> ManyToMany | None:
    """Return the many-to-many field whose rows a table holds."""
    for model in through._meta.apps.get_models():
        for field in model._meta.local_many_to_many:
            if field.remote_field.through is through:
                return field
    return None


def recorded_field_of(through: type[models.Model], using: str) -> ManyToMany | None:
    """Return the many-to-many field whose changes the rows of a table tell of, if any.

    None where the table is audited itself, or the field or its model is not.
    """
    field = field_of(through) if registry.policy_for(through) is None else None
    return field if field is not None and _is_recorded(field, using) else None


def _is_recorded(field: ManyToMany, using: str) -> bool:
    policy = registry.policy_for(field.model)
    return (
        policy is not None
        and field.name not in policy.exclude
        and not is_paused(policy.target_type)
        and can_record(field.model, using)
    )


def ends_of(field: ManyToMany) -> tuple[str, str]:
    """Return the attributes of the through model with the two keys: owner's, related's."""
    through: Any = field.remote_field.through
    return (
        through._meta.get_field(field.m2m_field_name()).attname,
        through._meta.get_field(field.m2m_reverse_field_name()).attname,
    )


def pairs_of(field: ManyToMany, rows: Iterable[Row]) -> list[Pair]:
    """Return the pairs that rows of a through table stand for."""
    source, target = ends_of(field)
    return [(row[source], row[target]) for row in rows]


def write_relations(
    field: ManyToMany, added: Iterable[Pair], removed: Iterable[Pair], using: str
) -> None:
    """Write an event for each object whose related objects changed.

    The objects at both ends are fetched, for their texts: one query for each end.
    """
    gained, lost = _by_owner(added), _by_owner(removed)
    keys = sorted({*gained, *lost})
    if not keys:
        return
    related_keys = {key for side in (gained, lost) for found in side.values() for key in found}
    owners, related = by_key(using, (field.model, keys), (field.related_model, related_keys))

    def event_of(key: Any) -> Event:
        came, went = gained.get(key, []), lost.get(key, [])
        return _event(field, owners.get(key), key, came, went, related)

    write_each(event_of, keys, using, type_of(field.model))


def _by_owner(pairs: Iterable[Pair]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for owner, other in pairs:
        found.setdefault(owner, []).append(other)
    # In the order of keys: a set of objects comes in any.
    return {key: sorted(set(others)) for key, others in found.items()}


def _event(
    field: ManyToMany,
    instance: models.Model | None,
    key: Any,
    added: list[Any],
    removed: list[Any],
    related: Objects,
) -> Event:
    policy = registry.policy_for(field.model)
    assert policy is not None
    verb = "update"
    if field.name in policy.m2m and bool(added) != bool(removed):
        verb = policy.m2m[field.name][0 if added else 1]
    model = field.related_model
    change: dict[str, Any] = {"masked": True}
    ends: list[Reference] = []
    if field.name not in policy.mask:
        change = {
            "added": _named(model, added, related),
            "removed": _named(model, removed, related),
        }
        ends = [
            (type_of(model), key_text_of(model, other))
            for other in (*added, *removed)
            if other in related
        ]
    return Event(
        action=policy.action(verb),
        event_type="update",
        target_type=policy.target_type,
        target_id=policy.key_text(key),
        target_repr="" if instance is None else policy.text_of(instance),
        tenant="" if instance is None else tenant_of(instance, policy),
        changes={field.name: change},
        references=(*(() if instance is None else references_of(instance, policy)), *ends),
    )


def _named(model: type[models.Model], keys: list[Any], related: Objects) -> list[dict[str, str]]:
    return [
        {
            "id": key_text_of(model, key),
            "repr": text_of(related[key]) if key in related else "",
        }
        for key in keys
    ]
