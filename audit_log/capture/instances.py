"""Model instances of rows that were read without them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from functools import cache
from typing import Any

from django.db import models
from django.db.models.base import ModelState
from django.db.models.fields.files import FileDescriptor
from django.db.models.fields.related_descriptors import ForeignKeyDeferredAttribute
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import post_init, pre_init

from audit_log.capture.rows import Row, reader_of_all, rows_of
from audit_log.journal.buffer import buffer_of

Make = Callable[[Row], models.Model]
_KNOWN = {DeferredAttribute, FileDescriptor, ForeignKeyDeferredAttribute}


def maker(model: type[models.Model], using: str) -> Make:
    """Return the function that makes an instance of a row, as if it had been read.

    Columns that are not in the row are deferred. Where nobody could tell the difference (no
    ``__init__``, ``__setattr__``, ``from_db``, receivers or descriptors of the host's own), the
    instance is made without the constructor, which takes longer than all else that is done for
    a row.
    """
    if _is_plain(model):

        def make(row: Row) -> models.Model:
            instance = model.__new__(model)
            values = instance.__dict__
            state = values["_state"] = ModelState()
            state.adding = False
            state.db = using
            values.update(row)
            return instance

        return make
    return lambda row: model.from_db(using, list(row), list(row.values()))


FEW = 8


def by_key(
    using: str, *asked: tuple[type[models.Model], Collection[Any]]
) -> list[dict[Any, models.Model]]:
    """Return, for each model and keys, the instances that are there, by key."""
    buffer = buffer_of(using)
    found: list[dict[Any, models.Model]] = [{} for _ in asked]
    few = []
    for index, (model, keys) in enumerate(asked):
        if 0 < len(keys) <= FEW and len(model._meta.pk_fields) == 1:
            few.append((index, reader_of_all(model, using), list(keys)))
        elif keys:
            found[index] = rows_of(model, using).in_bulk(keys)
    connection = buffer.connection
    statements = [reader.statement_of_all(connection, keys) for _, reader, keys in few]
    for (index, reader, _), rows in zip(few, buffer.fetch(statements), strict=True):
        make = maker(reader.model, using)
        instances = [make(reader.convert(row, connection)) for row in rows]
        found[index] = {instance.pk: instance for instance in instances}
    return found


def _is_plain(model: type[models.Model]) -> bool:
    return (
        _has_plain_class(model)
        and not pre_init.has_listeners(model)
        and not post_init.has_listeners(model)
    )


@cache
def _has_plain_class(model: Any) -> bool:
    base: Any = models.Model
    return (
        model.__init__ is base.__init__
        and model.__setattr__ is base.__setattr__
        and model.from_db.__func__ is base.from_db.__func__
        and all(
            type(inspect.getattr_static(model, field.attname, None)) in _KNOWN
            for field in model._meta.concrete_fields
        )
    )
