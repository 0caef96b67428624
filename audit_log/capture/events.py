"""A row before and after, and its object, make the event that the journal writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models

from audit_log.capture.columns import Field
from audit_log.capture.diff import diff
from audit_log.capture.rows import Row, key_of
from audit_log.journal.recorder import Event
from audit_log.journal.subject import references_of, tenant_of
from audit_log.policies import Policy


@dataclass(frozen=True)
class Description:
    """What an entry says of an object besides its values."""

    text: str
    tenant: str


def describe(instance: models.Model, policy: Policy) -> Description:
    """Return an object's text (not of one whose key is a secret) and tenant."""
    return Description(policy.text_of(instance), tenant_of(instance, policy))


def create_event(
    instance: models.Model, policy: Policy, fields: Iterable[Field], new: Row
) -> Event:
    """Return the event of a row that is new."""
    changes, _ = diff(policy, fields, None, new, instance)
    return _event("create", "create", instance, policy, changes, _key(instance, new), (new,))


def update_event(
    instance: models.Model, policy: Policy, fields: Iterable[Field], old: Row | None, new: Row
) -> Event | None:
    """Return the event of a row that was written again, or ``None`` where nothing changed."""
    changes, changed = diff(policy, fields, old, new, instance)
    if not changed:
        return None
    rows = (old, {**(old or {}), **new})
    verb = verb_of(policy, changed, new, instance)
    event = _event("update", verb, instance, policy, changes, _key(instance, rows[1]), rows)
    key_names = {field.name for field in policy.model._meta.pk_fields}
    if old is None or changed.isdisjoint(key_names):
        return event
    # A key that moved: the history of the old one shows it too.
    before = (policy.target_type, policy.key_text(key_of(policy.model, old)))
    return event._replace(references=(*event.references, before))


def delete_event(
    instance: models.Model, policy: Policy, key: Any, old: Row, description: Description | None
) -> Event:
    """Return the event of a row that is gone; ``description`` was made while it was there."""
    changes, _ = diff(policy, policy.fields, old, None, instance)
    return _event("delete", "delete", instance, policy, changes, key, (old,), description)


def _key(instance: models.Model, row: Row) -> Any:
    # As it is stored: the instance may hold a UUID as text.
    known = all(field.attname in row for field in instance._meta.pk_fields)
    return key_of(type(instance), row) if known else instance.pk


def _event(
    event_type: str,
    verb: str,
    instance: models.Model,
    policy: Policy,
    changes: dict[str, Any],
    key: Any,
    rows: Iterable[Row | None],
    description: Description | None = None,
) -> Event:
    description = description or describe(instance, policy)
    return Event(
        action=policy.action(verb),
        event_type=event_type,
        target_type=policy.target_type,
        target_id=policy.key_text(key),
        target_repr=description.text,
        tenant=description.tenant,
        changes=changes,
        references=references_of(instance, policy, rows),
    )


def verb_of(policy: Policy, changed: set[str], new: Row, instance: models.Model) -> str:
    """Return the verb of an update: that of the first transition that it made."""
    for name, verbs in policy.transitions.items():
        if name not in changed:
            continue
        if isinstance(verbs, str):
            return verbs
        if callable(verbs):
            if (chosen := verbs(instance)) is not None:
                return chosen
            continue
        value = new[policy.model._meta.get_field(name).attname]  # type: ignore[union-attr]
        try:
            verb = verbs.get(value)
        except TypeError:  # a value that cannot be a key
            continue
        if verb is not None:
            return verb
    return "update"
