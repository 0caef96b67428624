"""Instances of the application's own, asked for their text and left as they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from django.db import models
from django.utils.functional import LazyObject

# Django 6.1: querysets whose instances refuse to load what they lack.
_REFUSES: Any = getattr(models, "FETCH_RAISE", None)


class untouched:  # noqa: N801  # used like a function
    """Let an instance be asked for its text, its tenant and the like, and leave no trace.

    A column that it has not loaded (``only()``, ``defer()``) is taken from ``rows``, or loaded,
    and is not there any more afterwards: its next save would write it, stale by then. A fetch
    mode that refuses to load is the application's for itself.
    """

    __slots__ = ("_missing", "_mode", "_rows", "_state", "_values")

    def __init__(self, instance: Any, rows: Iterable[Mapping[str, Any] | None] = ()) -> None:
        if isinstance(instance, LazyObject):  # as request.user is
            assert issubclass(instance.__class__, models.Model)  # which finds out
            instance = instance.__dict__["_wrapped"]
        self._values: dict[str, Any] = instance.__dict__
        self._state: dict[str, Any] = instance._state.__dict__
        self._rows = rows
        self._missing: frozenset[str] = frozenset()
        model: Any = type(instance)
        names = _columns(model)
        if not self._values.keys() >= names:
            self._missing = names - self._values.keys()
        self._mode = self._state.get("fetch_mode")

    def __enter__(self) -> None:
        if self._missing:
            for row in self._rows:
                if row is not None:
                    self._values.update({n: row[n] for n in self._missing & row.keys()})
        if self._mode is not None and self._mode is _REFUSES:
            self._state["fetch_mode"] = models.FETCH_ONE

    def __exit__(self, *exc_info: object) -> None:
        for name in self._missing:
            self._values.pop(name, None)
        if self._mode is not None:
            self._state["fetch_mode"] = self._mode


def is_whole(instance: models.Model) -> bool:
    """Whether an instance has all its columns, and may load what it refers to."""
    mode = instance._state.__dict__.get("fetch_mode")
    if mode is not None and mode is _REFUSES:
        return False
    model: Any = type(instance)
    return instance.__dict__.keys() >= _columns(model)


@cache
def _columns(model: type[models.Model]) -> frozenset[str]:
    return frozenset(field.attname for field in model._meta.concrete_fields)
