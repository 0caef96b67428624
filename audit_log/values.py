"""Values as JSON, and whether two of them are the same to the database."""

from __future__ import annotations

import base64
import datetime
import decimal
import enum
import hashlib
import json
import math
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models.fields.files import FieldFile
from django.utils.duration import duration_iso_string
from django.utils.functional import Promise
from django.utils.timezone import is_aware

from audit_log.identity import clean

MAX_DEPTH = 20

Json: TypeAlias = Any
"""``None``, ``bool``, ``int``, ``float``, ``str``, or lists and string-keyed dicts of them."""


def to_json(value: Any) -> Json:
    """Return a value as JSON stores it, without loss where JSON allows it.

    Dates and datetimes ISO 8601 (aware ones in UTC, ``Z``, microseconds); ``Decimal``,
    ``UUID`` and ``timedelta`` (ISO 8601 duration) as text; bytes as base64; files by name;
    not-a-number and infinities as ``"NaN"``, ``"Infinity"``, ``"-Infinity"``; enum members by
    value; NUL and lone surrogates removed. Anything else becomes ``str(value)``.
    """
    kind = type(value)
    if kind is str:
        return clean(value)
    if value is None or kind is bool or kind is int:
        return value
    simple = _TO_JSON.get(kind)
    if simple is not None:
        return simple(value)
    return _other_to_json(value)


def _float_to_json(value: float) -> Json:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def _datetime_to_json(value: datetime.datetime) -> str:
    text = value.isoformat(timespec="microseconds")
    if text.endswith("+00:00"):
        return f"{text[:-6]}Z"
    if is_aware(value):
        value = value.astimezone(datetime.UTC).replace(tzinfo=None)
        return value.isoformat(timespec="microseconds") + "Z"
    return text


def _mapping_to_json(value: Mapping[Any, Any]) -> Json:
    return {clean(str(to_json(key))): to_json(item) for key, item in value.items()}


def _list_to_json(value: Iterable[Any]) -> Json:
    return [to_json(item) for item in value]


def _bytes_to_json(value: bytes | bytearray | memoryview) -> str:
    return base64.b64encode(bytes(value)).decode("ascii")


_TO_JSON: dict[type, Any] = {
    float: _float_to_json,
    datetime.datetime: _datetime_to_json,
    datetime.date: datetime.date.isoformat,
    datetime.time: datetime.time.isoformat,
    datetime.timedelta: duration_iso_string,
    decimal.Decimal: str,
    uuid.UUID: str,
    bytes: _bytes_to_json,
    bytearray: _bytes_to_json,
    memoryview: _bytes_to_json,
    dict: _mapping_to_json,
    list: _list_to_json,
    tuple: _list_to_json,
}


def _other_to_json(value: Any) -> Json:
    if isinstance(value, enum.Enum):
        return to_json(value.value)
    if isinstance(value, FieldFile):
        return clean(value.name or "")
    if isinstance(value, Promise | str):
        return clean(str(value))
    if isinstance(value, set | frozenset):
        return sorted((to_json(item) for item in value), key=canonical)
    for base, convert in _TO_JSON.items():
        if isinstance(value, base):
            return convert(value)
    if isinstance(value, int):
        return int(value)
    # The ranges of contrib.postgres, whose bounds psycopg 2 does not tell otherwise.
    if {"lower", "upper", "lower_inc", "upper_inc"} <= set(dir(value)):
        if getattr(value, "isempty", False):
            return {"empty": True}
        return {
            "lower": to_json(value.lower),
            "upper": to_json(value.upper),
            "bounds": f"{'[' if value.lower_inc else '('}{']' if value.upper_inc else ')'}",
        }
    return clean(str(value))


def canonical(value: Any) -> str:
    """Return one text for equal JSON values: keys sorted, ``1``, ``1.0`` and ``true`` apart."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, cls=DjangoJSONEncoder)


_encoder = DjangoJSONEncoder(ensure_ascii=False, separators=(",", ":"))


def dumps(value: Json) -> str:
    """Return the JSON text that an entry stores, without white space."""
    return _encoder.encode(value)


_COMPARED = {str, int, bool, decimal.Decimal, datetime.date, uuid.UUID}


_JSON_TYPES = {bool, int, float}


def same(old: Any, new: Any) -> bool:
    """Whether two values, both as the database gives them, are equal there.

    ``1.0`` is ``1.00`` as a decimal; inside JSON ``1`` is neither ``1.0`` nor ``true``;
    the order of keys is no difference; not-a-number is itself.
    """
    if old is new:
        return True
    kind = type(old)
    if kind is type(new):
        if kind in _COMPARED:
            # What is unequal to itself is NaN.
            return bool(old == new or (kind is decimal.Decimal and old != old and new != new))
        if kind is dict or kind is list:
            try:
                return _same_items(old, new)
            except RecursionError:  # JSON is made by C, which can go deeper
                return canonical(old) == canonical(new)
        if isinstance(old, dict | list):
            return canonical(to_json(old)) == canonical(to_json(new))
    elif (
        (kind in _JSON_TYPES and type(new) in _JSON_TYPES)
        or isinstance(old, dict | list)
        or isinstance(new, dict | list)
    ):
        return False
    if kind is type(new) is datetime.datetime and is_aware(old) and is_aware(new):
        # Across zones Python takes no two moments of a repeated hour for equal (PEP 495).
        old, new = old.astimezone(datetime.UTC), new.astimezone(datetime.UTC)
    if kind is memoryview:  # of psycopg 2: of characters, which equal no bytes
        old, new = bytes(old), bytes(new) if type(new) is memoryview else new
    elif type(new) is memoryview:
        new = bytes(new)
    try:
        return bool(old == new or (old != old and new != new))
    except Exception:  # noqa: BLE001  # somebody's __eq__; the stored form decides
        return bool(to_json(old) == to_json(new))


def _same_items(old: Any, new: Any) -> bool:
    if len(old) != len(new):
        return False
    if type(old) is dict:
        return old.keys() == new.keys() and all(_same_item(old[key], new[key]) for key in old)
    return all(map(_same_item, old, new))


def _same_item(old: Any, new: Any) -> bool:
    return type(old) is type(new) and same(old, new)


def is_deeper(value: Json, depth: int) -> bool:
    """Whether lists and objects are nested in more than ``depth`` levels."""
    level: list[Any] = [value]
    while level and depth > 0:
        depth -= 1
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(v for v in item.values() if isinstance(v, dict | list))
            elif isinstance(item, list):
                inner.extend(v for v in item if isinstance(v, dict | list))
        level = inner
    return bool(level)


def change(old: Json, new: Json, limit: int) -> dict[str, Any]:
    """Return ``{"old": …, "new": …}``; what is longer than ``limit`` characters is cut.

    Then ``"truncated"`` is true, and ``"old_sha256"`` / ``"new_sha256"`` hold the digest
    of the full text in UTF-8 (of the canonical JSON text, for lists and objects). Lists and
    objects that are nested too deeply are told as that text.
    """
    result: dict[str, Any] = {"old": old, "new": new}
    for side in ("old", "new"):
        value = result[side]
        if isinstance(value, dict | list) and is_deeper(value, MAX_DEPTH):
            # MariaDB takes JSON of 32 levels, the entry's own among them.
            result[side] = value = canonical(value)
        if isinstance(value, dict | list):
            # Measured by its text, which is only made where it may be too long.
            text = canonical(value)
            if len(text) <= limit:
                continue
        elif isinstance(value, str) and len(value) > limit:
            text = value
        else:
            continue
        result[side] = text[:limit]
        result["truncated"] = True
        result[f"{side}_sha256"] = hashlib.sha256(text.encode()).hexdigest()
    return result
