"""What changed between two rows, as the JSON text that an entry stores."""

from __future__ import annotations

import datetime
import decimal
import json.encoder
import math
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from django.db import models

from audit_log.capture.columns import Field
from audit_log.capture.plan import SHORT, Column, Columns
from audit_log.capture.rows import Row
from audit_log.conf import settings
from audit_log.identity import clean
from audit_log.registry import text_of
from audit_log.values import MAX_DEPTH, change, dumps, same, to_json


class Changes:
    """What an entry tells, from which its JSON text is made when it is written.

    By then anything may have happened to the objects: what is not known to stay as it is
    (and what is long) is text already.
    """

    __slots__ = ("_limit", "_told", "characters")

    def __init__(self) -> None:
        self._limit = settings.MAX_VALUE_LENGTH
        self._told: list[str | tuple[Column, Any, Any]] = []
        self.characters = 0

    def add(self, column: Column, before: Any, after: Any, instance: models.Model | None) -> None:
        """Tell that a field changed."""
        if _can_wait(column, before, instance) and _can_wait(column, after, instance):
            self._told.append((column, before, after))
        else:
            text = _change(column, before, after, self._limit, instance)
            self._told.append(text)
            self.characters += len(text)

    def text(self) -> str:
        """Return ``changes`` as an entry stores them."""
        limit = self._limit
        told = [
            item if isinstance(item, str) else _change(*item, limit, None) for item in self._told
        ]
        return f"{{{','.join(told)}}}"


class OneSided:
    """The changes of a row that came or went: all values that are not null."""

    __slots__ = ("_after", "_before", "_columns", "_limit", "_row", "_texts", "characters")

    def __init__(
        self, columns: Columns, row: Row, instance: models.Model | None, *, came: bool
    ) -> None:
        self._limit = settings.MAX_VALUE_LENGTH
        self._columns = columns
        self._row = row
        self._before, self._after = ('{"old":null,"new":', "}") if came else _WENT
        self._texts: dict[str, str] = {}
        self.characters = 0
        for column in columns.hasty:
            value = row[column.attname]
            if value is not None and not _can_wait(column, value, instance):
                before, after = (None, value) if came else (value, None)
                text = _change(column, before, after, self._limit, instance)
                self._texts[column.attname] = text
                self.characters += len(text)

    def text(self) -> str:
        """Return ``changes`` as an entry stores them."""
        row, texts, before, after = self._row, self._texts, self._before, self._after
        limit = self._limit
        told: list[str] = []
        for column in self._columns:
            attname = column.attname
            value = row[attname]
            if value is None:
                continue
            kind = type(value)
            simple = None if column.masked else _TEXTS.get(kind)
            if attname in texts:
                told.append(texts[attname])
            elif simple is not None and (kind is not str or len(value) <= limit):
                told.append(f"{column.key}{before}{simple(value)}{after}")
            else:
                old, new = (value, None) if before == _WENT[0] else (None, value)
                told.append(_change(column, old, new, limit, None))
        return f"{{{','.join(told)}}}"


_WENT = ('{"old":', ',"new":null}')


def _can_wait(column: Column, value: Any, instance: models.Model | None) -> bool:
    if not column.fixed:
        return column.masked or value is None
    if column.related:
        return instance is None or not column.field.is_cached(instance)  # type: ignore[attr-defined]
    if not column.long or value is None:
        return True
    # SQLite keeps whatever it is given, a number in a column of texts too.
    return isinstance(value, str | bytes) and len(value) <= SHORT


def created(columns: Columns, new: Row, instance: models.Model | None = None) -> OneSided:
    """Return the changes that make a row: all values that are not null."""
    return OneSided(columns, new, instance, came=True)


def deleted(columns: Columns, old: Row, instance: models.Model | None = None) -> OneSided:
    """Return the changes that end a row: all values that were not null."""
    return OneSided(columns, old, instance, came=False)


def updated(
    columns: Iterable[Column], old: Row | None, new: Row, instance: models.Model | None = None
) -> tuple[Changes, set[str]]:
    """Return the changes and the names of the fields that differ, masked ones included.

    Without an old row every value that is not null differs. ``instance`` lends the names of
    related objects that it has loaded.
    """
    changes = Changes()
    changed: set[str] = set()
    before = None
    for column in columns:
        if old is not None:
            before = old[column.attname]
        after = new[column.attname]
        if before is after or same(before, after):
            continue
        changed.add(column.name)
        changes.add(column, before, after, instance)
    return changes, changed


def _change(
    column: Column, before: Any, after: Any, limit: int, instance: models.Model | None
) -> str:
    """Return the change of a field as JSON text, with its name."""
    if column.masked:
        return column.key + '{"masked":true}'
    names: dict[str, str] = {}
    if column.related and instance is not None and column.field.is_cached(instance):  # type: ignore[attr-defined]
        names = _names_of_related(column.field, instance, before, after)
    one, two = _text(before, limit), _text(after, limit)
    if one is None or two is None:
        entry = change(_json(column.field, before), _json(column.field, after), limit)
        return column.key + dumps({**entry, **names})
    further = "".join(f',"{name}":{_str(text)}' for name, text in names.items())
    return f'{column.key}{{"old":{one},"new":{two}{further}}}'


def _text(value: Any, limit: int) -> str | None:
    """Return a value as JSON text, or ``None`` where that takes a closer look."""
    kind = type(value)
    if kind is str and len(value) > limit:
        return None
    simple = _TEXTS.get(kind)
    return _nested_text(value, limit) if simple is None else simple(value)


def _nested_text(value: Any, limit: int) -> str | None:
    text = _nested(value, MAX_DEPTH)
    # Surely not too long with white space either.
    return None if text is None or 2 * len(text) > limit else text


def _nested(value: Any, depth: int) -> str | None:
    kind = type(value)
    texts: list[str] = []
    if depth <= 0:
        return None
    if kind is dict:
        for key, item in value.items():
            simple = _TEXTS.get(type(item))
            text = _nested(item, depth - 1) if simple is None else simple(item)
            if text is None or type(key) is not str:
                return None
            texts.append(f"{_str(key)}:{text}")
        return f"{{{','.join(texts)}}}"
    if kind is list:
        for item in value:
            simple = _TEXTS.get(type(item))
            text = _nested(item, depth - 1) if simple is None else simple(item)
            if text is None:
                return None
            texts.append(text)
        return f"[{','.join(texts)}]"
    return None


_quote = json.encoder.encode_basestring


def _str(value: str) -> str:
    return _quote(value if value.isascii() and "\x00" not in value else clean(value))


def _datetime(value: datetime.datetime) -> str:
    if value.tzinfo is datetime.UTC:
        return f'"{value.replace(tzinfo=None).isoformat("T", "microseconds")}Z"'
    return f'"{to_json(value)}"'


_TEXTS: dict[type, Callable[[Any], str]] = {
    type(None): lambda value: "null",
    str: _str,
    bool: lambda value: "true" if value else "false",
    int: repr,
    float: lambda value: repr(value) if math.isfinite(value) else f'"{to_json(value)}"',
    decimal.Decimal: lambda value: f'"{value}"',
    datetime.date: lambda value: f'"{value.isoformat()}"',
    datetime.datetime: _datetime,
    uuid.UUID: lambda value: f'"{value}"',
}

_PLAIN = (str, int, float, list, dict)


def _json(field: Field, value: Any) -> Any:
    if value is None or isinstance(value, _PLAIN) or type(value).__module__ in _KNOWN:
        return to_json(value)
    # An object of somebody's own field: as the field would hand it to the database.
    try:
        return to_json(field.get_prep_value(value))
    except Exception:  # noqa: BLE001  # the entry is still written
        return to_json(value)


_KNOWN = {"datetime", "decimal", "uuid", "builtins", "django.db.models.fields.files"}


def _names_of_related(
    field: Field, instance: models.Model, before: Any, after: Any
) -> dict[str, str]:
    related = field.get_cached_value(instance)  # type: ignore[attr-defined]
    if related is None:
        return {}
    key = getattr(related, field.target_field.attname, None)  # type: ignore[attr-defined]
    if key is not None and key == after:
        return {"new_repr": text_of(related)}
    if key is not None and key == before:
        return {"old_repr": text_of(related)}
    return {}
