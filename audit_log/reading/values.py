"""One stored value as people read it: always plain text, never markup."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from audit_log.reading.text_differences import CONTEXT, Part, differences

Kind: TypeAlias = Literal[
    "absent", "null", "empty", "text", "boolean", "number", "choice", "object", "json"
]

# Characters that steer the direction of text, or that nobody sees or tells from a space: with
# them one text passes for another (Unicode Technical Report 36, "Unicode Security
# Considerations"; Unicode Standard, "Default_Ignorable_Code_Point").
_UNSEEN = (
    "\u0000-\u0008\u000b-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5"
    "\u180b-\u180f\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f-\u206f\u2800\u3164\ufeff\uffa0"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff"
)
# A part of Persian words, of emoji and of East Asian names: these count only beside ASCII.
_JOINERS = "\u200c\u200d\u3000"
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_ASCII = "\u0000-\u007f"
_HIDDEN = re.compile(
    f"[{_UNSEEN}]|(?<![^{_ASCII}])[{_JOINERS}]|[{_JOINERS}](?![^{_ASCII}])"
    # Keycaps are the one emoji that begins with ASCII. Several in a row can hold a message.
    f"|(?<![^{_ASCII}])[{_SELECTORS}](?!\u20e3)|(?<=[{_SELECTORS}])[{_SELECTORS}]"
)
_NO_BREAK_SPACE = "\u00a0"
LONG = 50_000
"""Characters of a value whose words are compared where only a part of it is shown."""

_EDGE = " \t\n"
_EDGE_MARKS = str.maketrans({" ": "␣", "\t": "⇥", "\n": "↵\n"})


@dataclass(frozen=True)
class Value:
    """A value to show.

    ``kind`` tells apart what would read alike: a missing value, an empty text and the text
    "None". ``raw`` is the stored form where ``text`` says it in other words (a choice's name,
    a related object's name, a local time). ``sha256`` is the digest of the whole value where
    only its beginning was stored.
    """

    kind: Kind
    text: str
    raw: str = ""
    sha256: str = ""
    parts: tuple[Part, ...] = ()
    """The text in pieces, where it is worth telling which of them changed."""

    def __str__(self) -> str:
        return self.text

    @property
    def is_nothing(self) -> bool:
        """Whether ``text`` describes that there is nothing, instead of being the value."""
        return self.kind in {"absent", "null", "empty"}


def absent() -> Value:
    """Return what stands before a creation and after a deletion."""
    return Value("absent", "—")


def value_of(stored: Any, field: models.Field[Any, Any] | None = None, name: str = "") -> Value:
    """Return a stored JSON value as people read it.

    ``field`` is the model's field, where there still is one; ``name`` is what a related
    object was called when the entry was written.
    """
    if stored is None:
        return Value("null", _("no value"))
    if name:
        return Value("object", visible(name), visible(str(stored)))
    if (choice := _choice_of(stored, field)) is not None:
        return Value("choice", visible(choice), visible(str(stored)))
    if stored == "" and not isinstance(field, models.JSONField):
        return Value("empty", _("empty text"))
    if isinstance(stored, bool):
        return Value("boolean", _("yes") if stored else _("no"), "true" if stored else "false")
    if isinstance(stored, dict | list) or isinstance(field, models.JSONField):
        return Value("json", json_text(stored))
    if isinstance(stored, int | float):
        return Value("number", str(stored))
    text = str(stored)
    if isinstance(field, models.DateTimeField) and (local := _local_time(text)) is not None:
        return Value("text", local, text)
    return Value("text", visible(text))


def compared(before: Value, after: Value, length: int | None = None) -> tuple[Value, Value]:
    """Return two values with their differing words marked, where that helps.

    With ``length`` about so many characters of each are shown, from where they begin to differ;
    of very long ones no words are compared then, as there may be many such values on a page.
    """
    is_comparable = before.kind == after.kind and before.kind in {"text", "json"} and not before.raw
    if is_comparable and (length is None or max(len(before.text), len(after.text)) <= LONG):
        old, new = differences(before.text, after.text, length)
        if old:
            return replace(before, parts=old), replace(after, parts=new)
    return (before, after) if length is None else _shortened(before, after, length)


def _shortened(before: Value, after: Value, length: int) -> tuple[Value, Value]:
    if max(len(before.text), len(after.text)) <= length:
        return before, after
    pairs = enumerate(zip(before.text, after.text, strict=False))
    shorter = min(len(before.text), len(after.text))
    parting = next((place for place, (old, new) in pairs if old != new), shorter)
    start = max(0, parting - CONTEXT)
    return _excerpt(before, start, length), _excerpt(after, start, length)


def visible(text: str) -> str:
    """Return ``text`` with what nobody would see in it spelled out.

    Direction-changing and invisible characters become ``[U+202E]``, no-break spaces ``⍽``;
    spaces, tabs and line breaks at the beginning and at the end become ``␣``, ``⇥`` and ``↵``.
    """
    if type(text) is str and text.isascii() and text.isprintable() and text[:1] != " " != text[-1:]:
        return text
    text = text.replace("\r\n", "\n")
    if _HIDDEN.search(text):
        text = _HIDDEN.sub(_spelled_out, text)
    start = len(text) - len(text.lstrip(_EDGE))
    end = max(start, len(text.rstrip(_EDGE)))
    return text[:start].translate(_EDGE_MARKS) + text[start:end] + text[end:].translate(_EDGE_MARKS)


def _spelled_out(match: re.Match[str]) -> str:
    # The one that is common in honest texts has a sign of its own.
    return "⍽" if match[0] == _NO_BREAK_SPACE else f"[U+{ord(match[0]):04X}]"


def json_text(value: Any) -> str:
    """Return ``value`` as indented JSON in which invisible characters are escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    # Line breaks are the indentation's: those of values are escaped already.
    return _HIDDEN.sub(lambda match: json.dumps(match[0])[1:-1], text)


def _choice_of(stored: Any, field: models.Field[Any, Any] | None) -> str | None:
    if field is None or isinstance(stored, dict | list):
        return None
    for value, label in getattr(field, "flatchoices", ()):
        # A choice may be a date, a number or an enumeration: compared as it is stored.
        if value is not None and (stored == value or str(stored) == str(value)):
            return str(label)
    return None


def _local_time(text: str) -> str | None:
    try:
        moment = parse_datetime(text)
        if moment is None:
            return None
        if timezone.is_aware(moment):
            moment = timezone.localtime(moment)
    except (ValueError, OverflowError):
        # The first and the last day of the calendar have no time in every zone.
        return None
    return _spelled(moment)


def _spelled(moment: datetime.datetime) -> str:
    spelled = moment.replace(tzinfo=None).isoformat(" ")
    return f"{spelled} {moment:%Z}" if moment.tzinfo else spelled


def _excerpt(value: Value, start: int, length: int) -> Value:
    text = value.text[start : start + length]
    before = "…" if start else ""
    after = "…" if start + length < len(value.text) else ""
    return replace(value, text=f"{before}{text}{after}")


def as_mapping(value: Any) -> Mapping[str, Any]:
    """Return ``value`` where it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}
