"""An entry as a sentence: "ann@example.com disabled license LIC-0042"."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from django.contrib.auth import get_user_model
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit_log import catalogue
from audit_log.identity import type_of
from audit_log.reading.display import (
    action_text,
    actor_parts,
    model_of,
    related_of,
    target_text,
)
from audit_log.reading.html import escaped, filled
from audit_log.reading.values import as_mapping, visible
from audit_log.vocabulary import Outcome

if TYPE_CHECKING:
    from audit_log.models import AuditEntry

MAX_RELATED = 3
"""Related objects that a sentence names."""


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
    isolated = {name: filled("<bdi>{}</bdi>", parts[name]) for name in names}
    return Told(
        # The template's own text is data too: a label, or somebody's translation.
        filled(escaped(template), **parts | isolated),
        "" if label in template.format(**parts) else label,
    )


def actor_name(entry: AuditEntry) -> str:
    """Return who did it, without the address where there is a name."""
    return actor_parts(entry)[0]


def address_html(entry: AuditEntry) -> SafeString:
    """Return the address that was written down with the name; it may be broken at its ``@``."""
    name, at, domain = actor_parts(entry)[1].rpartition("@")
    return filled("{}{}<wbr>{}", name, at, domain) if at else filled("{}", domain)


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
        if "{actor}" not in sentence and _is_of_themselves(entry):
            # "Ann Smith logged in", by the name that all other sentences call her.
            parts["target"] = parts["actor"]
    elif label.casefold().startswith(f"{kind.casefold()} ") and label[len(kind) + 1 :].isalpha():
        sentence = _("{actor} {verb} {type} {target}")
        parts["verb"] = label[len(kind) + 1 :]
    else:
        return _("{actor}: {action}: {target}"), parts
    if _begins_with(parts["target"], kind):
        # "changed Settings of Acme", not "changed settings Settings of Acme".
        sentence = sentence.replace("{type} {target}", "{target}")
    return sentence, parts


def _is_of_themselves(entry: AuditEntry) -> bool:
    if entry.actor_id is None or str(entry.actor_id) != entry.target_id:
        return False
    return entry.target_type == type_of(get_user_model())


def _begins_with(target: str, kind: str) -> bool:
    start, rest = target[: len(kind)], target[len(kind) :]
    return start.casefold() == kind.casefold() and not rest[:1].isalnum()


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
    return and_more(more).format(names=", ".join(names[:MAX_RELATED]), more=more)


def and_more(more: int) -> str:
    """Return how names are told of which some are left out, with ``{names}`` and ``{more}``."""
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
