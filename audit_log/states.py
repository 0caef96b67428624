"""What an object's fields held at a moment, from the log alone."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from audit_log import tales
from audit_log.registry import policy_for
from audit_log.tales import Told

if TYPE_CHECKING:
    from audit_log.querysets import AuditEntryQuerySet

Status: TypeAlias = Literal["known", "masked", "truncated", "unknown"]


@dataclass(frozen=True)
class FieldState:
    """What one field held.

    ``status`` is ``"known"``: ``value`` is it, as entries store values (JSON; of a many-to-many
    field a list of ``{"id", "repr"}``). ``"truncated"``: ``value`` is the beginning of its text,
    ``sha256`` the digest of the whole. ``"masked"``: it is not recorded. ``"unknown"``: the log
    does not tell. ``repr`` is what a related object was called, where that was recorded.
    """

    status: Status
    value: Any = None
    repr: str = ""
    sha256: str = ""


MASKED = FieldState("masked")
UNKNOWN = FieldState("unknown")


@dataclass(frozen=True)
class ObjectState:
    """An object as it was at a moment, as far as the log tells.

    ``exists`` is ``None`` where the log begins after ``at``. Only of an object that exists
    there are ``fields``, by name, in the order of the model's; those of a model that is gone
    in the order of their names. ``known_since`` is when the log of this object begins: with its
    creation (``is_whole``), else with the first entry about it, from which on its state is
    known. ``entry_id`` is the newest entry that it rests on, ``repr`` what the object is
    called there.
    """

    target_type: str
    target_id: str
    at: datetime.datetime
    exists: bool | None
    fields: Mapping[str, FieldState] = field(default_factory=dict)
    repr: str = ""
    known_since: datetime.datetime | None = None
    is_whole: bool = False
    entry_id: uuid.UUID | None = None
    rests_on: frozenset[uuid.UUID] = frozenset()
    """Every entry that had a part in it."""

    @property
    def values(self) -> dict[str, Any]:
        """The values that are known, by field."""
        return {name: one.value for name, one in self.fields.items() if one.status == "known"}


def state_at(
    entries: AuditEntryQuerySet, target_type: str, target_id: str, at: datetime.datetime
) -> ObjectState:
    """Return the state of an object at ``at``, after what occurred in that very moment.

    ``entries`` are all of one database, unfiltered. They are read backward from the moment,
    some hundred to some thousand in a query, until the object's creation; where that is not
    recorded, further on from the moment for what the next changes found.
    """
    told = tales.Reader(entries, target_type, target_id)
    newest = told.newest(at)
    if newest is None:
        first = told.first_after(at)
        began = first is not None and told.begins(first)
        return ObjectState(
            target_type,
            target_id,
            at,
            False if began else None,
            known_since=None if first is None or began else first.occurred_at,
            rests_on=frozenset(told.used),
        )
    if not told.lives(newest):
        return ObjectState(
            target_type,
            target_id,
            at,
            False,
            repr=newest.target_repr,
            entry_id=newest.id,
            rests_on=frozenset(told.used),
        )
    return _Sum(told, newest).state(at)


class _Sum:
    """The entries of one life of an object, added up."""

    def __init__(self, told: tales.Reader, newest: Told) -> None:
        self._told = told
        self._newest = newest
        self._fields: dict[str, FieldState] = {}
        # Of each many-to-many field: what was last said of each object, ``None``: removed.
        self._relations: dict[str, dict[str, Any]] = {}
        self._model = told.model
        self._policy = None if told.model is None else policy_for(told.model)

    def state(self, at: datetime.datetime) -> ObjectState:
        oldest, is_whole = self._newest, False
        for entry, begins in self._told.backward(at):
            oldest, is_whole = entry, begins
            self._add(self._told.changes(entry))
        self._relate(is_whole)
        self._complete(is_whole, at)
        return ObjectState(
            self._told.target_type,
            self._told.target_id,
            at,
            True,
            self._ordered(),
            self._newest.target_repr,
            oldest.occurred_at,
            is_whole,
            self._newest.id,
            frozenset(self._told.used),
        )

    def _add(self, changes: Mapping[str, Any]) -> None:
        for name, parts in changes.items():
            if name in self._fields:
                continue
            if "added" in parts or "removed" in parts:
                known = self._relations.setdefault(name, {})
                for item in _items(parts.get("removed")):
                    known.setdefault(str(item["id"]), None)
                for item in _items(parts.get("added")):
                    known.setdefault(str(item["id"]), item)
            elif (found := _side(parts, "new")) is not None:
                self._fields[name] = found

    def _relate(self, is_whole: bool) -> None:
        names = set(self._relations)
        if self._policy is not None:
            fields: list[Any] = [*self._policy.model._meta.many_to_many]
            names |= {
                many.name
                for many in fields
                if many.remote_field.through._meta.auto_created
                and many.name not in self._policy.exclude
            }
        for name in names - self._fields.keys():
            known = self._relations.get(name, {})
            there = [known[key] for key in sorted(known) if known[key] is not None]
            self._fields[name] = FieldState("known", there) if is_whole else UNKNOWN

    def _complete(self, is_whole: bool, at: datetime.datetime) -> None:
        if self._policy is None:
            if not is_whole:
                self._fields |= self._ahead(None, at)
            return
        missing = {one.name: one for one in self._policy.fields if one.name not in self._fields}
        wanted = set()
        for name, one in missing.items():
            if name in self._policy.mask:
                self._fields[name] = MASKED
            elif is_whole and one.null:
                # A creation tells all values that are not null.
                self._fields[name] = FieldState("known", None)
            else:
                self._fields[name] = UNKNOWN
                wanted.add(name)
        if wanted:
            self._fields |= self._ahead(wanted, at)

    def _ahead(self, wanted: set[str] | None, at: datetime.datetime) -> dict[str, FieldState]:
        """Return what the next changes of some fields found there; ``None``: of all others."""
        found: dict[str, FieldState] = {}
        for entry in self._told.forward(at):
            changes = self._told.changes(entry)
            for name, parts in changes.items():
                if name in found or (
                    name in self._fields if wanted is None else name not in wanted
                ):
                    continue
                if (side := _side(parts, "old")) is not None:
                    found[name] = side
            if self._told.ends(entry) and wanted is not None and changes:
                # A deletion tells all values that were not null.
                for name in wanted - found.keys():
                    found[name] = FieldState("known", None)
            if wanted is not None and wanted <= found.keys():
                break
        return found

    def _ordered(self) -> dict[str, FieldState]:
        model = self._model
        fields = [] if model is None else [*model._meta.concrete_fields, *model._meta.many_to_many]
        places = {one.name: place for place, one in enumerate(fields)}
        names = sorted(self._fields, key=lambda name: (places.get(name, len(places)), name))
        return {name: self._fields[name] for name in names}


def _side(parts: Mapping[str, Any], side: str) -> FieldState | None:
    if parts.get("masked") is True:
        return MASKED
    if side not in parts:
        return None
    digest = str(parts.get(f"{side}_sha256") or "")
    name = str(parts.get(f"{side}_repr") or "")
    return FieldState("truncated" if digest else "known", parts[side], name, digest)


def _items(stored: Any) -> Iterable[Mapping[str, Any]]:
    for item in stored if isinstance(stored, list) else ():
        if isinstance(item, Mapping) and "id" in item:
            yield item
