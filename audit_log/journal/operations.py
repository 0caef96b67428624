"""What was done, with the circumstances, until it is written: rows are made of it at once."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from audit_log.identity import clean
from audit_log.journal.circumstances import Circumstances
from audit_log.journal.subject import Reference
from audit_log.journal.writer import Row, Writer
from audit_log.values import dumps
from audit_log.vocabulary import Outcome


class Event(NamedTuple):
    """What happened to one object; who and why, the circumstances say."""

    action: str
    event_type: str
    target_type: str = ""
    target_id: str = ""
    target_repr: str = ""
    tenant: str = ""
    changes: str | Mapping[str, Any] = "{}"
    """As JSON text, or what becomes it."""
    references: tuple[Reference, ...] = ()
    outcome: str = Outcome.SUCCESS.value
    reason: str = ""
    metadata: Mapping[str, Any] | None = None


class Operation(NamedTuple):
    """Events that happened at once."""

    events: Sequence[Event]
    ids: Sequence[int]
    occurred_at: datetime.datetime
    circumstances: Circumstances

    @property
    def characters(self) -> int:
        """About how many characters there are in what may be long."""
        common = len(self.circumstances.metadata_text) * len(self.events)
        return common + sum([len(event.changes) for event in self.events])


def rows_of(operations: Sequence[Operation], writer: Writer) -> tuple[list[Row], list[Row]]:
    """Return the rows of entries, and those of references, in the order of the columns."""
    entries: list[Row] = []
    references: list[Row] = []
    salts = os.urandom(16 * sum(len(operation.ids) for operation in operations))
    start = 0
    for events, ids, moment, circumstances in operations:
        occurred_at = writer.moment(moment)
        actor_id, address = circumstances.actor_id, circumstances.remote_addr
        actor = None if actor_id is None else writer.actor_key(actor_id)
        remote_addr = None if address is None else writer.address(address)
        for key, event in zip(ids, events, strict=True):
            entry_id = writer.key(key)
            changes, metadata = event.changes, circumstances.metadata_text
            text = changes if isinstance(changes, str) else dumps(changes)
            if event.metadata:
                metadata = dumps({**circumstances.metadata, **event.metadata})
            entries.append(
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
                    text,
                    clean(event.reason) if event.reason else circumstances.reason,
                    remote_addr,
                    circumstances.correlation_id,
                    metadata,
                    writer.binary(salts[start : start + 16]),
                )
            )
            start += 16
            if event.references:
                itself = (event.target_type, event.target_id)
                references += [
                    (entry_id, *reference)
                    for reference in dict.fromkeys(event.references)
                    if reference != itself
                ]
    return entries, references
