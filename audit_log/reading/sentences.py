"""An entry as a sentence: "ann@example.com disabled license LIC-0042"."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit_log import catalogue
from audit_log.reading.display import (
    action_text,
    actor_text,
    field_labels,
    model_of,
    related_of,
    target_text,
)
from audit_log.reading.values import as_mapping, visible
from audit_log.vocabulary import Outcome

if TYPE_CHECKING:
    from audit_log.models import AuditEntry

MAX_RELATED = 3
"""Related objects that a sentence names."""
MAX_FIELDS = 4
"""Changed fields that are named in a list."""

_WITH_ADDRESS = re.compile(r"(?P<name>.+) <[^<>]+>")


def sentence_of(entry: AuditEntry) -> str:
    """Return what happened, as a sentence in plain text, in the current language.

    An action may be declared with a sentence of its own. Where its label is the name of the
    target's type and one word more ("License disabled"), the sentence is made of these; and
    otherwise it is "actor: label: target".
    """
    template, parts = _told(entry)
    return template.format(**parts)


def sentence_html(entry: AuditEntry) -> SafeString:
    """Return :func:`sentence_of` with actor and target isolated, whatever their direction."""
    return told(entry).sentence


class Told(NamedTuple):
    """An entry in a list."""

    sentence: SafeString
    """See :func:`sentence_html`."""
    further_label: str
    """What the action is called; empty where the sentence says just that."""


def told(entry: AuditEntry) -> Told:
    """Return an entry as a list tells it."""
    template, parts = _told(entry)
    label = parts["action"]
    names = parts.keys() & {"actor", "target", "related"}
    isolated = {name: format_html("<bdi>{}</bdi>", parts[name]) for name in names}
    return Told(
        # The template's own text is data too: a label, or somebody's translation.
        format_html(conditional_escape(template), **parts | isolated),
        "" if label in template.format(**parts) else label,
    )


def fields_html(entry: AuditEntry) -> SafeString:
    """Return the names of the fields that an entry is about, each isolated; empty without any."""
    labels = field_labels(entry)
    names = format_html_join(", ", "<bdi>{}</bdi>", ((label,) for label in labels[:MAX_FIELDS]))
    more = len(labels) - MAX_FIELDS
    return format_html(conditional_escape(_and_more(more)), names=names, more=more)


def actor_name(entry: AuditEntry) -> str:
    """Return who did it, without the address where there is a name."""
    match = _WITH_ADDRESS.fullmatch(entry.actor_repr)
    return visible(match["name"]) if match else actor_text(entry)


def _told(entry: AuditEntry) -> tuple[str, dict[str, str]]:
    label = action_text(entry)
    parts = {"actor": actor_name(entry), "target": target_text(entry), "action": label}
    if entry.outcome == Outcome.FAILURE:
        if parts["target"]:
            return _("{actor}: {action} (failed): {target}"), parts
        return _("{actor}: {action} (failed)"), parts
    if not parts["target"]:
        return _("{actor}: {action}"), parts
    model = model_of(entry.target_type)
    kind = visible(entry.target_type) if model is None else str(model._meta.verbose_name)
    parts["type"] = kind
    sentence = catalogue.sentence_of(entry.action)
    parts["related"] = _related(entry) if "{related}" in sentence else ""
    if sentence and _is_usable(sentence) and (parts["related"] or "{related}" not in sentence):
        return sentence, parts
    if label.casefold().startswith(f"{kind.casefold()} "):
        verb = label[len(kind) + 1 :]
        if verb.isalpha():
            return _("{actor} {verb} {type} {target}"), {**parts, "verb": verb}
    return _("{actor}: {action}: {target}"), parts


def _related(entry: AuditEntry) -> str:
    """Return the names of what was added to many-to-many fields, or removed from them."""
    changes = [as_mapping(parts) for parts in as_mapping(entry.changes).values()]
    names = [
        item.text
        for parts in changes
        for side in ("added", "removed")
        for item in related_of(parts.get(side))
    ]
    more = len(names) - MAX_RELATED
    return _and_more(more).format(names=", ".join(names[:MAX_RELATED]), more=more)


def _and_more(more: int) -> str:
    if more <= 0:
        return "{names}"
    return ngettext("{names} and {more} more", "{names} and {more} more", more)


@lru_cache(maxsize=512)
def _is_usable(sentence: str) -> bool:
    # A translation with a typing error must not take the page with it.
    try:
        sentence.format(**dict.fromkeys(catalogue.IN_SENTENCES, ""))
    except (LookupError, ValueError, AttributeError):
        return False
    return True
