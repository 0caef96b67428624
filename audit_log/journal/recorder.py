"""An event and the circumstances it happens in make an entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import models, router
from django.utils import timezone

from audit_log import catalogue, registry, uuid7
from audit_log.conf import settings
from audit_log.exceptions import UnknownAction
from audit_log.identity import clean, shorten
from audit_log.journal import subject, writer
from audit_log.journal.context import current
from audit_log.journal.failures import guard
from audit_log.journal.subject import Reference
from audit_log.registry import target_of, text_of
from audit_log.values import change, to_json
from audit_log.vocabulary import EventType, Outcome

if TYPE_CHECKING:
    from audit_log.models import AuditEntry

_imported = uuid7.Uuid7Generator()


@dataclass(frozen=True)
class Event:
    """What happened to one object; who and why, the circumstances say."""

    action: str
    event_type: str
    target_type: str = ""
    target_id: str = ""
    target_repr: str = ""
    tenant: str = ""
    changes: Mapping[str, Any] | None = None
    references: tuple[Reference, ...] = ()
    outcome: str = Outcome.SUCCESS
    reason: str = ""
    metadata: Mapping[str, Any] | None = None


def write(events: Sequence[Event], using: str) -> list[AuditEntry]:
    """Write an entry for each event, in the transaction open on the database ``using``.

    Where ``AUDIT_LOG["DATABASE"]`` names another database they go there, at once.
    """
    from audit_log.models import AuditReference

    if not events:
        return []
    entries = [_entry(event) for event in events]
    references = [
        AuditReference(entry=entry, target_type=target_type, target_id=target_id)
        for entry, event in zip(entries, events, strict=True)
        for target_type, target_id in dict.fromkeys(event.references)
        if (target_type, target_id) != (event.target_type, event.target_id)
    ]
    writer.insert(entries, references, settings.DATABASE or using)
    return entries


def _entry(event: Event) -> AuditEntry:
    from audit_log.models import AuditEntry, new_id

    frame = current()
    actor = frame.current_actor()
    now = timezone.now()
    metadata = frame.all_metadata()
    occurred_at = frame.occurred_at
    if occurred_at is None:
        occurred_at, key = now, new_id()
    else:
        key = _imported.make(int(occurred_at.timestamp() * 1000), backwards=True)
        metadata["recorded_at"] = to_json(now)
        if timezone.is_naive(now):  # USE_TZ = False: as now() has it
            occurred_at = timezone.make_naive(occurred_at, timezone.get_default_timezone())
    if event.metadata:
        metadata.update(event.metadata)
    return AuditEntry(
        id=key,
        occurred_at=occurred_at,
        event_type=event.event_type,
        action=event.action,
        outcome=event.outcome,
        actor_id=actor.id,
        actor_type=actor.type,
        actor_repr=shorten(actor.repr),
        target_type=event.target_type,
        target_id=event.target_id,
        target_repr=event.target_repr,
        tenant=event.tenant or frame.tenant or "",
        changes=dict(event.changes or {}),
        reason=clean(event.reason or frame.reason),
        remote_addr=frame.address(),
        correlation_id="" if frame.correlation is None else frame.correlation.value,
        metadata=metadata,
    )


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
    policy = None if target is None else registry.policy_for(type(target))
    using = _database_of(target)
    written: list[AuditEntry] = []
    with guard(using, action):
        event = Event(
            action=action,
            event_type=known.event_type or EventType.OTHER,
            target_type=target_type,
            target_id=target_id,
            target_repr="" if target is None else text_of(target),
            tenant="" if target is None else subject.tenant_of(target),
            changes=_changes(changes or {}, policy.mask if policy else frozenset()),
            references=(*referred, *(() if target is None else subject.references_of(target))),
            outcome=str(outcome),
            reason=str(reason),
            metadata=to_json(dict(metadata or {})),
        )
        written = write([event], using)
    return written[0] if written else None


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
