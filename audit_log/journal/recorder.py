"""An event and the circumstances it happens in make an entry."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import models, router
from django.utils import timezone

from audit_log import catalogue, registry, uuid7
from audit_log.conf import settings
from audit_log.exceptions import UnknownAction
from audit_log.identity import clean
from audit_log.journal import subject
from audit_log.journal.buffer import Buffer, buffer_of
from audit_log.journal.circumstances import circumstances_of
from audit_log.journal.context import current
from audit_log.journal.failures import guard
from audit_log.journal.operations import Event, Operation
from audit_log.registry import target_of, text_of
from audit_log.untouched import untouched
from audit_log.values import change, dumps, to_json
from audit_log.vocabulary import EventType, Outcome

if TYPE_CHECKING:
    from audit_log.models import AuditEntry


def write(events: Sequence[Event], using: str | Buffer, *, more: bool = False) -> Operation | None:
    """Write an entry for each event, in the transaction open on the database ``using``.

    ``more``: others follow at once.

    They wait for its end in a buffer, see :mod:`audit_log.journal.buffer`. Where
    ``AUDIT_LOG["DATABASE"]`` names another database they go there. Returns ``None`` where
    there are no events.
    """
    if not events:
        return None
    frame = current()
    circumstances = circumstances_of(frame)
    moment = frame.occurred_at
    if moment is None:
        moment = timezone.now()
        ids = uuid7.current.take(int(moment.timestamp() * 1000), len(events))
    else:
        ids = uuid7.past.take(int(moment.timestamp() * 1000), len(events), backwards=True)
        now = timezone.now()
        metadata = {**circumstances.metadata, "recorded_at": to_json(now)}
        circumstances = circumstances._replace(metadata=metadata, metadata_text=dumps(metadata))
        if timezone.is_naive(now):  # USE_TZ = False: as now() has it
            moment = timezone.make_naive(moment, timezone.get_default_timezone())
    operation = Operation(events, ids, moment, circumstances)
    buffer = buffer_of(using) if isinstance(using, str) else using
    alias = settings.DATABASE
    if not alias or alias == buffer.connection.alias:
        buffer.add(operation, more=more)
        return operation
    # There before the change is committed, which that database's own commit may be after.
    elsewhere = buffer_of(alias)
    elsewhere.add(operation)
    elsewhere.flush()
    return operation


def record(
    action: str,
    target: models.Model | None = None,
    changes: Mapping[str, Any] | None = None,
    reason: str = "",
    metadata: Mapping[str, Any] | None = None,
    references: Iterable[models.Model] = (),
    outcome: str = Outcome.SUCCESS,
) -> AuditEntry | None:
    """Write an entry for something that no change of a row tells: ``"license.reset"``.

    ``action`` is one that was declared with :func:`audit_log.action` or follows from a
    policy; ``target`` and ``references`` are saved objects; ``changes`` as in an entry,
    ``{field: {"old": …, "new": …}}``, or ``{field: (old, new)}`` for short, masked where
    the target's policy masks the field; ``outcome``
    ``"success"`` or ``"failure"``.

    Returns the entry; ``None`` where it could not be written and ``ON_ERROR`` is ``"log"``.
    Raises :exc:`audit_log.exceptions.UnknownAction` for an action that nobody declared, and
    ``ValueError`` for an unknown outcome or an object without a primary key.
    """
    known = catalogue.find(action)
    if known is None:
        raise UnknownAction(
            f"The action {action!r} is not declared. Declare it once, with "
            f'audit_log.action("{action}", label=_("…")).'
        )
    if outcome not in Outcome.values:
        raise ValueError(f"outcome is one of {', '.join(Outcome.values)}, not {outcome!r}.")
    target_type, target_id = ("", "") if target is None else target_of(target)
    referred = tuple(target_of(reference) for reference in references)
    policy = None if target is None else registry.policy_for(target.__class__)
    using = _database_of(target)
    with guard(using, action):
        told = _changes(changes or {}, policy.mask if policy else frozenset())
        text, tenant = "", ""
        own: tuple[subject.Reference, ...] = ()
        if target is not None:
            with untouched(target):
                text, tenant = text_of(target), subject.tenant_of(target)
                own = subject.references_of(target)
        event = Event(
            action=action,
            event_type=known.event_type or EventType.OTHER,
            target_type=target_type,
            target_id=target_id,
            target_repr=text,
            tenant=tenant,
            changes=told,
            references=(*referred, *own),
            outcome=str(outcome),
            reason=str(reason),
            metadata=to_json(dict(metadata or {})),
        )
        return _entry(write([event], using), told, using)
    return None


def _entry(operation: Operation | None, changes: dict[str, Any], using: str) -> AuditEntry:
    from audit_log.models import AuditEntry

    assert operation is not None
    (event,) = operation.events
    circumstances = operation.circumstances
    known = {
        "id": uuid.UUID(int=operation.ids[0]),
        "occurred_at": operation.occurred_at,
        "event_type": event.event_type,
        "action": event.action,
        "outcome": event.outcome,
        "actor_id": circumstances.actor_id,
        "actor_type": circumstances.actor_type,
        "actor_repr": circumstances.actor_repr,
        "target_type": event.target_type,
        "target_id": event.target_id,
        "target_repr": event.target_repr,
        "tenant": event.tenant or circumstances.tenant,
        "changes": changes,
        "reason": clean(event.reason) or circumstances.reason,
        "remote_addr": circumstances.remote_addr,
        "correlation_id": circumstances.correlation_id,
        "metadata": {**circumstances.metadata, **(event.metadata or {})},
    }
    # In the order of the columns; the salt, which is made last, is deferred.
    names = [f.attname for f in AuditEntry._meta.concrete_fields if f.attname in known]
    return AuditEntry.from_db(settings.DATABASE or using, names, [known[name] for name in names])


def _changes(changes: Mapping[str, Any], mask: frozenset[str]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, given in changes.items():
        if name in mask:
            result[name] = {"masked": True}
            continue
        pair = isinstance(given, tuple) and len(given) == 2
        told: Any = {"old": given[0], "new": given[1]} if pair else given
        if not isinstance(told, Mapping):
            raise TypeError(
                f"changes[{name!r}] is {{'old': …, 'new': …}} or a pair (old, new), not {given!r}."
            )
        stored = to_json(dict(told))
        if stored.keys() == {"old", "new"}:
            stored = change(stored["old"], stored["new"], settings.MAX_VALUE_LENGTH)
        result[clean(str(name))] = stored
    return result


def _database_of(target: models.Model | None) -> str:
    from audit_log.models import AuditEntry

    using: str | None = None if target is None else target._state.db
    return using or router.db_for_write(AuditEntry)
