"""The entries that tell one row's life: which they are, where it begins and where it ends."""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from django.apps import apps

from audit_log.identity import key_text
from audit_log.registry import key_text_of, policy_for
from audit_log.uuid7 import key_range
from audit_log.vocabulary import EventType, Outcome

if TYPE_CHECKING:
    from django.db import models

    from audit_log.querysets import AuditEntryQuerySet

FIRST, MOST = 100, 5_000
"""How many entries the first query of many reads, and the last: each reads twice the one before."""


class Told(NamedTuple):
    """What is read of an entry."""

    id: uuid.UUID
    occurred_at: datetime.datetime
    event_type: str
    action: str
    target_type: str
    target_id: str
    target_repr: str
    changes: Any


class Reader:
    """Reads the entries of one object; ``used`` are the ids of those that mattered.

    With multi-table inheritance an entry of a child or a parent is about the same row, in part.
    A row whose key was changed is followed to the key that it had before.
    """

    def __init__(self, entries: AuditEntryQuerySet, target_type: str, target_id: str) -> None:
        self.target_type = target_type
        self.target_id = target_id
        self.used: set[uuid.UUID] = set()
        # What failed did not happen.
        self._entries = entries.exclude(outcome=Outcome.FAILURE)
        try:
            self.model: type[models.Model] | None = apps.get_model(target_type)
        except (LookupError, ValueError):
            self.model = None

    # What an entry says

    def changes(self, entry: Told) -> dict[str, Mapping[str, Any]]:
        """Return what an entry tells about the object's own fields, by name."""
        told = entry.changes if isinstance(entry.changes, Mapping) else {}
        found = {name: parts for name, parts in told.items() if isinstance(parts, Mapping)}
        if entry.target_type in self._children:
            return {name: parts for name, parts in found.items() if name in self._names}
        return found

    def begins(self, entry: Told) -> bool:
        """Whether the row came with this entry, or came to this key."""
        if self._old_key(entry) is not None:
            return True
        if entry.event_type != EventType.CREATE or entry.target_type not in self._own:
            return False
        changes = self.changes(entry)
        by_itself = self._is_by_itself(entry, "create")
        if not changes:
            return by_itself and entry.target_type == self.target_type
        if not all(_is_one_sided(parts, "old") for parts in changes.values()):
            return False
        # An action of the host's own may look like it.
        return by_itself or not self._is_there(entry.target_id, entry.id)

    def ends(self, entry: Told) -> bool:
        """Whether the row went with this entry."""
        if entry.event_type != EventType.DELETE or entry.target_type not in self._own:
            return False
        changes = self.changes(entry)
        if not changes:
            return self._is_by_itself(entry, "delete") and entry.target_type == self.target_type
        return all(_is_one_sided(parts, "new") for parts in changes.values())

    def lives(self, newest: Told) -> bool:
        """Whether the row is there after the newest entry about it."""
        return not self.ends(newest) and newest.target_id == self.target_id

    def _is_by_itself(self, entry: Told, verb: str) -> bool:
        model = self._models.get(entry.target_type)
        policy = None if model is None else policy_for(model)
        known = entry.action.rpartition(".")[2] if policy is None else policy.action(verb)
        return entry.action == known or (policy is None and known == verb)

    # Reading

    def newest(self, at: datetime.datetime) -> Told | None:
        """Return the newest entry until ``at`` about the row's life, or that took its key away.

        Of parents only what changed the row, as its values are theirs.
        """
        entries = self._until(self._entries, at)
        own = self._one(self._of(entries, self.target_id, self._own).order_by("-pk"))
        return self._newest(entries, self.target_id, own)

    def first_after(self, at: datetime.datetime) -> Told | None:
        """Return the first entry about the row's life after ``at``."""
        return next(self._ascending(at, self._own), None)

    def backward(self, at: datetime.datetime) -> Iterator[tuple[Told, bool]]:
        """Yield the entries of this life until ``at``, newest first, and whether it begins so."""
        key, entries, was_followed = self.target_id, self._until(self._entries, at), False
        last: uuid.UUID | None = None
        while True:
            for entry in self._descending(entries, key, last):
                last = entry.id
                if self.ends(entry):
                    return
                old_key = self._old_key(entry)
                if old_key is not None and was_followed and self._is_there(key, entry.id):
                    # Two rows changed places: this one came as ours went.
                    continue
                begins = old_key is None and self.begins(entry)
                self.used.add(entry.id)
                yield entry, begins
                if begins:
                    return
                if old_key is not None:
                    key, was_followed = old_key, True
                    break
            else:
                return

    def forward(self, at: datetime.datetime) -> Iterator[Told]:
        """Yield the entries of this life after ``at``, oldest first, its end among them."""
        for entry in self._ascending(at, self._types):
            if self.begins(entry):
                return
            yield entry
            if self.ends(entry):
                return

    def _descending(
        self, entries: AuditEntryQuerySet, key: str, before: uuid.UUID | None
    ) -> Iterator[Told]:
        size = FIRST
        found = self._of(entries, key, self._types).order_by("-pk")
        while True:
            batch = self._rows(found if before is None else found.filter(pk__lt=before), size)
            yield from batch
            if len(batch) < size:
                return
            before, size = batch[-1].id, min(2 * size, MOST)

    def _ascending(self, at: datetime.datetime, types: list[str]) -> Iterator[Told]:
        size = FIRST
        lowest, _highest = key_range(at, None)
        entries = self._entries.filter(occurred_at__gt=at)
        found = self._of(entries, self.target_id, types).order_by("pk")
        while True:
            batch = self._rows(found if lowest is None else found.filter(pk__gt=lowest), size)
            for entry in batch:
                self.used.add(entry.id)
                yield entry
            if len(batch) < size:
                return
            lowest, size = batch[-1].id, min(2 * size, MOST)

    def _until(self, entries: AuditEntryQuerySet, at: datetime.datetime) -> AuditEntryQuerySet:
        _lowest, highest = key_range(None, at)
        return entries.filter(occurred_at__lte=at, pk__lte=highest)

    def _of(self, entries: AuditEntryQuerySet, key: str, types: list[str]) -> AuditEntryQuerySet:
        if len(types) == 1:
            return entries.filter(target_id=key, target_type=types[0])
        return entries.filter(target_id=key, target_type__in=types)

    def _rows(self, entries: AuditEntryQuerySet, size: int) -> list[Told]:
        return [Told(*row) for row in entries.values_list(*Told._fields)[:size]]

    def _one(self, entries: AuditEntryQuerySet) -> Told | None:
        found = next(iter(self._rows(entries, 1)), None)
        if found is not None:
            self.used.add(found.id)
        return found

    # Keys that change

    def _is_there(self, key: str, before: uuid.UUID) -> bool:
        """Whether a row had the key before an entry."""
        entries = self._entries.filter(pk__lt=before)
        own = self._one(self._of(entries, key, self._own).order_by("-pk"))
        newest = self._newest(entries, key, own)
        return newest is not None and not self.ends(newest) and newest.target_id == key

    def _newest(self, entries: AuditEntryQuerySet, key: str, own: Told | None) -> Told | None:
        """Return ``own``, the newest entry with the key, or the one that took the key away."""
        if own is None or not self._key_changes:
            return own
        references = entries.model._meta.get_field("references").related_model
        referring = references._base_manager.using(entries.db).filter(
            target_id=key, target_type__in=self._own
        )
        leaving = entries.filter(
            pk__in=referring.values("entry_id"), pk__gt=own.id, target_type__in=self._own
        ).exclude(target_id=key)
        for entry in self._rows(leaving.order_by("-pk"), MOST):
            if self._old_key(entry) == key:
                self.used.add(entry.id)
                if self._old_key(own) is not None and self._is_there(key, own.id):
                    # Two rows changed places: it was the other one that left.
                    return own
                return entry
        return own

    def _old_key(self, entry: Told) -> str | None:
        """Return the key that the row had before, where the entry changes it."""
        if entry.event_type != EventType.UPDATE or not self._key_changes:
            return None
        assert self.model is not None
        fields = self.model._meta.pk_fields
        changes = self.changes(entry)
        if not any("old" in changes.get(one.name, ()) for one in fields):
            return None
        if len(fields) == 1:
            return key_text_of(self.model, changes[fields[0].name]["old"])
        parts = zip(fields, json.loads(entry.target_id), strict=True)
        return key_text([changes.get(one.name, {}).get("old", part) for one, part in parts])

    @cached_property
    def _key_changes(self) -> bool:
        policy = None if self.model is None else policy_for(self.model)
        if self.model is None or policy is None:
            return False
        keys = {one.name for one in self.model._meta.pk_fields}
        return any(one.name in keys for one in policy.fields)

    # Multi-table inheritance

    @cached_property
    def _models(self) -> dict[str, type[models.Model]]:
        """The models whose entries can be about the row, by their target types."""
        model = self.model
        if model is None:
            return {}
        family = [
            other
            for other in apps.get_models()
            if not other._meta.proxy
            and (model in other._meta.all_parents or other in model._meta.all_parents)
        ]
        return {other._meta.label_lower: other for other in [model, *family]}

    @cached_property
    def _children(self) -> set[str]:
        return {
            name for name, other in self._models.items() if self.model in other._meta.all_parents
        }

    @cached_property
    def _own(self) -> list[str]:
        """The types whose rows are, or have, a row of the model."""
        return [self.target_type, *sorted(self._children)]

    @cached_property
    def _types(self) -> list[str]:
        return sorted({self.target_type, *self._models})

    @cached_property
    def _names(self) -> set[str]:
        assert self.model is not None
        meta = self.model._meta
        return {one.name for one in [*meta.concrete_fields, *meta.many_to_many]}


def _is_one_sided(parts: Mapping[str, Any], empty: str) -> bool:
    if parts.get("masked") is True:
        return True
    return "old" in parts and "new" in parts and parts[empty] is None
