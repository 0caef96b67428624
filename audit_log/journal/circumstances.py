"""Who, why and where from, in the form in which entries store it."""

from __future__ import annotations

from typing import Any, NamedTuple

from audit_log.identity import clean, shorten
from audit_log.journal.context import Frame
from audit_log.values import dumps


class Circumstances(NamedTuple):
    """What all entries of one operation have in common."""

    actor_id: Any
    actor_type: str
    actor_repr: str
    tenant: str
    reason: str
    remote_addr: str | None
    correlation_id: str
    metadata: dict[str, Any]
    metadata_text: str


def circumstances_of(frame: Frame) -> Circumstances:
    """Return what holds in a frame now.

    It is worked out once for a frame, but for the user of its request, who may be known only
    later and is read each time.
    """
    known: Circumstances | None = frame.circumstances
    if known is None:
        known = frame.circumstances = _work_out(frame)
    if frame.request is None:
        return known
    actor = frame.current_actor()
    impersonator = frame.impersonator()
    if impersonator is None:
        return known._replace(
            actor_id=actor.id, actor_type=actor.type, actor_repr=shorten(actor.repr)
        )
    key = None if impersonator.id is None else str(impersonator.id)
    behind = {"impersonator": {"id": key, "repr": impersonator.repr}}
    metadata = behind | known.metadata
    return known._replace(
        actor_id=actor.id,
        actor_type=actor.type,
        actor_repr=shorten(actor.repr),
        metadata=metadata,
        metadata_text=dumps(metadata),
    )


def _work_out(frame: Frame) -> Circumstances:
    actor = frame.actor
    metadata = frame.all_metadata()
    return Circumstances(
        actor_id=None if actor is None else actor.id,
        actor_type="system" if actor is None else actor.type,
        actor_repr="" if actor is None else shorten(actor.repr),
        tenant=frame.tenant or "",
        reason=clean(frame.reason),
        remote_addr=frame.address(),
        correlation_id="" if frame.correlation is None else frame.correlation.value,
        metadata=metadata,
        metadata_text=dumps(metadata),
    )
