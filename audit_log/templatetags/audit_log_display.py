"""What the templates of this app ask about an entry; see :mod:`audit_log.reading.display`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from audit_log.reading import display
from audit_log.reading.ages import age_text
from audit_log.reading.markup import diff_html, related_html, value_html
from audit_log.reading.sentences import (
    actor_name,
    address_html,
    sentence_html,
    sentence_of,
)
from audit_log.reading.values import json_text, visible

if TYPE_CHECKING:
    from audit_log.models import AuditEntry
    from audit_log.reading.related import Names

register = template.Library()

register.filter("action_text", display.action_text)
register.filter("actor_name", actor_name)
register.filter("address_html", address_html)
register.filter("event_type_text", display.event_type_text)
register.filter("actor_kind", display.actor_kind)
register.filter("target_text", display.target_text)
register.filter("type_label", display.type_label)
register.filter("old_json", display.old_json)
register.filter("new_json", display.new_json)
register.filter("count_text", display.count_text)
register.filter("position_text", display.position_text)
register.filter("json_text", json_text)
register.filter("visible", visible)
register.filter("sentence", sentence_of)
register.filter("age_text", age_text)
register.filter("sentence_html", sentence_html)
register.filter("diff", diff_html)
register.filter("related_html", related_html)
register.filter("value_html", value_html)


@register.simple_tag
def changes(
    entry: AuditEntry, names: Names, max_length: int | None = None
) -> list[display.FieldChange]:
    """Return the changes of an entry, longer texts cut to ``max_length`` characters."""
    return display.changes_of(entry, max_length, names)
