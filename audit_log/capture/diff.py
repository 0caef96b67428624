"""What changed between two rows, as an entry tells it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models

from audit_log.capture.columns import Field
from audit_log.capture.rows import Row
from audit_log.conf import settings
from audit_log.policies import Policy
from audit_log.registry import text_of
from audit_log.values import change, same, to_json


def diff(
    policy: Policy,
    fields: Iterable[Field],
    old: Row | None,
    new: Row | None,
    instance: models.Model | None = None,
) -> tuple[dict[str, Any], set[str]]:
    """Return ``changes`` and the names of the fields that differ, masked ones included.

    No row on one side means that the object is created or deleted: every value that is not
    null then differs. ``instance`` lends the names of related objects that it has loaded.
    """
    limit = settings.MAX_VALUE_LENGTH
    changes: dict[str, Any] = {}
    changed: set[str] = set()
    field: Any
    for field in fields:
        before = None if old is None else old[field.attname]
        after = None if new is None else new[field.attname]
        if same(before, after):
            continue
        changed.add(field.name)
        if field.name in policy.mask:
            changes[field.name] = {"masked": True}
            continue
        entry = change(_json(field, before), _json(field, after), limit)
        if field.is_relation and instance is not None and field.is_cached(instance):
            _name_related(entry, field, instance, before, after)
        changes[field.name] = entry
    return changes, changed


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


def _name_related(
    entry: dict[str, Any], field: Field, instance: models.Model, before: Any, after: Any
) -> None:
    related = field.get_cached_value(instance)  # type: ignore[attr-defined]
    if related is None:
        return
    key = getattr(related, field.target_field.attname, None)  # type: ignore[attr-defined]
    if key is not None and key == after:
        entry["new_repr"] = text_of(related)
    elif key is not None and key == before:
        entry["old_repr"] = text_of(related)
