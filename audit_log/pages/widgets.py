"""Inputs of the filter form."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.safestring import SafeString

from audit_log.reading.html import filled, joined

_DATE = re.compile(r"(\d{4}-\d\d-\d\d)?")
_LOCAL_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?")


class PlainInput(forms.TextInput):
    """An input that needs no template: a form of Django's takes as long as ten rows of the list."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        text = self.format_value(value) or ""
        kind, further = self.kind_for(text)
        return filled(
            '<input type="{}" name="{}"{}{}>',
            *(kind, name, filled(' value="{}"', text) if text else ""),
            flatatt(self.build_attrs(self.attrs, further | (attrs or {}))),
        )

    def kind_for(self, text: str) -> tuple[str, dict[str, str]]:
        """Return the type of an input with that text, and the attributes that come with it."""
        return self.input_type, {}


class SearchInput(PlainInput):
    """Words to search for."""

    input_type = "search"


class MomentInput(PlainInput):
    """A date or a time, picked or typed.

    A browser drops from a date input what is no date: then it stays a text input.
    """

    def kind_for(self, text: str) -> tuple[str, dict[str, str]]:
        if _DATE.fullmatch(text):
            return "date", {}
        if _LOCAL_DATETIME.fullmatch(text):
            return "datetime-local", {"step": "any"}
        return super().kind_for(text)


class ChoiceSelect(forms.Widget):
    """A select with many choices, pairs of a value and its label, none of them in a group.

    Django renders a template for each option: with some hundred actions, that takes longer
    than the rest of the page.
    """

    def __init__(self, choices: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        self.choices = tuple(choices)

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        chosen = "" if value is None else str(value)
        return filled(
            '<select name="{}"{}>\n{}\n</select>',
            name,
            flatatt(self.build_attrs(self.attrs, attrs)),
            _options(self.choices, chosen),
        )


def filter_fields_html(fields: Iterable[tuple[forms.BoundField, str]]) -> SafeString:
    """Return the fields of a form, each with a note, which may be empty."""
    return joined(
        "\n",
        '<div class="audit-log-field{}">\n<label for="{}">{}</label>\n{}\n{}{}</div>',
        (
            (
                *(" errors" if field.errors else "", field.id_for_label, field.label, field),
                field.errors or "",
                filled('<span class="audit-log-quiet"><bdi>{}</bdi></span>', note) if note else "",
            )
            for field, note in fields
        ),
    )


@lru_cache(maxsize=128)
def _options(choices: tuple[tuple[str, str], ...], chosen: str) -> SafeString:
    # The same on each page in a language, mostly.
    return joined(
        "\n",
        '<option value="{}"{}>{}</option>',
        (
            (key, SafeString(" selected") if str(key) == chosen else "", label)
            for key, label in choices
        ),
    )
