"""A row before and after, and its object, make the event that the journal writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db import models

from audit_log.capture.diff import created, deleted, updated
from audit_log.capture.plan import Columns, Plan
from audit_log.capture.rows import Row, key_of
from audit_log.journal.operations import Event
from audit_log.journal.subject import references_of, tenant_of
from audit_log.policies import PasswordChange, Policy


class Description(NamedTuple):
    """What an entry says of an object besides its values."""

    text: str
    tenant: str


def describe(instance: models.Model, policy: Policy) -> Description:
    """Return an object's text (not of one whose key is a secret) and tenant."""
    tenant = "" if policy.tenant is None else tenant_of(instance, policy)
    return Description(policy.text_of(instance), tenant)


def create_event(instance: models.Model, plan: Plan, columns: Columns, new: Row) -> Event:
    """Return the event of a row that is new."""
    changes = created(columns, new, instance)
    return _event("create", "create", instance, plan, changes, _key(instance, plan, new), (new,))


def update_event(
    instance: models.Model, plan: Plan, columns: Columns, old: Row | None, new: Row
) -> Event | None:
    """Return the event of a row that was written again, or ``None`` where nothing changed."""
    changes, changed = updated(columns, old, new, instance)
    if not changed:
        return None
    rows = (old, {**(old or {}), **new})
    policy = plan.policy
    verb = verb_of(policy, changed, old, new, instance) if policy.transitions else "update"
    key = _key(instance, plan, rows[1])
    event = _event("update", verb, instance, plan, changes, key, rows)
    if old is None or not any(column.name in changed for column in plan.keys):
        return event
    # A key that moved: the history of the old one shows it too.
    before = (policy.target_type, policy.key_text(key_of(policy.model, old)))
    return event._replace(references=(*event.references, before))


def delete_event(
    instance: models.Model,
    plan: Plan,
    columns: Columns,
    key: Any,
    old: Row,
    description: Description | None,
) -> Event:
    """Return the event of a row that is gone; ``description`` was made while it was there."""
    changes = deleted(columns, old, instance)
    return _event("delete", "delete", instance, plan, changes, key, (old,), description)


def _key(instance: models.Model, plan: Plan, row: Row) -> Any:
    # As it is stored: the instance may hold a UUID as text.
    keys = plan.keys
    if len(keys) == 1 and keys[0].attname in row:
        return row[keys[0].attname]
    known = all(column.attname in row for column in keys)
    return key_of(type(instance), row) if known else instance.pk


def _event(
    event_type: str,
    verb: str,
    instance: models.Model,
    plan: Plan,
    changes: str,
    key: Any,
    rows: Iterable[Row | None],
    description: Description | None = None,
) -> Event:
    policy = plan.policy
    text, tenant = description or describe(instance, policy)
    return Event(
        policy.action(verb),
        event_type,
        policy.target_type,
        policy.key_text(key),
        text,
        tenant,
        changes,
        references_of(instance, policy, rows) if plan.refers else (),
    )


def verb_of(
    policy: Policy, changed: set[str], old: Row | None, new: Row, instance: models.Model
) -> str:
    """Return the verb of an update: that of the first transition that it made."""
    for name, verbs in policy.transitions.items():
        if name not in changed:
            continue
        if isinstance(verbs, str):
            return verbs
        if callable(verbs):
            if isinstance(verbs, PasswordChange):
                chosen = verbs(instance, None if old is None else old[name])
            else:
                chosen = _chosen(verbs, instance)
            if chosen is not None:
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


def _chosen(choose: Callable[[Any], str | None], instance: models.Model) -> str | None:
    try:
        return choose(instance)
    except (AttributeError, FieldDoesNotExist, FieldError):
        # The models of migrations lack methods and later fields.
        if instance._meta.apps is apps:
            raise
        return None
