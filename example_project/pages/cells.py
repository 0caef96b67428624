"""What lists and pages show of an object's fields."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import template_localtime
from django.utils.translation import gettext


class State(NamedTuple):
    """How an object is, in a word, and whether that is ``good``, ``bad``, ``busy`` or ``off``."""

    tone: str
    label: Any


def label_of(model: type[Model], name: str) -> str:
    """Return what people call a field, or a property, of a model."""
    try:
        return capfirst(str(model._meta.get_field(name).verbose_name))
    except FieldDoesNotExist:
        return capfirst(name.replace("_", " "))


def value_of(obj: Model, name: str) -> Any:
    """Return a field's value for people: a choice by its name, a list by its parts."""
    display = getattr(obj, f"get_{name}_display", None)
    value = display() if display else getattr(obj, name)
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    elif isinstance(value, bool):
        value = gettext("yes") if value else gettext("no")
    elif isinstance(value, datetime):
        value = date_format(template_localtime(value), "DATETIME_FORMAT")
    elif isinstance(value, date):
        value = date_format(value)
    return "\N{EN DASH}" if value in (None, "") else value


def facts_of(obj: Model, names: Iterable[str]) -> list[tuple[str, Any]]:
    """Return pairs of label and value."""
    return [(label_of(type(obj), name), value_of(obj, name)) for name in names]
