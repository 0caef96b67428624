"""Checks of the policies: E004 to E011, W001 and W002."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from audit_log import catalogue, conf, policies, registry

_WORD = re.compile(r"[a-z][a-z0-9_]*")


def check_policies(**kwargs: Any) -> list[CheckMessage]:
    """Check every model that the settings name or that was registered."""
    messages: list[CheckMessage] = []
    checked: set[type[models.Model]] = set()
    for label, source in _named():
        try:
            model = apps.get_model(label)
        except (LookupError, ValueError):
            messages.append(_unknown_model(label, source))
            continue
        # A model that is registered and in MODELS has one policy, checked once.
        if model not in checked:
            messages.extend(_check_model(model, source))
        if "EXCLUDE" not in source:
            checked.add(model)
    messages.extend(_contradictions())
    if not any(message.is_serious() for message in messages):
        messages.extend(_shared_nouns())
    return messages


def _named() -> Iterator[tuple[str, str]]:
    for label in _mapping(conf.settings._get("MODELS")):
        yield str(label), 'AUDIT_LOG["MODELS"]'
    apps_known = {config.label for config in apps.get_app_configs()}
    for pattern in _texts(conf.settings._get("EXCLUDE_MODELS")):
        if pattern != "*" and not (pattern.endswith(".*") and pattern[:-2] in apps_known):
            yield pattern, 'AUDIT_LOG["EXCLUDE_MODELS"]'
    for label in registry.declared_labels():
        yield label, "audit_log.register()"


def _mapping(value: Any) -> Iterable[Any]:
    return value if isinstance(value, Mapping) else _texts(value)


def _texts(value: Any) -> Iterable[str]:
    # What is neither is audit_log.E003 already.
    return [v for v in value if isinstance(v, str)] if isinstance(value, list | tuple | set) else []


def _unknown_model(label: str, source: str) -> CheckMessage:
    known = [model._meta.label for model in apps.get_models()]
    close = difflib.get_close_matches(label, known, n=1, cutoff=0.5)
    return Error(
        f"{source} names {label!r}, and no installed app has such a model.",
        hint="Write app_label.Model"
        + (f": did you mean {close[0]!r}?" if close else ", or app_label.* for a whole app."),
        id="audit_log.E004",
    )


def _check_model(model: type[models.Model], source: str) -> Iterator[CheckMessage]:
    if "EXCLUDE" in source:
        return
    if model._meta.swapped:
        yield Error(
            f"{source} names {model._meta.label}, which is swapped for {model._meta.swapped} "
            "and has no rows.",
            hint=f"Name {model._meta.swapped} instead.",
            id="audit_log.E011",
        )
        return
    if registry.is_own(model):
        yield Error(
            f"{source} names {model._meta.label}, a part of the audit log itself.",
            hint="Leave it out: an entry about each entry would never end.",
            id="audit_log.E011",
        )
        return
    options = registry.options_of(model)
    for name in sorted(options.keys() - policies.OPTIONS):
        yield Error(
            f"{source} has for {model._meta.label} an unknown option: {name!r}.",
            hint=f"Known options: {', '.join(sorted(policies.OPTIONS))}.",
            id="audit_log.E005",
            obj=model,
        )
    for name in sorted(options.keys() & policies.OPTIONS):
        yield from _OPTION_CHECKS[name](model, name, options[name])


def _shape(model: type[models.Model], option: str, right: str) -> CheckMessage:
    return Error(
        f"The policy of {model._meta.label} has a wrong value for {option!r}.",
        hint=right,
        id="audit_log.E006",
        obj=model,
    )


def _field(
    model: type[models.Model], option: str, name: Any, identifier: str
) -> tuple[Any, CheckMessage | None]:
    try:
        return model._meta.get_field(name), None
    except (FieldDoesNotExist, TypeError):
        known = sorted(f.name for f in model._meta.get_fields() if not f.auto_created or f.concrete)
        close = difflib.get_close_matches(str(name), known, n=1)
        hint = f"Did you mean {close[0]!r}? " if close else ""
        return None, Error(
            f"The policy of {model._meta.label} names in {option!r} a field that the model "
            f"does not have: {name!r}.",
            hint=f"{hint}It has {', '.join(known)}.",
            id=identifier,
            obj=model,
        )


def _names(model: type[models.Model], option: str, value: Any) -> Iterator[CheckMessage]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        yield _shape(model, option, f'Write a list of names: {option}=["name"].')
        return
    attnames = {f.attname for f in model._meta.concrete_fields}
    for name in value:
        if name not in attnames:
            _, message = _field(model, option, name, "audit_log.E007")
            if message:
                yield message


def _transitions(model: type[models.Model], option: str, value: Any) -> Iterator[CheckMessage]:
    if not isinstance(value, Mapping):
        yield _shape(model, option, 'Write {"field": {value: "verb"}} or {"field": "verb"}.')
        return
    for name, verbs in value.items():
        field, message = _field(model, option, name, "audit_log.E008")
        if message:
            yield message
        elif not getattr(field, "concrete", False) or field.many_to_many:
            yield Error(
                f"The policy of {model._meta.label} has a transition for {name!r}, which is no "
                "column.",
                hint="For a many-to-many field use m2m={…: (verb of adding, verb of removing)}.",
                id="audit_log.E008",
                obj=model,
            )
        elif isinstance(verbs, str):
            yield from _verbs(model, option, [verbs])
        elif isinstance(verbs, Mapping):
            yield from _verbs(model, option, verbs.values())
        elif callable(verbs):
            continue  # its verbs are declared actions
        else:
            yield _shape(model, option, 'Write {"field": {value: "verb"}} or {"field": "verb"}.')


def _m2m(model: type[models.Model], option: str, value: Any) -> Iterator[CheckMessage]:
    right = 'Write {"field": ("verb of adding", "verb of removing")}.'
    if not isinstance(value, Mapping):
        yield _shape(model, option, right)
        return
    for name, pair in value.items():
        field, message = _field(model, option, name, "audit_log.E009")
        if message:
            yield message
        elif not isinstance(field, models.ManyToManyField):
            yield Error(
                f"The policy of {model._meta.label} names in 'm2m' {name!r}, which is no "
                "many-to-many field of the model's own.",
                hint="Name the field on the model that declares it; for a column use transitions.",
                id="audit_log.E009",
                obj=model,
            )
        elif not isinstance(pair, tuple | list) or len(pair) != 2:
            yield _shape(model, option, right)
        else:
            yield from _verbs(model, option, pair)


def _references(model: type[models.Model], option: str, value: Any) -> Iterator[CheckMessage]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        yield _shape(model, option, 'Write a list of names: references=["order"].')
        return
    for name in value:
        field, message = _field(model, option, name, "audit_log.E010")
        if message:
            yield message
        elif not isinstance(field, models.ForeignKey) and not hasattr(field, "fk_field"):
            yield Error(
                f"The policy of {model._meta.label} names in 'references' {name!r}, which is no "
                "foreign key.",
                hint="Name foreign keys whose objects show this model's entries too.",
                id="audit_log.E010",
                obj=model,
            )


def _tenant(model: type[models.Model], option: str, value: Any) -> Iterator[CheckMessage]:
    if value is None or callable(value):
        return
    if not isinstance(value, str):
        yield _shape(model, option, 'Write an attribute path, as "workspace_id", or a function.')
        return
    first = value.replace("__", ".").partition(".")[0]
    attnames = {f.attname for f in model._meta.concrete_fields}
    if first not in attnames and not hasattr(model, first):
        _, message = _field(model, option, first, "audit_log.E007")
        if message:
            yield message


def _noun(model: type[models.Model], option: str, value: Any) -> Iterator[CheckMessage]:
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        yield _shape(model, option, 'A noun is lower case with underscores: "license_key".')


def _bulk(model: type[models.Model], option: str, value: Any) -> Iterator[CheckMessage]:
    if value not in policies.BULK:
        yield _shape(model, option, f"It is one of {', '.join(policies.BULK)}.")


def _verb_names(model: type[models.Model], option: str, value: Any) -> Iterator[CheckMessage]:
    if not isinstance(value, Mapping) or not set(value) <= set(policies.VERBS):
        yield _shape(model, option, 'Write {"create": "add", "update": …, "delete": …}.')
        return
    yield from _verbs(model, option, value.values())


def _verbs(model: type[models.Model], option: str, verbs: Iterable[Any]) -> Iterator[CheckMessage]:
    for verb in verbs:
        if not isinstance(verb, str) or not _WORD.fullmatch(verb):
            yield _shape(
                model,
                option,
                f'A verb is lower case with underscores, as "add_user", not {verb!r}.',
            )


_OPTION_CHECKS: dict[str, Callable[[type[models.Model], str, Any], Iterator[CheckMessage]]] = {
    "exclude": _names,
    "mask": _names,
    "unmask": _names,
    "transitions": _transitions,
    "m2m": _m2m,
    "references": _references,
    "tenant": _tenant,
    "bulk": _bulk,
    "noun": _noun,
    "verbs": _verb_names,
}


def _contradictions() -> Iterator[CheckMessage]:
    excluded = {label.lower() for label in _texts(conf.settings._get("EXCLUDE_MODELS"))}
    for label in _mapping(conf.settings._get("MODELS")):
        if str(label).lower() in excluded:
            yield CheckWarning(
                f"AUDIT_LOG names {label!r} in MODELS and in EXCLUDE_MODELS: it is not audited.",
                hint="Remove it from one of the two.",
                id="audit_log.W002",
            )


def _shared_nouns() -> Iterator[CheckMessage]:
    for noun, labels in catalogue.shared_nouns().items():
        yield CheckWarning(
            f"{' and '.join(labels)} share the noun {noun!r}: their actions have the same names.",
            hint='Give one of them another: audit_log.register(Model, noun="…"), or '
            'AUDIT_LOG["MODELS"] for a model that is not yours.',
            id="audit_log.W001",
        )
