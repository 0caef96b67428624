"""Names, labels and event types of actions.

An action is ``noun.verb``. Most follow from the policies: ``license.create``,
``license.disable``. Others are declared by :func:`action`, which also gives a label
of its own to one that follows from a policy.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from django.db import models
from django.utils.functional import Promise
from django.utils.text import capfirst, format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from audit_log import registry
from audit_log.vocabulary import EventType

NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
MAX_NAME_LENGTH = 100


IN_SENTENCES = ("actor", "type", "target", "action", "related")
"""What may stand in braces in an action's sentence."""


@dataclass(frozen=True)
class Action:
    """An action: its stable name, what people call it, its kind, and how it is told."""

    name: str
    label: str | Promise
    event_type: str
    sentence: str | Promise = ""


_declared: dict[str, Action] = {}
_provided: dict[str, Action] = {}


def action(
    name: str,
    label: str | Promise,
    event_type: str = EventType.UPDATE,
    sentence: str | Promise = "",
) -> Action:
    """Declare an action, once, for example in ``models.py`` or ``AppConfig.ready()``.

    ``name`` is ``noun.verb`` in lower case, ``label`` what people read ("License reset",
    lazily translated), ``event_type`` one of ``create``, ``update``, ``delete``,
    ``access``, ``other``. ``sentence`` tells an entry in one: "{actor} invited {target}", with
    ``{actor}``, ``{target}``, ``{type}`` (the target's, in words), ``{action}`` (the label) and
    ``{related}`` (what was added to many-to-many fields or removed from them); without it, one
    is made of the label. Raises ``ValueError`` for a name, event type or sentence that is no
    such, and for a second declaration that differs.
    """
    if not NAME.fullmatch(name) or len(name) > MAX_NAME_LENGTH:
        raise ValueError(
            f"{name!r} is no name of an action: it is noun.verb, in lower case with "
            f"underscores, at most {MAX_NAME_LENGTH} characters."
        )
    if event_type not in EventType.values:
        raise ValueError(
            f"{event_type!r} is no event type: it is one of {', '.join(EventType.values)}."
        )
    if isinstance(sentence, str):
        # A translated one is not asked for before there are languages.
        try:
            sentence.format(**dict.fromkeys(IN_SENTENCES, ""))
        except (LookupError, ValueError, AttributeError) as error:
            raise ValueError(
                f"{sentence!r} is no sentence: in braces may stand {', '.join(IN_SENTENCES)}."
            ) from error
    declared = Action(name, label, str(event_type), sentence)
    known = _declared.setdefault(name, declared)
    if known.event_type != declared.event_type or not (
        _same(known.label, label) and _same(known.sentence, sentence)
    ):
        raise ValueError(f"The action {name!r} is declared already, as {known!r}.")
    return known


def provide(
    name: str,
    label: str | Promise,
    event_type: str = EventType.UPDATE,
    sentence: str | Promise = "",
) -> None:
    """Declare an action of the audit log's own; a project that declares it has its way."""
    _provided[name] = Action(name, label, str(event_type), sentence)


def find(name: str) -> Action | None:
    """Return the action of that name, declared or following from a policy."""
    return all_actions().get(name)


def label_of(name: str) -> str:
    """Return an action's label; for one that is gone, its raw name."""
    return labels().get(name, name)


def labels() -> Mapping[str, str]:
    """Return every action's label by its name, sorted by name, in the current language."""
    return _labels(registry.version(), len(_declared) + len(_provided), get_language())


def sentence_of(name: str) -> str:
    """Return how an action is told in a sentence, in the current language; empty if unsaid."""
    known = find(name)
    return str(known.sentence) if known else ""


def event_type_of(name: str) -> str:
    """Return an action's event type, ``other`` where it is not known."""
    known = find(name)
    return known.event_type if known else EventType.OTHER


def matching(word: str) -> list[str]:
    """Return the names of the actions whose label holds ``word``, case aside."""
    needle = word.casefold()
    return [name for name, label in labels().items() if needle in label.casefold()]


def all_actions() -> dict[str, Action]:
    """Return every action by name, sorted: those of the policies, then those declared."""
    return _all_actions(registry.version(), len(_declared) + len(_provided))


@lru_cache(maxsize=1)
def _all_actions(version: int, declared: int) -> dict[str, Action]:
    # Labels are lazy: one catalogue serves every language.
    actions: dict[str, Action] = {}
    for model in registry.audited_models():
        policy = registry.policy_for(model)
        assert policy is not None
        for verb, _kind, event_type in policy.actions():
            name = f"{policy.noun}.{verb}"
            label = _default_label(model, verb)
            sentence = _DEFAULT_SENTENCES.get(verb, "")
            actions.setdefault(name, Action(name, label, event_type, sentence))
    actions.update(_provided)
    actions.update(_declared)
    return dict(sorted(actions.items()))


@lru_cache(maxsize=32)
def _labels(version: int, declared: int, language: str | None) -> Mapping[str, str]:
    # A page shows hundreds of them, and translating one takes as long as a row of the table.
    return MappingProxyType({name: str(known.label) for name, known in all_actions().items()})


def shared_nouns() -> dict[str, list[str]]:
    """Return the nouns that more than one audited model has, with the models' labels."""
    models_of: dict[str, list[str]] = {}
    for model in registry.audited_models():
        policy = registry.policy_for(model)
        assert policy is not None
        models_of.setdefault(policy.noun, []).append(model._meta.label)
    counts = Counter({noun: len(labels) for noun, labels in models_of.items()})
    return {noun: models_of[noun] for noun, count in counts.items() if count > 1}


# Besides the three default verbs, those that most transitions have: a project that uses them
# need not declare them to have them in every language.
_DEFAULT_LABELS = {
    "create": _("{name} created"),
    "update": _("{name} updated"),
    "delete": _("{name} deleted"),
    "activate": _("{name} activated"),
    "deactivate": _("{name} deactivated"),
    "enable": _("{name} enabled"),
    "disable": _("{name} disabled"),
    "archive": _("{name} archived"),
    "unarchive": _("{name} unarchived"),
    "publish": _("{name} published"),
    "unpublish": _("{name} unpublished"),
}
_DEFAULT_SENTENCES = {
    "create": _("{actor} created {type} {target}"),
    "update": _("{actor} changed {type} {target}"),
    "delete": _("{actor} deleted {type} {target}"),
    "activate": _("{actor} activated {type} {target}"),
    "deactivate": _("{actor} deactivated {type} {target}"),
    "enable": _("{actor} enabled {type} {target}"),
    "disable": _("{actor} disabled {type} {target}"),
    "archive": _("{actor} archived {type} {target}"),
    "unarchive": _("{actor} unarchived {type} {target}"),
    "publish": _("{actor} published {type} {target}"),
    "unpublish": _("{actor} unpublished {type} {target}"),
}


def _default_label(model: type[models.Model], verb: str) -> Promise:
    name = capfirst(model._meta.verbose_name or "")
    if verb in _DEFAULT_LABELS:
        return format_lazy(_DEFAULT_LABELS[verb], name=name)
    return format_lazy("{name}: {verb}", name=name, verb=verb.replace("_", " "))


def _same(a: str | Promise, b: str | Promise) -> bool:
    # Two lazy translations of one text are two objects; modules may be imported twice.
    return a is b or str(a) == str(b)


__all__ = [
    "Action",
    "action",
    "all_actions",
    "event_type_of",
    "find",
    "label_of",
    "labels",
    "matching",
    "sentence_of",
    "shared_nouns",
]
