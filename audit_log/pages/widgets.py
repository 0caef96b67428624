"""Inputs of the filter form."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_DATE = re.compile(r"(\d{4}-\d\d-\d\d)?")
_LOCAL_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?")


class MomentInput(forms.TextInput):
    """A date or a time, picked or typed.

    A browser drops from a date input what is no date: then it stays a text input.
    """

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        text = str(value or "")
        if _DATE.fullmatch(text):
            context["widget"]["type"] = "date"
        elif _LOCAL_DATETIME.fullmatch(text):
            context["widget"]["type"] = "datetime-local"
            context["widget"]["attrs"]["step"] = "any"
        return context


class ChoiceSelect(forms.Select):
    """A select with many choices, none of them in a group.

    Django renders a template for each option: with some hundred actions, that takes longer
    than the rest of the page.
    """

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        chosen = "" if value is None else str(value)
        return format_html(
            '<select name="{}"{}>\n{}\n</select>',
            name,
            flatatt(self.build_attrs(self.attrs, attrs)),
            _options(tuple(self.choices), chosen),
        )

    def use_required_attribute(self, initial: Any) -> bool:
        """No choice is required: the first is that of all."""
        return False


@lru_cache(maxsize=128)
def _options(choices: tuple[tuple[str, str], ...], chosen: str) -> SafeString:
    # The same on each page in a language, mostly.
    return format_html_join(
        "\n",
        '<option value="{}"{}>{}</option>',
        (
            (key, SafeString(" selected") if str(key) == chosen else "", label)
            for key, label in choices
        ),
    )
