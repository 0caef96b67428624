"""What changed, in a line of a list: the fields, and their values where these are short.

Told from the entry alone, without a query: what a key leads to is named only where the entry
names it.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from audit_log.reading.display import (
    field_of,
    label_of_field,
    model_of,
    ordered_changes,
    related_of,
)
from audit_log.reading.html import escaped, filled, joined
from audit_log.reading.sentences import and_more
from audit_log.reading.values import Value, as_mapping, value_of
from audit_log.vocabulary import EventType

if TYPE_CHECKING:
    from audit_log.models import AuditEntry

MOST = 4
"""Fields that are named."""
MOST_RELATED = 2
"""Objects of a many-to-many field that are named."""
LENGTH = 32
"""Characters of a value that is short."""
NAMES_ALONE = frozenset({EventType.CREATE, EventType.DELETE})
"""What is new, or gone, is told by its entry: of it the fields are named alone."""
_CUT = frozenset({"truncated", "old_sha256", "new_sha256"})


def fields_html(entry: AuditEntry) -> SafeString:
    """Return the names of the fields that an entry is about, of an update also what they became.

    Each name and value is isolated, whatever its direction; empty for an entry about no field.
    """
    model = model_of(entry.target_type)
    changes = ordered_changes(entry.changes, model)
    told = [(_told(entry, name, parts, model),) for name, parts in changes[:MOST]]
    names = joined(", ", "{}", told)
    more = len(changes) - MOST
    if more <= 0:
        return names
    before, _names, after = and_more(more).partition("{names}")
    around = (before.format(more=more), after.format(more=more))
    quiet = '<span class="audit-log-quiet">{}</span>'
    return filled(quiet + "{}" + quiet, around[0], names, around[1])


def _told(
    entry: AuditEntry, name: str, stored: Any, model: type[models.Model] | None
) -> SafeString:
    field = field_of(model, name)
    label = filled('<bdi class="audit-log-quiet">{}</bdi>', label_of_field(field, name))
    parts = as_mapping(stored)
    change = None
    if entry.event_type not in NAMES_ALONE:
        change = _related(parts) if "added" in parts or "removed" in parts else _moved(parts, field)
    if change is None:
        return label
    return filled(escaped(_("{field}: {change}")), field=label, change=change)


def _moved(parts: Any, field: models.Field[Any, Any] | None) -> SafeString | None:
    if not {"old", "new"} <= parts.keys() or _CUT & parts.keys():
        return None
    sides = [_short(parts[side], parts.get(f"{side}_repr"), field) for side in ("old", "new")]
    if None in sides:
        return None
    return filled('{} <span class="audit-log-to">→</span> {}', *sides)


def _short(stored: Any, name: Any, field: models.Field[Any, Any] | None) -> SafeString | None:
    """Return a value, or ``None`` for one that takes more than a few words."""
    if isinstance(stored, dict | list) or (isinstance(stored, str) and len(stored) > 2 * LENGTH):
        return None
    if stored is not None and not name and isinstance(field, models.ForeignKey):
        return None
    value = value_of(stored, field, str(name or ""))
    if len(value.text) > LENGTH or "\n" in value.text:
        return None
    return _html(value)


def _html(value: Value) -> SafeString:
    if value.is_nothing:
        return filled('<em class="audit-log-nothing">{}</em>', value.text)
    if value.raw and value.raw != value.text:
        return filled('<bdi title="{}">{}</bdi>', value.raw, value.text)
    return filled("<bdi>{}</bdi>", value.text)


def _related(parts: Any) -> SafeString | None:
    items = [
        (sign, item)
        for sign, side in (("+", "added"), ("\u2212", "removed"))
        # Ten thousand of them are not read to be left out.
        for item in islice(related_of(parts.get(side)), MOST_RELATED + 1)
    ]
    if len(items) > MOST_RELATED or any(len(item.text) > LENGTH for _sign, item in items):
        return None
    return joined(
        ", ", '<bdi title="{}">{} {}</bdi>', ((item.id, sign, item.text) for sign, item in items)
    )
