"""What changed between two rows, as the JSON text that an entry stores.

The text is made at once: by the time the entry is written anything may have happened to the
objects. Values of the usual types become text by functions that are chosen by the type, most
of them in C; the text around them is made once for all rows of the same types. What has to be
changed or cut (which is rare, and shows in that text or in an error) is told closely: a field
at a time.
"""

from __future__ import annotations

import datetime
import decimal
import json
import uuid
from collections.abc import Callable, Iterable, Sequence
from operator import call, itemgetter
from typing import Any

from django.db import models

from audit_log.capture.columns import Field
from audit_log.capture.plan import Column, Columns
from audit_log.capture.rows import Row
from audit_log.conf import settings
from audit_log.identity import clean
from audit_log.registry import text_of
from audit_log.values import MAX_DEPTH, canonical, change, dumps, same, to_json

Told = tuple[Column, Any, Any]
"""A field, and its values before and after."""

_encode = json.JSONEncoder(
    ensure_ascii=False,
    check_circular=False,
    allow_nan=False,
    separators=(",", ":"),
    default=to_json,
).encode
_QUOTED = '"%s"'.__mod__  # str() of it, which is quicker than format()
_MASKED = '{"masked":true}'

_TEXTS: dict[type, Callable[[Any], str]] = {
    type(None): lambda value: "null",
    str: json.encoder.encode_basestring,
    bool: ("false", "true").__getitem__,
    int: int.__repr__,
    decimal.Decimal: _QUOTED,
    datetime.date: lambda value: f'"{value.isoformat()}"',
    datetime.datetime: lambda value: f'"{to_json(value)}"',
    uuid.UUID: _QUOTED,
}
"""JSON texts of values of these very types."""


def created(columns: Columns, new: Row, instance: models.Model | None = None) -> str:
    """Return the changes that make a row: all values that are not null."""
    return _whole(columns, new, instance, 0)


def deleted(columns: Columns, old: Row, instance: models.Model | None = None) -> str:
    """Return the changes that end a row: all values that were not null."""
    return _whole(columns, old, instance, 1)


def updated(
    columns: Columns, old: Row | None, new: Row, instance: models.Model | None = None
) -> tuple[str, set[str]]:
    """Return the changes and the names of the fields that differ, masked ones included.

    Without an old row every value that is not null differs. ``instance`` lends the names of
    related objects that it has loaded.
    """
    told: list[Told] = []
    before = None
    for column in columns:
        attname = column.attname
        if old is not None:
            before = old[attname]
        after = new[attname]
        if before is not after and not _same(column, before, after):
            told.append((column, before, after))
    try:
        text = f"{{{','.join([_item(*one, instance) for one in told])}}}"
    except (ValueError, RecursionError):
        text = ""
    if not _is_fine(text, len(told)):
        text = _closely(told, instance)
    return text, {column.name for column, _, _ in told}


def _same(column: Column, before: Any, after: Any) -> bool:
    if same(before, after):
        return True
    # Objects of somebody's own field that equal nothing but themselves: what is stored decides.
    kind = type(before)
    equals: Any = kind.__eq__
    if not column.foreign or kind is not type(after) or equals is not object.__eq__:
        return False
    return bool(_json(column.field, before) == _json(column.field, after))


class _Whole:
    """How rows that come or go are told whose values are of certain types."""

    def __init__(self, columns: Sequence[Column], types: Iterable[type]) -> None:
        kinds = {c: kind for c, kind in zip(columns, types, strict=True) if kind is not type(None)}
        self.fields = len(kinds)
        self.columns = [column for column in kinds if not column.masked]
        self.texts = [_text_of(column, kinds[column]) for column in self.columns]
        self._values = _getter([column.attname for column in self.columns])
        self.related = [(i, column) for i, column in enumerate(self.columns) if column.related]
        self.templates = tuple(
            f"{{{','.join(_template(column, item) for column in kinds)}}}"
            for item in ('{"old":null,"new":%s}', '{"old":%s,"new":null}')
        )

    def text(self, row: Row, instance: models.Model | None, side: int) -> str:
        values = self._values(row)
        texts = list(map(call, self.texts, values))
        if instance is not None and instance._state.__dict__.get("fields_cache"):
            for index, column in self.related:
                before, after = (values[index], None) if side else (None, values[index])
                texts[index] += _names_text(column, before, after, instance)
        return self.templates[side] % tuple(texts)


def _getter(names: Sequence[str]) -> Callable[[Row], Sequence[Any]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda row: [row[name] for name in names]


def _template(column: Column, item: str) -> str:
    return column.key.replace("%", "%%") + (_MASKED if column.masked else item)


def _whole(columns: Columns, row: Row, instance: models.Model | None, side: int) -> str:
    values = columns.values(row, None)
    types = tuple(map(type, values))
    whole: _Whole | None = columns.wholes.get(types)
    if whole is None:
        if len(columns.wholes) >= 1000:
            columns.wholes.clear()
        whole = columns.wholes[types] = _Whole(columns, types)
    try:
        text = whole.text(row, instance, side)
    except (ValueError, RecursionError):
        text = ""
    if _is_fine(text, whole.fields):
        return text
    pairs = zip(columns, values, strict=True)
    told = [(c, value, None) if side else (c, None, value) for c, value in pairs]
    return _closely([one for one in told if one[1] is not one[2]], instance)


def _item(column: Column, before: Any, after: Any, instance: models.Model | None) -> str:
    if column.masked:
        return column.key + _MASKED
    one, two = _text_of(column, type(before))(before), _text_of(column, type(after))(after)
    names = ""
    if column.related and instance is not None:
        names = _names_text(column, before, after, instance)
    return f'{column.key}{{"old":{one},"new":{two}{names}}}'


def _text_of(column: Column, kind: type) -> Callable[[Any], str]:
    """Return what makes JSON text of values of a type; it raises ``ValueError`` for numbers that
    are none, and ``RecursionError``.
    """
    text = _TEXTS.get(kind)
    if text is None and column.foreign:
        field = column.field
        return lambda value: _encode(_json(field, value))
    return text or _encode


def _is_fine(text: str, fields: int) -> bool:
    """Whether nothing of a text has to be removed or cut, nor is nested too deeply."""
    if not 0 < len(text) <= settings.MAX_VALUE_LENGTH or "\\u0000" in text:
        return False
    if text.count("{") + text.count("[") > fields + 1 + MAX_DEPTH:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:  # lone surrogates
        return False
    return True


def _closely(told: Iterable[Told], instance: models.Model | None) -> str:
    limit = settings.MAX_VALUE_LENGTH
    items: dict[str, Any] = {}
    for column, before, after in told:
        if column.masked:
            items[column.name] = {"masked": True}
            continue
        one, two = _json(column.field, before), _json(column.field, after)
        items[column.name] = {
            **change(one, two, limit),
            **_names(column, before, after, instance),
        }
    return dumps(items)


_PLAIN = (str, int, float, list, dict)
_KNOWN = {"datetime", "decimal", "uuid", "builtins", "django.db.models.fields.files"}


def _json(field: Field, value: Any) -> Any:
    if value is None or isinstance(value, _PLAIN) or type(value).__module__ in _KNOWN:
        try:
            return to_json(value)
        except RecursionError:  # JSON is made by C, which can go deeper
            return clean(canonical(value))
    # An object of somebody's own field: as the field would hand it to the database.
    try:
        return to_json(field.get_prep_value(value))
    except Exception:  # noqa: BLE001  # the entry is still written
        return to_json(value)


def _names(
    column: Column, before: Any, after: Any, instance: models.Model | None
) -> dict[str, str]:
    """Return the name of the related object, where it is loaded: of the new one or the old."""
    field: Any = column.field
    if not column.related or instance is None or not field.is_cached(instance):
        return {}
    related = field.get_cached_value(instance)
    key = getattr(related, field.target_field.attname, None)
    if key is None:
        return {}
    if key == after:
        return {"new_repr": text_of(related)}
    return {"old_repr": text_of(related)} if key == before else {}


def _names_text(column: Column, before: Any, after: Any, instance: models.Model) -> str:
    names = _names(column, before, after, instance)
    return "".join(f',"{name}":{_encode(text)}' for name, text in names.items())
