"""The log replayed from its start: the tables as the entries tell them."""

from __future__ import annotations

import json
from typing import Any

from django.apps import apps
from django.db import models

from audit_log import registry
from audit_log.capture.rows import rows_of
from audit_log.identity import key_text
from audit_log.models import AuditEntry
from audit_log.values import canonical, to_json

Tables = dict[str, dict[str, dict[str, Any]]]
"""Model label → key → field → value as JSON; null is left out."""


def replay(using: str = "default") -> Tables:
    """Return the tables after the last entry; fails where an entry contradicts those before."""
    tables: Tables = {}
    # Rows whose key another row has taken: they move in the same statement.
    displaced: Tables = {}
    for entry in AuditEntry.objects.using(using).order_by("id"):
        model = apps.get_model(entry.target_type)
        line = [model, *(parent for parent in model._meta.all_parents)]
        key = entry.target_id
        if entry.event_type == "create":
            for table in line:
                assert table is not model or key not in rows(tables, table), entry
                rows(tables, table).setdefault(key, {})
        old_key = moved_from(entry, model)
        if old_key is not None:
            for table in line:
                found, waiting = rows(tables, table), rows(displaced, table)
                row = waiting.pop(old_key) if old_key in waiting else found.pop(old_key)
                if key in found:
                    waiting[key] = found[key]
                found[key] = row
        assert key in rows(tables, model), (entry, entry.changes)
        for name, change in entry.changes.items():
            if change == {"masked": True}:
                continue
            field = model._meta.get_field(name)
            apply(rows(tables, field.model).setdefault(key, {}), name, change, entry)
        if entry.event_type == "delete":
            for table in line:
                left = rows(tables, table).pop(key)
                # Relations of what goes itself are not told one by one.
                told = [name for name in left if not table._meta.get_field(name).many_to_many]
                if told and table is not model:  # a parent that stays
                    rows(tables, table)[key] = left
                else:
                    assert not told, (entry, left)
    assert not any(displaced.values()), displaced
    return {label: found for label, found in tables.items() if found}


def rows(tables: Tables, model: type[models.Model]) -> dict[str, dict[str, Any]]:
    return tables.setdefault(model._meta.label, {})


def moved_from(entry: AuditEntry, model: type[models.Model]) -> str | None:
    fields = model._meta.pk_fields
    if entry.event_type != "update" or not any(field.name in entry.changes for field in fields):
        return None
    parts = [entry.target_id] if len(fields) == 1 else json.loads(entry.target_id)
    old = [
        key_text(entry.changes[field.name]["old"]) if field.name in entry.changes else part
        for field, part in zip(fields, parts, strict=True)
    ]
    return key_text(old if len(fields) > 1 else old[0])


def apply(row: dict[str, Any], name: str, change: dict[str, Any], entry: AuditEntry) -> None:
    if "added" in change:
        before = set(row.get(name, ()))
        added = {item["id"] for item in change["added"]}
        removed = {item["id"] for item in change["removed"]}
        assert not before & added, (entry, before, change)
        assert removed <= before, (entry, before, change)
        row[name] = sorted(before - removed | added)
        if not row[name]:
            del row[name]
        return
    assert canonical(row.get(name)) == canonical(change["old"]), (entry, row.get(name), change)
    if change["new"] is None:
        row.pop(name, None)
    else:
        row[name] = change["new"]


def stored(*wanted: type[models.Model], using: str = "default") -> Tables:
    """Return the tables as they are, in the same form."""
    tables: Tables = {}
    for model in wanted:
        for instance in rows_of(model, using):
            row: dict[str, Any] = {}
            for field in model._meta.local_concrete_fields:
                automatic = field.primary_key and isinstance(field, models.AutoField)
                hidden = field.name in registry.policy_for(model).mask
                if automatic or hidden or getattr(field.remote_field, "parent_link", False):
                    continue
                value = to_json(getattr(instance, field.attname))
                if value is not None:
                    row[field.name] = value
            for many in model._meta.local_many_to_many:
                if not many.remote_field.through._meta.auto_created:
                    continue  # a table of its own
                found = getattr(instance, many.name).using(using).values_list("pk", flat=True)
                if found:
                    row[many.name] = sorted(key_text(key) for key in found)
            rows(tables, model)[key_text(instance.pk)] = row
    return tables
