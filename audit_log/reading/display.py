"""An entry as people read it.

Works from the entry alone: a field, a choice, a model or a whole app that is gone shows its
raw name and value. Everything returned is plain text, for templates to escape.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit_log import catalogue
from audit_log.reading.json_differences import Place, places
from audit_log.reading.related import Names, Question, question_of
from audit_log.reading.values import (
    Value,
    absent,
    as_mapping,
    compared,
    json_text,
    value_of,
    visible,
)
from audit_log.vocabulary import ActorType, EventType

if TYPE_CHECKING:
    from django.db import models

    from audit_log.models import AuditEntry
    from audit_log.reading.counting import Exactness
    from audit_log.reading.pagination import Page

_WITH_ADDRESS = re.compile(r"(?P<name>.+) <(?P<address>[^<>]+)>")


@dataclass(frozen=True)
class Related:
    """An object that was added to a many-to-many field or removed from it."""

    text: str
    id: str


@dataclass(frozen=True)
class FieldChange:
    """What happened to one field.

    ``kind`` is ``"value"`` (look at ``before`` and ``after``), ``"json"`` (look at ``places``,
    the parts of the value that differ), ``"relation"`` (look at ``added`` and ``removed``) or
    ``"masked"`` (that it changed is all that is known). ``name`` is the field's name as
    stored, ``label`` what people call it.
    """

    name: str
    label: str
    kind: Literal["value", "json", "relation", "masked"]
    before: Value
    after: Value
    added: tuple[Related, ...] = ()
    removed: tuple[Related, ...] = ()
    truncated: bool = False
    places: tuple[Place, ...] = ()
    more_places: int = 0


def changes_of(
    entry: AuditEntry, max_length: int | None = None, names: Names = MappingProxyType({})
) -> list[FieldChange]:
    """Return what an entry says about each field, in the order of the model's fields.

    ``max_length`` cuts longer texts, for places that only give an overview; ``names`` are the
    answers to :func:`questions_of` the entry.
    """
    model = model_of(entry.target_type)
    return [
        _field_change(entry, name, stored, field_of(model, name), max_length, names)
        for name, stored in ordered_changes(entry.changes, model)
    ]


def questions_of(entry: AuditEntry) -> Iterator[Question | None]:
    """Yield what an entry does not tell: the names of some of the related objects."""
    model = model_of(entry.target_type)
    for name, stored in as_mapping(entry.changes).items():
        parts, field = as_mapping(stored), field_of(model, name)
        for side in ("old", "new"):
            if not parts.get(f"{side}_repr"):
                yield question_of(field, parts.get(side), entry.pk)


def old_json(entry: AuditEntry) -> str:
    """Return the old values as formatted JSON; ``null`` for a creation.

    Of a many-to-many field only what was added and removed is known, not what it held.
    """
    return _side(entry, "old", "removed", EventType.CREATE)


def new_json(entry: AuditEntry) -> str:
    """Return the new values as formatted JSON, like :func:`old_json`; ``null`` for a deletion."""
    return _side(entry, "new", "added", EventType.DELETE)


def model_of(target_type: str) -> type[models.Model] | None:
    """Return the model called ``"app_label.model"``, or ``None`` where there is none any more."""
    try:
        return apps.get_model(target_type)
    except (LookupError, ValueError):
        return None


def type_label(target_type: str) -> str:
    """Return what people call a type of object; its raw name where the model is gone."""
    model = model_of(target_type)
    return visible(target_type) if model is None else capfirst(str(model._meta.verbose_name))


def action_text(entry: AuditEntry) -> str:
    """Return what people call the action; its raw name where it is known no more."""
    return catalogue.labels().get(entry.action) or visible(entry.action)


def target_text(entry: AuditEntry) -> str:
    """Return what the object was called, else its key; empty where there was no object."""
    return visible(entry.target_repr or entry.target_id)


def actor_text(entry: AuditEntry) -> str:
    """Return who did it: the name written down then, else the kind of actor."""
    return visible(entry.actor_repr) if entry.actor_repr else actor_kind(entry)


def actor_parts(entry: AuditEntry) -> tuple[str, str]:
    """Return who did it and the address that was written down with the name, if any."""
    return _with_address(entry.actor_repr) or (actor_text(entry), "")


@lru_cache(maxsize=512)
def _with_address(actor: str) -> tuple[str, str] | None:
    match = _WITH_ADDRESS.fullmatch(actor)
    return None if match is None else (visible(match["name"]), visible(match["address"]))


def actor_kind(entry: AuditEntry) -> str:
    """Return the kind of actor in people's words."""
    try:
        return str(ActorType(entry.actor_type).label)
    except ValueError:
        return visible(entry.actor_type)


def event_type_text(entry: AuditEntry) -> str:
    """Return the event type in people's words.

    Like ``get_event_type_display()``, which translates all of them to find one.
    """
    try:
        return str(EventType(entry.event_type).label)
    except ValueError:
        return visible(entry.event_type)


def count_text(page: Page) -> str:
    """Return how many entries a page's listing has: "45 entries", "about 1,230,000 entries"."""
    return entries_text(page.count, page.count_is)


def entries_text(count: int, count_is: Exactness = "exact") -> str:
    """Return a number of entries in words."""
    number = _spelled(count, count_is)
    if count_is == "estimate":
        return _("about %(number)s entries") % {"number": number}
    if count_is == "at_least":
        return _("at least %(number)s entries") % {"number": number}
    return ngettext("%(number)s entry", "%(number)s entries", count) % {"number": number}


def position_text(page: Page) -> str:
    """Return where a page stands: "Page 2 of 3", "Page 2 of about 61,700"."""
    parts = {"page": _spelled(page.number), "total": _spelled(page.total_pages, page.count_is)}
    if page.count_is == "estimate":
        return _("Page %(page)s of about %(total)s") % parts
    if page.count_is == "at_least":
        return _("Page %(page)s of at least %(total)s") % parts
    return _("Page %(page)s of %(total)s") % parts


def _spelled(number: int, exactness: Exactness = "exact") -> str:
    if exactness == "estimate":
        # More digits would pass for a count.
        number = round(number, min(0, 3 - len(str(number))))
    return number_format(number, force_grouping=True)


def _field_change(
    entry: AuditEntry,
    name: str,
    stored: Any,
    field: models.Field[Any, Any] | None,
    max_length: int | None,
    names: Names,
) -> FieldChange:
    label = label_of_field(field, name)
    parts = as_mapping(stored)
    if parts.get("masked") is True:
        hidden = Value("text", _("hidden"))
        return FieldChange(name, label, "masked", hidden, hidden)
    if "added" in parts or "removed" in parts:
        return FieldChange(
            name,
            label,
            "relation",
            absent(),
            absent(),
            added=tuple(related_of(parts.get("added"))),
            removed=tuple(related_of(parts.get("removed"))),
        )
    if "old" in parts or "new" in parts:
        before, after = (_one_side(entry, parts, side, field, names) for side in ("old", "new"))
        if entry.event_type == EventType.CREATE and before.kind == "null":
            before = absent()
        if entry.event_type == EventType.DELETE and after.kind == "null":
            after = absent()
    else:
        # Not what the journal writes: shown as it is rather than not at all.
        before, after = absent(), value_of(stored, field)
    found, more = places(parts.get("old"), parts.get("new"))
    if found:
        compared_places = (_compared(place, max_length) for place in found)
        return FieldChange(
            name, label, "json", before, after, places=tuple(compared_places), more_places=more
        )
    before, after = compared(before, after, max_length)
    truncated = bool(parts.get("truncated"))
    return FieldChange(name, label, "value", before, after, truncated=truncated)


def _compared(place: Place, max_length: int | None) -> Place:
    return Place(place.path, *compared(place.before, place.after, max_length))


def _one_side(
    entry: AuditEntry,
    parts: Any,
    side: str,
    field: models.Field[Any, Any] | None,
    names: Names,
) -> Value:
    stored, digest = parts.get(side), parts.get(f"{side}_sha256")
    if digest and isinstance(stored, str):
        # What stands at the end is where it was cut, not the end.
        stored = stored.rstrip()
    name = parts.get(f"{side}_repr")
    if not name and (question := question_of(field, stored, entry.pk)) is not None:
        name = names.get(question)
    value = value_of(stored, field, str(name or ""))
    if not digest:
        return value
    return Value(value.kind, f"{value.text}…", value.raw, visible(str(digest)))


def related_of(stored: Any) -> Iterator[Related]:
    """Yield the objects of a stored list of ``{"id", "repr"}``."""
    for item in stored if isinstance(stored, list) else ():
        key = as_mapping(item).get("id", item)
        text = as_mapping(item).get("repr") or key
        yield Related(visible(str(text)), visible(str(key)))


def _side(entry: AuditEntry, side: str, many: str, event_type_without: str) -> str:
    values: dict[str, Any] = {}
    for name, stored in ordered_changes(entry.changes, model_of(entry.target_type)):
        parts = as_mapping(stored)
        if side in parts:
            values[name] = parts[side]
        elif many in parts:
            values[name] = {many: parts[many]}
        elif parts.get("masked") is True:
            values[name] = dict(parts)
        elif side == "new" and not {"old", "added", "removed"} & parts.keys():
            values[name] = stored
    if entry.event_type == event_type_without and not any(values.values()):
        return json_text(None)
    return json_text(values)


def ordered_changes(changes: Any, model: type[models.Model] | None) -> list[tuple[str, Any]]:
    """Return the changes of an entry by field, in the order of the model's fields."""
    # PostgreSQL does not keep the order of a JSON object's keys.
    places = _places_of(model)
    return sorted(as_mapping(changes).items(), key=lambda item: places.get(item[0], len(places)))


@lru_cache(maxsize=512)
def _places_of(model: type[models.Model] | None) -> dict[str, int]:
    fields = [] if model is None else [*model._meta.concrete_fields, *model._meta.many_to_many]
    return {field.name: place for place, field in enumerate(fields)}


def field_of(model: type[models.Model] | None, name: str) -> models.Field[Any, Any] | None:
    """Return a model's field, or ``None`` where it is gone, or its model is."""
    if model is None:
        return None
    try:
        field: Any = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field if hasattr(field, "verbose_name") else None


def label_of_field(field: models.Field[Any, Any] | None, name: str) -> str:
    """Return what people call a field; its raw name where it is gone."""
    return visible(name) if field is None else capfirst(str(field.verbose_name))
