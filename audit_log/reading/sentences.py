"""An entry as a sentence: "ann@example.com disabled license LIC-0042"."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from audit_log import catalogue
from audit_log.reading.display import actor_text, model_of, target_text
from audit_log.reading.values import visible
from audit_log.vocabulary import Outcome

if TYPE_CHECKING:
    from audit_log.models import AuditEntry

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
    template, parts = _told(entry)
    isolated = {name: format_html("<bdi>{}</bdi>", text) for name, text in parts.items()}
    # The template's own text is data too: a label, or somebody's translation.
    return format_html(conditional_escape(template), **parts | isolated)


def actor_name(entry: AuditEntry) -> str:
    """Return who did it, without the address where there is a name."""
    match = _WITH_ADDRESS.fullmatch(entry.actor_repr)
    return visible(match["name"]) if match else actor_text(entry)


def _told(entry: AuditEntry) -> tuple[str, dict[str, str]]:
    label = visible(entry.action_label)
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
    if sentence and _is_usable(sentence):
        return sentence, parts
    if label.casefold().startswith(f"{kind.casefold()} "):
        verb = label[len(kind) + 1 :]
        if verb.isalpha():
            return _("{actor} {verb} {type} {target}"), {**parts, "verb": verb}
    return _("{actor}: {action}: {target}"), parts


@lru_cache(maxsize=512)
def _is_usable(sentence: str) -> bool:
    # A translation with a typing error must not take the page with it.
    try:
        sentence.format(**dict.fromkeys(catalogue.IN_SENTENCES, ""))
    except (LookupError, ValueError, AttributeError):
        return False
    return True
