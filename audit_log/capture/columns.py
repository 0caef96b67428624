"""Columns: what a field's value will be once it is stored.

An entry says what the database holds, not what the instance was given. For most values
the two are known to be the same thing: an ``int`` in an ``IntegerField``. Where that is
not known (an expression, a text for a number, a field of somebody's own) the value is
``UNSETTLED``, and the row is read back.
"""

from __future__ import annotations

import datetime
import decimal
import inspect
import json
import math
import uuid
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings as django_settings
from django.db import models
from django.db.models.fields.files import FieldFile
from django.utils.timezone import is_aware

if TYPE_CHECKING:
    Field = models.Field[Any, Any]
else:  # not subscriptable when it runs
    Field = models.Field


class _Unsettled:
    def __repr__(self) -> str:
        return "UNSETTLED"


UNSETTLED: Final = _Unsettled()
"""Only the database knows what was stored."""

Settle = Callable[[Any], Any]

# What a subclass overrides to store something else than it was given.
_CONVERTERS = (
    "pre_save",
    "to_python",
    "get_placeholder",
    "get_placeholder_sql",
    "get_prep_value",
    "get_db_prep_value",
    "get_db_prep_save",
    "from_db_value",
    "get_db_converters",
    "db_type",
)


@cache
def settle_of(field: Field) -> Settle:
    """Return the function that gives a field's value as it is stored, or ``UNSETTLED``."""
    if field.generated or not _has_plain_attribute(field):
        return _never
    if isinstance(field, models.ForeignKey):
        return settle_of(field.target_field) if _plain(field, models.ForeignKey) else _never
    for base, make in _SETTLES.items():
        if isinstance(field, base):
            return make(field) if _plain(field, base) else _never
    return _never


def plain_type_of(field: Field) -> type | None:
    """Return the type whose values (not those of subclasses) a field stores as they are."""
    if isinstance(field, models.ForeignKey):
        return plain_type_of(field.target_field) if _plain(field, models.ForeignKey) else None
    kind: type | None = getattr(settle_of(field), "kind", None)
    return kind


@cache
def is_fixed(field: Field) -> bool:
    """Whether a field's values, as they are stored, are known to be of types that do not
    change in place.
    """
    if isinstance(field, models.ForeignKey):
        return _plain(field, models.ForeignKey) and is_fixed(field.target_field)
    if isinstance(field, models.JSONField):
        return False
    return any(isinstance(field, base) and _plain(field, base) for base in _SETTLES)


def is_plain_json(field: Field) -> bool:
    """Whether a field's values, as they are stored, are just what JSON has."""
    return (
        isinstance(field, models.JSONField)
        and field.decoder is None
        and _plain(field, models.JSONField)
    )


def _plain(field: Field, base: type[Field]) -> bool:
    # Subclasses that only add validators, like EmailField, store like their base.
    return all(
        getattr(type(field), name, None) is getattr(base, name, None)
        or type(field).__module__.startswith("django.db.models.")
        for name in _CONVERTERS
    )


def keeps_attribute(field: Field) -> bool:
    """Whether what a field writes is what its attribute holds after ``pre_save``."""
    module: str = type(field).pre_save.__module__
    return module.startswith("django.") and _has_plain_attribute(field)


def _has_plain_attribute(field: Field) -> bool:
    # A descriptor of somebody's own may give another value than the one in ``__dict__``.
    model = getattr(field, "model", None)
    descriptor = None if model is None else inspect.getattr_static(model, field.attname, None)
    return descriptor is None or type(descriptor).__module__.startswith("django.db.models.")


def _never(value: Any) -> Any:
    return None if value is None else UNSETTLED


def _exactly(kind: type) -> Callable[[Field], Settle]:
    def settle(value: Any) -> Any:
        if type(value) is kind or value is None:
            return value
        # Other enum members are stored in a way of their driver's.
        if isinstance(value, models.Choices) and type(value.value) is kind:
            return value.value
        return UNSETTLED

    settle.kind = kind  # type: ignore[attr-defined]
    return lambda field: settle


def _float(value: Any) -> Any:
    if value is None or (type(value) is float and math.isfinite(value)):
        return value
    return UNSETTLED


def _bytes(value: Any) -> Any:
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else _never(value)


def _datetime(value: Any) -> Any:
    if type(value) is datetime.datetime:
        aware = value.tzinfo is datetime.UTC or is_aware(value)
        if aware == django_settings.USE_TZ:
            return value
    return _never(value)


def _file(value: Any) -> Any:
    if isinstance(value, str | FieldFile):
        return str(value)
    return _never(value)


def _decimal(field: Any) -> Settle:
    places, digits = field.decimal_places, field.max_digits
    # SQLite keeps decimals as floats, exact up to 15 digits.
    if places is None or digits is None or digits > 15:
        return _never
    unit = decimal.Decimal(1).scaleb(-places)

    def settle(value: Any) -> Any:
        if type(value) is decimal.Decimal and value.same_quantum(unit):
            return value or unit * 0
        if type(value) is int:
            value = decimal.Decimal(value)
        elif type(value) is not decimal.Decimal or not value.is_finite():
            return _never(value)
        # No database keeps a negative zero.
        stored = value.quantize(unit, context=_WIDE) or unit * 0
        return stored if stored == value else UNSETTLED

    return settle


# No traps: what does not fit becomes not-a-number, which equals nothing.
_WIDE = decimal.Context(prec=60, traps=[])


def _json(field: Any) -> Settle:
    encoder, decoder = field.encoder, field.decoder

    def settle(value: Any) -> Any:
        if value is None:
            return None
        if decoder is not None or hasattr(value, "resolve_expression"):
            return UNSETTLED
        if encoder is None and _is_plain_json(value, _DEPTH):
            return value
        floats: list[str] = []
        try:
            stored = json.loads(json.dumps(value, cls=encoder), parse_float=floats.append)
        except (TypeError, ValueError):
            return UNSETTLED
        # PostgreSQL rewrites some floats: 1e22 comes back as an integer.
        return UNSETTLED if floats else stored

    return settle


_DEPTH = 5
_SCALARS = {str, int, bool, type(None)}


def _is_plain_json(value: Any, depth: int) -> bool:
    """Whether a value, not too deep, comes back from JSON as it went in, on any database."""
    kind = type(value)
    if kind in _SCALARS:
        return True
    if kind is float:
        # PostgreSQL keeps decimals: 1e22 comes back as an integer, -0.0 without its sign.
        text = repr(value)
        return text[-1].isdigit() and "e" not in text and text != "-0.0"
    if depth == 0 or (kind is not dict and kind is not list):
        return False
    if kind is dict:
        for key in value:
            if type(key) is not str:
                return False
        value = value.values()
    for item in value:
        if type(item) not in _SCALARS and not _is_plain_json(item, depth - 1):
            return False
    return True


_SETTLES: dict[type[Field], Callable[[Field], Settle]] = {
    models.BooleanField: _exactly(bool),
    models.IntegerField: _exactly(int),
    models.FloatField: lambda field: _float,
    models.DecimalField: _decimal,
    models.DateTimeField: lambda field: _datetime,
    models.DateField: _exactly(datetime.date),
    models.TimeField: _exactly(datetime.time),
    models.DurationField: _exactly(datetime.timedelta),
    models.UUIDField: _exactly(uuid.UUID),
    models.BinaryField: lambda field: _bytes,
    models.FileField: lambda field: _file,
    models.JSONField: _json,
    models.CharField: _exactly(str),
    models.TextField: _exactly(str),
}
