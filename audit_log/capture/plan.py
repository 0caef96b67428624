"""What capturing the rows of one model takes, worked out once for each policy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import models

from audit_log.capture.columns import (
    Field,
    Settle,
    is_fixed,
    is_plain_json,
    plain_type_of,
    settle_of,
)
from audit_log.policies import Policy

SHORT = 500
"""Characters of a value that is no burden, even if there are a thousand of it."""


class Column(NamedTuple):
    """A field whose column is read and told."""

    field: Field
    name: str
    attname: str
    plain: type | None
    """Values of this very type are stored as they are; what others become, ``settle`` says."""
    settle: Settle
    generated: bool
    masked: bool
    related: bool
    foreign: bool
    """Whether values may be objects of somebody's own, or contain them."""
    key: str
    """The name as JSON text, up to where the change begins."""


class Columns(tuple[Column, ...]):
    """Columns that are captured together."""

    attnames: tuple[str, ...]
    wholes: dict[tuple[type, ...], Any]
    """What the diff has made for rows whose values are of these types."""
    generated: bool
    _get: Callable[[Mapping[str, Any]], tuple[Any, ...]] | None
    _looks: dict[tuple[type, ...], tuple[int, ...]]

    def __new__(cls, columns: Iterable[Column]) -> Columns:
        self = super().__new__(cls, columns)
        self.attnames = tuple(column.attname for column in self)
        self.wholes = {}
        self.generated = any(column.generated for column in self)
        self._get = itemgetter(*self.attnames) if len(self) > 1 else None
        self._looks = {}
        return self

    def values(self, of: Mapping[str, Any], missing: Any) -> tuple[Any, ...]:
        """Return the values of an instance's ``__dict__``."""
        if self._get is not None:
            try:
                return self._get(of)
            except KeyError:  # deferred
                pass
        return tuple([of.get(attname, missing) for attname in self.attnames])

    def unsure(self, values: tuple[Any, ...]) -> tuple[int, ...]:
        """Return which of the values may not be stored as they are, by their types alone."""
        types = tuple(map(type, values))
        look = self._looks.get(types)
        if look is None:
            if len(self._looks) >= 1000:
                self._looks.clear()
            look = self._looks[types] = tuple(
                index
                for index, (column, kind) in enumerate(zip(self, types, strict=True))
                if column.generated or (kind is not column.plain and kind is not type(None))
            )
        return look


class Plan:
    """How rows of one audited model are captured."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        mask = policy.mask
        self._columns = {f.attname: _column(f, f.name in mask) for f in policy.columns}
        key_fields: Sequence[Field] = policy.model._meta.pk_fields
        self.told = self.columns(policy.fields)
        """What an entry tells, where nothing says otherwise."""
        self.updated = self.columns(f for f in policy.fields if f not in key_fields)
        """What an UPDATE may change: not the key."""
        self.keys = self.columns(key_fields)
        self.inserted = self.columns(
            [*policy.fields, *(f for f in key_fields if f not in policy.fields)]
        )
        self.is_child = bool(policy.model._meta.parents)
        self.refers = bool(policy.references) or bool(policy.model._meta.all_parents)
        """Whether entries may have references."""

    def columns(self, fields: Iterable[Field]) -> Columns:
        """Return the columns of some of the fields that are read."""
        return Columns(self._columns[field.attname] for field in fields)


def is_long(field: Field) -> bool:
    """Whether a field's values may have many characters."""
    length = getattr(field, "max_length", None)
    scalar = not isinstance(field, models.CharField | models.TextField | models.BinaryField)
    return not scalar and (length is None or length > SHORT)


def _column(field: Field, masked: bool) -> Column:
    return Column(
        field=field,
        name=field.name,
        attname=field.attname,
        plain=plain_type_of(field),
        settle=settle_of(field),
        generated=field.generated,
        masked=masked,
        related=field.is_relation,
        foreign=not is_fixed(field) and not is_plain_json(field),
        key=f"{json.dumps(field.name, ensure_ascii=False)}:",
    )


def plan_of(policy: Policy) -> Plan:
    """Return the plan of a policy."""
    plan: Plan | None = policy.compiled.get("")
    if plan is None:
        plan = policy.compiled[""] = Plan(policy)
    return plan
