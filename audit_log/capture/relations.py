"""Many-to-many: add, remove, clear and set, from both sides.

An entry belongs to the object whose model declares the field, whichever side the change
was made from, and refers to the related objects. What was added and removed is what the
database really gained and lost, not what was asked for. The rows of a ``through`` model
that is audited itself have entries of their own instead.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.signals import m2m_changed

from audit_log import registry
from audit_log.capture.events import create_event
from audit_log.capture.rows import rows_of
from audit_log.capture.tables import can_record
from audit_log.identity import key_text, target_of, text_of
from audit_log.journal.failures import guard
from audit_log.journal.pause import is_paused
from audit_log.journal.recorder import Event, write
from audit_log.journal.subject import references_of, tenant_of
from audit_log.registry import Policy

Pair = tuple[Any, Any]
"""Key of the object that has the field, key of the related one."""

Objects = Mapping[Any, models.Model]
if TYPE_CHECKING:
    ManyToMany = models.ManyToManyField[Any, Any]
else:  # not subscriptable when it runs
    ManyToMany = models.ManyToManyField


def install() -> None:
    """Connect the receiver, once."""
    m2m_changed.connect(_receive, dispatch_uid="audit_log.relations")


def _receive(
    sender: type[models.Model],
    instance: models.Model,
    action: str,
    reverse: bool,
    model: type[models.Model],
    pk_set: Collection[Any] | None,
    using: str,
    **kwargs: Any,
) -> None:
    # Rows that go are seen where they are deleted, see deleting.py.
    if action != "post_add" or not pk_set:
        return
    field = field_of(sender)
    owner = model if reverse else type(instance)
    if field is None:
        return
    pairs = [(key, instance.pk) if reverse else (instance.pk, key) for key in pk_set]
    if (policy := registry.policy_for(sender)) is not None:
        if not is_paused(policy.target_type):
            with guard(using):
                write(_through_events(field, policy, pairs, using), using)
    elif is_recorded(field, owner, using):
        with guard(using):
            write(relation_events(field, owner, pairs, (), using, known=instance), using)


@cache
def field_of(through: type[models.Model]) -> ManyToMany | None:
    """Return the many-to-many field whose rows a table holds."""
    for model in through._meta.apps.get_models():
        for field in model._meta.local_many_to_many:
            if field.remote_field.through is through:
                return field
    return None


def is_recorded(field: ManyToMany, owner: type[models.Model], using: str) -> bool:
    """Whether changes of a many-to-many field of ``owner`` leave entries."""
    policy = registry.policy_for(owner)
    return (
        policy is not None
        and field.name not in policy.exclude
        and not is_paused(policy.target_type)
        and can_record(owner, using)
    )


def ends_of(field: ManyToMany) -> tuple[str, str]:
    """Return the attributes of the through model with the two keys: owner's, related's."""
    through: Any = field.remote_field.through
    return (
        through._meta.get_field(field.m2m_field_name()).attname,
        through._meta.get_field(field.m2m_reverse_field_name()).attname,
    )


def _through_events(
    field: ManyToMany, policy: Policy, pairs: Sequence[Pair], using: str
) -> list[Event]:
    """Return the creation of rows of a through model that is audited on its own account."""
    source, target = ends_of(field)
    rows = rows_of(policy.model, using).filter(
        **{f"{source}__in": {pair[0] for pair in pairs}},
        **{f"{target}__in": {pair[1] for pair in pairs}},
    )
    return [
        create_event(instance, policy, policy.fields, instance.__dict__)
        for instance in rows.order_by("pk")
    ]


def relation_events(
    field: ManyToMany,
    owner: type[models.Model],
    added: Iterable[Pair],
    removed: Iterable[Pair],
    using: str,
    known: models.Model | None = None,
) -> list[Event]:
    """Return an event for each object whose related objects changed.

    ``known`` is an object at one of the ends that is at hand; the others are fetched, in
    one query for each end.
    """
    gained, lost = _by_owner(field, added), _by_owner(field, removed)
    keys = list(dict.fromkeys([*gained, *lost]))
    if not keys:
        return []
    related_keys = {key for side in (gained, lost) for found in side.values() for key in found}
    owners = _objects(owner, keys, using, known)
    related = _objects(field.related_model, related_keys, using, known)
    return [
        _event(field, owner, owners.get(key), key, gained.get(key, []), lost.get(key, []), related)
        for key in keys
    ]


def _by_owner(field: ManyToMany, pairs: Iterable[Pair]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for owner, other in pairs:
        found.setdefault(owner, []).append(other)
        # A friend's friend: Django writes the mirrored row too, and signals nothing.
        if getattr(field.remote_field, "symmetrical", False) and owner != other:
            found.setdefault(other, []).append(owner)
    return {key: list(dict.fromkeys(others)) for key, others in found.items()}


def _objects(
    model: type[models.Model], keys: Collection[Any], using: str, known: models.Model | None
) -> dict[Any, models.Model]:
    found: dict[Any, models.Model] = {}
    missing = set(keys)
    if known is not None and isinstance(known, model) and known.pk in missing:
        found[known.pk] = known
        missing.discard(known.pk)
    if missing:
        found |= rows_of(model, using).in_bulk(missing)
    return found


def _event(
    field: ManyToMany,
    owner: type[models.Model],
    instance: models.Model | None,
    key: Any,
    added: list[Any],
    removed: list[Any],
    related: Objects,
) -> Event:
    policy = registry.policy_for(owner)
    assert policy is not None
    verb = "update"
    if field.name in policy.m2m and bool(added) != bool(removed):
        verb = policy.m2m[field.name][0 if added else 1]
    change: dict[str, Any] = {"masked": True}
    if field.name not in policy.mask:
        change = {"added": _named(added, related), "removed": _named(removed, related)}
    ends = [target_of(related[other]) for other in (*added, *removed) if other in related]
    return Event(
        action=policy.action(verb),
        event_type="update",
        target_type=policy.target_type,
        target_id=policy.key_text(key),
        target_repr="" if instance is None else text_of(instance),
        tenant="" if instance is None else tenant_of(instance, policy),
        changes={field.name: change},
        references=(*(() if instance is None else references_of(instance, policy)), *ends),
    )


def _named(keys: list[Any], related: Objects) -> list[dict[str, str]]:
    return [
        {
            "id": target_of(related[key])[1] if key in related else key_text(key),
            "repr": text_of(related[key]) if key in related else "",
        }
        for key in keys
    ]
