"""A row of the list: everything that its cells say, ready to be printed.

Templates that ask for each part by filters and includes take longer for twenty entries than
the database for finding them among millions.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import quote_plus

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from audit_log.reading import display
from audit_log.reading.ages import age_text
from audit_log.reading.glance import NAMES_ALONE, fields_html
from audit_log.reading.groups import grouped
from audit_log.reading.html import safe
from audit_log.reading.markup import diff_html
from audit_log.reading.sentences import actor_name, address_html, told
from audit_log.reading.values import as_mapping, visible
from audit_log.vocabulary import ActorType, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from audit_log.models import AuditEntry
    from audit_log.reading.related import Names

ANY = uuid.UUID(int=0)
"""Stands for an entry's id in an address."""
MAX_REASON = 200
"""Characters of a reason that are shown."""
MAX_VALUE = 500
"""Characters of a value that the history of an object shows."""


class Actor(TypedDict):
    """Who did it."""

    actor: SafeString
    actor_address: SafeString
    actor_kind: SafeString
    """Empty where the name says it."""
    actor_url: SafeString


# Templates find what is in a dict several times as fast as attributes.
class Row(Actor):
    """One entry, in words, escaped."""

    url: SafeString
    age: SafeString
    time: SafeString
    """In the reader's zone; ``time_iso`` with its offset."""
    time_iso: SafeString
    sentence: SafeString
    event_type: SafeString
    event_type_label: SafeString
    is_failure: bool
    action: SafeString
    action_label: SafeString
    """Empty where the sentence says it."""
    fields: SafeString
    reason: str
    target_id: SafeString
    target_url: SafeString
    target_type: SafeString
    type_label: SafeString
    address: str
    correlation_url: SafeString


class HistoryRow(Row):
    """One entry of an object's history."""

    changes: SafeString
    """Each field, before and after; empty where the entry is about none."""


class RowGroup(TypedDict):
    """Rows of one request; ``url`` leads to all of its entries, empty for a row by itself."""

    rows: Sequence[Row]
    is_several: bool
    url: SafeString


class Rows:
    """The rows of a page, with links to lists below ``list_url``, if there is one.

    ``entry_url`` is the address of an entry's page, with ``ANY`` for its id; it may be empty.
    """

    def __init__(self, entries: Iterable[AuditEntry], list_url: str, entry_url: str) -> None:
        self._entries = entries
        self._list_url = list_url
        self._entry_url = entry_url
        # What many of the rows have in common is made once.
        self._known: dict[tuple[Any, ...], Any] = {}
        self._now = timezone.now()

    def __iter__(self) -> Iterator[RowGroup]:
        for group in grouped(self._entries):
            rows = [self._row(entry) for entry in group.entries]
            url = rows[0]["correlation_url"] if group.is_several else SafeString()
            yield {"rows": rows, "is_several": group.is_several, "url": url}

    def _row(self, entry: AuditEntry) -> Row:
        moment = entry.occurred_at
        if timezone.is_aware(moment):
            moment = timezone.localtime(moment)
        time_iso = moment.isoformat()
        target_type, target_id = entry.target_type, entry.target_id
        sentence, further_label = told(entry)
        known_by = entry.actor_repr, entry.actor_type, entry.actor_id
        actor: Actor = self._once(self._actor, entry, *known_by)
        return {
            **actor,
            "url": SafeString(self._entry_url.replace(str(ANY), str(entry.pk))),
            "age": safe(age_text(entry.occurred_at, self._now)),
            "time": SafeString(f"{time_iso[:10]} {time_iso[11:19]}"),
            "time_iso": SafeString(time_iso),
            "sentence": sentence,
            "event_type": safe(entry.event_type),
            "event_type_label": self._once(_event_type_label, entry, entry.event_type),
            "is_failure": entry.outcome == Outcome.FAILURE,
            "action": safe(visible(entry.action)),
            "action_label": safe(further_label),
            "fields": self._fields_of(entry),
            "reason": Truncator(visible(entry.reason)).chars(MAX_REASON) if entry.reason else "",
            "target_id": safe(visible(target_id)),
            "target_url": self._url("object", f"{target_type}:{target_id}", given=target_id),
            "target_type": safe(visible(target_type)),
            "type_label": self._once(_type_label, entry, target_type),
            "address": entry.remote_addr or "",
            "correlation_url": self._url("correlation_id", entry.correlation_id),
        }

    def _once(self, make: Callable[[AuditEntry], Any], entry: AuditEntry, *key: Any) -> Any:
        """Return what ``make`` makes of an entry, which depends on nothing but the key."""
        known = self._known.get((make, *key))
        if known is None:
            known = self._known[make, *key] = make(entry)
        return known

    def _url(self, name: str, value: object, *, given: object = True) -> SafeString:
        """Return the address of the list with one filter; empty where nothing is given."""
        if not (self._list_url and given and value):
            return SafeString()
        return safe(f"{self._list_url}?{name}={quote_plus(str(value))}")

    def _actor(self, entry: AuditEntry) -> Actor:
        name, kind = actor_name(entry), display.actor_kind(entry)
        is_told = entry.actor_type == ActorType.USER or name == kind
        key = entry.actor_id
        return {
            "actor": safe(name),
            "actor_address": address_html(entry),
            "actor_kind": safe("" if is_told else kind),
            "actor_url": self._url("actor", str(key), given=key is not None),
        }

    def _fields_of(self, entry: AuditEntry) -> SafeString:
        if entry.event_type not in NAMES_ALONE:
            return fields_html(entry)
        names = as_mapping(entry.changes)
        fields: SafeString = self._once(fields_html, entry, entry.target_type, *names)
        return fields


class HistoryRows(Rows):
    """The rows of an object's history, which tell each change; ``names`` are what related objects
    were called, where the entries do not say so.
    """

    def __init__(self, entries: Iterable[AuditEntry], names: Names, entry_url: str) -> None:
        super().__init__(entries, "", entry_url)
        self._names = names

    def _row(self, entry: AuditEntry) -> HistoryRow:
        changes = SafeString()
        if entry.changes:
            changes = diff_html(display.changes_of(entry, MAX_VALUE, self._names))
        return {**super()._row(entry), "changes": changes}


def _event_type_label(entry: AuditEntry) -> SafeString:
    return safe(display.event_type_text(entry))


def _type_label(entry: AuditEntry) -> SafeString:
    return safe(display.type_label(entry.target_type) if entry.target_type else "")
