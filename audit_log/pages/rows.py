"""A row of the list: everything that its cells say, ready to be printed.

Templates that ask for each part by filters and includes take longer for twenty entries than
the database for finding them among millions.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from audit_log.reading import display
from audit_log.reading.ages import age_text
from audit_log.reading.glance import NAMES_ALONE, fields_html
from audit_log.reading.groups import grouped
from audit_log.reading.sentences import actor_name, address_html, told
from audit_log.reading.values import as_mapping, visible
from audit_log.vocabulary import ActorType, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from audit_log.models import AuditEntry

ANY = uuid.UUID(int=0)
"""Stands for an entry's id in an address."""
MAX_REASON = 200
"""Characters of a reason that are shown."""


@dataclass(frozen=True)
class Row:
    """One entry, in words."""

    url: str
    age: str
    time: str
    """In the reader's zone; ``time_iso`` with its offset."""
    time_iso: str
    sentence: SafeString
    actor: str
    actor_address: SafeString
    actor_kind: str
    """Empty where the name says it."""
    actor_url: str
    event_type: str
    event_type_label: str
    is_failure: bool
    action: str
    action_label: str
    """Empty where the sentence says it."""
    fields: SafeString
    reason: str
    target_id: str
    target_url: str
    target_type: str
    type_label: str
    address: str
    correlation_url: str


@dataclass(frozen=True)
class RowGroup:
    """Rows of one request; ``url`` leads to all of its entries, empty for a row by itself."""

    rows: list[Row]
    url: str


class Rows:
    """The rows of a page, with links to lists below ``list_url``.

    ``entry_url`` is the address of an entry's page, with ``ANY`` for its id.
    """

    def __init__(self, entries: Iterable[AuditEntry], list_url: str, entry_url: str) -> None:
        self._entries = entries
        self._list_url = list_url
        self._entry_url = entry_url
        # What many of the rows have in common is made once.
        self._type_labels: dict[str, str] = {}
        self._fields: dict[tuple[str, ...], SafeString] = {}
        self._now = timezone.now()

    def __iter__(self) -> Iterator[RowGroup]:
        for group in grouped(self._entries):
            rows = [self._row(entry) for entry in group.entries]
            yield RowGroup(rows, rows[0].correlation_url if group.is_several else "")

    def _row(self, entry: AuditEntry) -> Row:
        moment = entry.occurred_at
        if timezone.is_aware(moment):
            moment = timezone.localtime(moment)
        time_iso = moment.isoformat()
        actor, kind = actor_name(entry), display.actor_kind(entry)
        key = f"{entry.target_type}:{entry.target_id}"
        sentence, further_label = told(entry)
        return Row(
            url=self._entry_url.replace(str(ANY), str(entry.pk)),
            age=age_text(entry.occurred_at, self._now),
            time=f"{time_iso[:10]} {time_iso[11:19]}",
            time_iso=time_iso,
            sentence=sentence,
            actor=actor,
            actor_address=address_html(entry),
            actor_kind="" if entry.actor_type == ActorType.USER or actor == kind else kind,
            actor_url="" if entry.actor_id is None else self._filtered(actor=entry.actor_id),
            event_type=entry.event_type,
            event_type_label=display.event_type_text(entry),
            is_failure=entry.outcome == Outcome.FAILURE,
            action=visible(entry.action),
            action_label=further_label,
            fields=self._fields_of(entry),
            reason=Truncator(visible(entry.reason)).chars(MAX_REASON) if entry.reason else "",
            target_id=visible(entry.target_id),
            target_url=self._filtered(object=key) if entry.target_id else "",
            target_type=visible(entry.target_type),
            type_label=self._type_label(entry.target_type),
            address=entry.remote_addr or "",
            correlation_url=(
                self._filtered(correlation_id=entry.correlation_id) if entry.correlation_id else ""
            ),
        )

    def _filtered(self, **filters: Any) -> str:
        return f"{self._list_url}?{urlencode(filters)}"

    def _fields_of(self, entry: AuditEntry) -> SafeString:
        if entry.event_type not in NAMES_ALONE:
            return fields_html(entry)
        key = (entry.target_type, *as_mapping(entry.changes))
        if key not in self._fields:
            self._fields[key] = fields_html(entry)
        return self._fields[key]

    def _type_label(self, target_type: str) -> str:
        if target_type not in self._type_labels:
            label = display.type_label(target_type) if target_type else ""
            self._type_labels[target_type] = label
        return self._type_labels[target_type]
