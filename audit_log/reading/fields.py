"""Form fields of the filters: each returns what can be asked for, or says what would be right."""

from __future__ import annotations

import datetime
import difflib
import ipaddress
import re
from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit_log.identity import MAX_ID_LENGTH
from audit_log.reading.moments import parse_moment
from audit_log.reading.values import visible

MAX_SHOWN = 100
"""Characters of a wrong value that its message repeats."""


class TextField(forms.CharField):
    """Text that a database can compare with: no NUL, no lone surrogates, not too long."""

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)

    def run_validators(self, value: Any) -> None:
        refuse_surrogates(value)
        super().run_validators(value)


class SearchField(TextField):
    """Words, of which each must be found."""

    MAX_WORDS = 10

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if len(text.split()) > self.MAX_WORDS:
            raise ValidationError(
                _("Search for at most %(limit)s words."),
                code="invalid",
                params={"limit": self.MAX_WORDS},
            )
        return text


class MomentField(TextField):
    """A date or datetime, see :func:`audit_log.reading.moments.parse_moment`."""

    def __init__(self, *, end: bool = False, **kwargs: Any) -> None:
        self.end = end
        super().__init__(max_length=64, **kwargs)

    def clean(self, value: Any) -> datetime.datetime | None:
        text = super().clean(value)
        return parse_moment(text, end=self.end) if text else None


class WordField(forms.ChoiceField):
    """One of a list of words; one that has left the list is right where it is stored still.

    ``pairs()`` returns the words with their labels.
    """

    def __init__(
        self,
        *,
        what: str | Promise,
        choices: Callable[[], Iterable[tuple[str, str]]],
        max_length: int = 64,
        **kwargs: Any,
    ) -> None:
        self.what = what
        self.max_length = max_length
        self.is_stored: Callable[[str], bool] | None = None
        self.pairs = choices
        super().__init__(choices=choices, **kwargs)

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).strip()

    def validate(self, value: Any) -> None:
        """Raise ``ValidationError`` for a word that is neither known nor stored."""
        if value and value not in (known := [word for word, _label in self.pairs() if word]):
            self._refuse_unknown(value, known)

    def _refuse_unknown(self, value: str, known: list[str]) -> None:
        if len(value) <= self.max_length and "\x00" not in value and self.is_stored is not None:
            refuse_surrogates(value)
            if self.is_stored(value):
                # Still shown as chosen.
                pairs = [*self.pairs(), (value, visible(value))]
                self.choices, self.pairs = pairs, lambda: pairs
                return
        raise unknown_word(value, known, self.what)


class ObjectField(TextField):
    """``app_label.model:id`` → ``(target_type, target_id)``."""

    is_stored: Callable[[str, str], bool] | None = None

    def __init__(self, *, types: Callable[[], list[str]], **kwargs: Any) -> None:
        self.types = types
        super().__init__(max_length=201 + 1 + MAX_ID_LENGTH, strip=False, **kwargs)

    def clean(self, value: Any) -> tuple[str, str] | None:
        text = super().clean(value)
        if not text:
            return None
        target_type, colon, target_id = text.partition(":")
        if not (target_type and colon and target_id) or len(target_id) > MAX_ID_LENGTH:
            raise ValidationError(
                _("“%(value)s” names no object. Write app_label.model:id, like auth.user:7."),
                code="invalid",
                params={"value": shown(text)},
            )
        known = self.types()
        if target_type not in known and not (
            self.is_stored and self.is_stored(target_type, target_id)
        ):
            raise unknown_word(target_type, known, _("target type"))
        return target_type, target_id


class UserKeyField(TextField):
    """The primary key of a user, of whatever type the project's user model has."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_ID_LENGTH, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        key = key_of_users()
        try:
            if isinstance(key, models.IntegerField) and not re.fullmatch(r"-?[0-9]+", text):
                raise ValidationError(_("Write a whole number."), code="invalid")
            found = key.to_python(text)
            key.run_validators(found)
        except ValidationError as error:
            raise ValidationError(
                _("“%(value)s” is no key of a user: %(why)s"),
                code="invalid",
                params={"value": shown(text), "why": " ".join(error.messages)},
            ) from error
        return found


class AddressField(TextField):
    """An IP address, in the form in which it is stored."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=64, **kwargs)

    def clean(self, value: Any) -> str | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            address = None
        # No database stores the interface that a link-local address may name.
        if address is None or "%" in text:
            raise ValidationError(
                _("“%(value)s” is no IP address. Write it like 192.0.2.7 or 2001:db8::7."),
                code="invalid",
                params={"value": shown(text)},
            )
        return str(address)


def unknown_word(value: str, known: list[str], what: str | Promise) -> ValidationError:
    """Return the error that says which words are near, or which there are."""
    near = difflib.get_close_matches(value[:MAX_SHOWN], known, n=3)
    few = near or known[:8]
    params = {"value": shown(value), "what": what, "known": ", ".join(few)}
    if near:
        message = _("“%(value)s” is not a known %(what)s. Near to it: %(known)s.")
    elif len(few) < len(known):
        message = _("“%(value)s” is not a known %(what)s. There are, among others: %(known)s.")
    else:
        message = _("“%(value)s” is not a known %(what)s. There are: %(known)s.")
    return ValidationError(message, code="invalid_choice", params=params)


def refuse_surrogates(value: Any) -> None:
    """Raise ``ValidationError`` for text that no encoding of Unicode can hold."""
    try:
        str(value).encode()
    except UnicodeEncodeError as error:
        raise ValidationError(
            _("Write text: this holds half a character (a lone surrogate)."), code="invalid"
        ) from error


def shown(value: str) -> str:
    """Return a wrong value as its message repeats it: short, and encodable."""
    text = value if len(value) <= MAX_SHOWN else value[:MAX_SHOWN] + "…"
    return visible(text).encode("utf-8", "replace").decode()


def key_of_users() -> models.Field[Any, Any]:
    """Return the primary key of the project's user model."""
    key = get_user_model()._meta.pk
    # A profile or child model's key is its parent's.
    while isinstance(key, models.ForeignKey):
        key = key.target_field
    return key
