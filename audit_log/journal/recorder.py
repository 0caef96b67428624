"""An event and the circumstances it happens in make an entry."""

from __future__ import annotations

import datetime
import os
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import models, router
from django.utils import timezone

from audit_log import catalogue, registry, uuid7
from audit_log.conf import settings
from audit_log.exceptions import UnknownAction
from audit_log.identity import clean
from audit_log.journal import subject
from audit_log.journal.buffer import buffer_of
from audit_log.journal.circumstances import Circumstances, circumstances_of
from audit_log.journal.context import current
from audit_log.journal.failures import guard
from audit_log.journal.subject import Reference
from audit_log.journal.writer import Row
from audit_log.registry import target_of, text_of
from audit_log.values import change, dumps, to_json
from audit_log.vocabulary import EventType, Outcome

if TYPE_CHECKING:
    from audit_log.models import AuditEntry

_ids = uuid7.Uuid7Generator()
_imported = uuid7.Uuid7Generator()


class Event(NamedTuple):
    """What happened to one object; who and why, the circumstances say."""

    action: str
    event_type: str
    target_type: str = ""
    target_id: str = ""
    target_repr: str = ""
    tenant: str = ""
    changes: str | Mapping[str, Any] = "{}"
    """As in an entry, or as its JSON text."""
    references: tuple[Reference, ...] = ()
    outcome: str = Outcome.SUCCESS.value
    reason: str = ""
    metadata: Mapping[str, Any] | None = None


class Written(NamedTuple):
    """What the entries of one operation have got besides their events."""

    ids: list[int]
    salts: bytes
    occurred_at: datetime.datetime
    circumstances: Circumstances
    metadata: dict[str, Any]


def write(events: Sequence[Event], using: str) -> Written | None:
    """Write an entry for each event, in the transaction open on the database ``using``.

    They wait for its end in a buffer, see :mod:`audit_log.journal.buffer`. Where
    ``AUDIT_LOG["DATABASE"]`` names another database they go there. Returns ``None`` where
    there are no events.
    """
    if not events:
        return None
    frame = current()
    circumstances = circumstances_of(frame)
    buffer = buffer_of(settings.DATABASE or using)
    writer = buffer.writer
    moment, metadata, metadata_text = frame.occurred_at, circumstances.metadata, None
    if moment is None:
        moment = timezone.now()
        ids = _ids.take(int(moment.timestamp() * 1000), len(events))
        metadata_text = circumstances.metadata_text
    else:
        milliseconds = int(moment.timestamp() * 1000)
        ids = _imported.take(milliseconds, len(events), backwards=True)
        now = timezone.now()
        metadata = {**metadata, "recorded_at": to_json(now)}
        metadata_text = dumps(metadata)
        if timezone.is_naive(now):  # USE_TZ = False: as now() has it
            moment = timezone.make_naive(moment, timezone.get_default_timezone())
    actor_id, address = circumstances.actor_id, circumstances.remote_addr
    occurred_at = writer.moment(moment)
    actor = None if actor_id is None else writer.actor_key(actor_id)
    remote_addr = None if address is None else writer.address(address)
    salts = os.urandom(16 * len(ids))
    rows: list[Row] = []
    references: list[Row] = []
    characters = 0
    for index, (key, event) in enumerate(zip(ids, events, strict=True)):
        entry_id = f"{key:032x}"
        changes = event.changes if isinstance(event.changes, str) else dumps(event.changes)
        characters += len(changes) + len(metadata_text)
        rows.append(
            (
                entry_id,
                occurred_at,
                event.event_type,
                event.action,
                event.outcome,
                actor,
                circumstances.actor_type,
                circumstances.actor_repr,
                event.target_type,
                event.target_id,
                event.target_repr,
                event.tenant or circumstances.tenant,
                changes,
                clean(event.reason) if event.reason else circumstances.reason,
                remote_addr,
                circumstances.correlation_id,
                dumps({**metadata, **event.metadata}) if event.metadata else metadata_text,
                writer.binary(salts[16 * index : 16 * index + 16]),
            )
        )
        references += [
            (entry_id, *reference)
            for reference in dict.fromkeys(event.references)
            if reference != (event.target_type, event.target_id)
        ]
    buffer.add(rows, references, characters)
    return Written(ids, salts, moment, circumstances, metadata)


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
        return _entry(event, write([event], using), using)
    return None


def _entry(event: Event, written: Written | None, using: str) -> AuditEntry:
    from audit_log.models import AuditEntry

    assert written is not None
    circumstances = written.circumstances
    entry = AuditEntry(
        id=uuid.UUID(int=written.ids[0]),
        occurred_at=written.occurred_at,
        event_type=event.event_type,
        action=event.action,
        outcome=event.outcome,
        actor_id=circumstances.actor_id,
        actor_type=circumstances.actor_type,
        actor_repr=circumstances.actor_repr,
        target_type=event.target_type,
        target_id=event.target_id,
        target_repr=event.target_repr,
        tenant=event.tenant or circumstances.tenant,
        changes=event.changes,
        reason=clean(event.reason) or circumstances.reason,
        remote_addr=circumstances.remote_addr,
        correlation_id=circumstances.correlation_id,
        metadata={**written.metadata, **(event.metadata or {})},
        salt=written.salts,
    )
    entry._state.adding = False
    entry._state.db = settings.DATABASE or using
    return entry


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
