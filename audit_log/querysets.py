"""How entries are asked for, and that they are never changed."""

from __future__ import annotations

import datetime
import uuid
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

from django.conf import settings
from django.db import models
from django.db.models.sql.where import AND
from django.utils import timezone

from audit_log.exceptions import AppendOnly
from audit_log.identity import parents_named, parents_of
from audit_log.periods import occurred
from audit_log.registry import target_of
from audit_log.states import ObjectState, state_at
from audit_log.uuid7 import key_range
from audit_log.words import holding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.base_user import AbstractBaseUser

    from audit_log.models import AuditEntry  # noqa: F401  # the class below is of it

ModelT = TypeVar("ModelT", bound=models.Model)


def _refuse(operation: str) -> Any:
    def refused(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly(f"{operation} is refused: entries of the audit log are append-only.")

    refused.__name__ = operation.partition("(")[0]
    refused.alters_data = True  # type: ignore[attr-defined]  # never called by a template
    return refused


class AppendOnlyQuerySet(models.QuerySet[ModelT]):
    """A queryset that reads and adds."""

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        """Add rows. Raises :exc:`AppendOnly` for ``update_conflicts``."""
        if kwargs.get("update_conflicts") or (len(args) > 2 and args[2]):
            _refuse("bulk_create(update_conflicts=True)")(self)
        return super().bulk_create(objs, *args, **kwargs)

    update = _refuse("update()")
    aupdate = _refuse("aupdate()")
    delete = _refuse("delete()")
    adelete = _refuse("adelete()")
    bulk_update = _refuse("bulk_update()")
    abulk_update = _refuse("abulk_update()")
    update_or_create = _refuse("update_or_create()")
    aupdate_or_create = _refuse("aupdate_or_create()")


class United(models.Subquery):
    """The keys in several ranges, each of which is found in an index."""

    template = "(SELECT * FROM (%(subquery)s) AS audit_log_keys)"

    def __init__(self, ranges: Sequence[models.QuerySet[Any, Any]]) -> None:
        # Not the querysets: pickled, they would be evaluated.
        self._queries = [keys.query for keys in ranges]
        self._using = ranges[0].db
        super().__init__(ranges[0].union(*ranges[1:], all=True).order_by())

    @property
    def is_disjoint(self) -> bool:
        """Whether no key is in two of them: no entry refers to its own target."""
        return len(self._queries) == 2

    @property
    def _ranges(self) -> list[models.QuerySet[Any, Any]]:
        return [
            models.QuerySet(query.model, query=query.chain(), using=self._using)
            for query in self._queries
        ]

    def within(self, lowest: uuid.UUID | None, highest: uuid.UUID | None) -> United:
        """Return those of the keys that lie between two; ``None`` is no bound."""
        bounds = {"gte": lowest, "lte": highest}
        return United(
            [
                keys.filter(
                    **{
                        f"{_key_of(keys)}__{side}": bound
                        for side, bound in bounds.items()
                        if bound is not None
                    }
                )
                for keys in self._ranges
            ]
        )

    def some(self, number: int, pin: uuid.UUID | None = None) -> models.QuerySet[Any, Any]:
        """Return ``number`` of the keys at most; with ``pin`` none that is newer."""
        ranges = self._ranges if pin is None else self.within(None, pin)._ranges
        return ranges[0].union(*ranges[1:], all=True).order_by()[:number]

    def newest(self, length: int) -> models.Func:
        """Return the newest keys of each range, ``length`` of them at most."""
        found = []
        for keys in self._ranges:
            newest = keys.order_by(f"-{_key_of(keys)}")[:length]
            found.append(models.Subquery(newest, template="(%(subquery)s) AS audit_log_range"))
        return models.Func(
            *found,
            template="(SELECT * FROM (SELECT * FROM %(expressions)s) AS audit_log_keys)",
            arg_joiner=" UNION ALL SELECT * FROM ",
        )


def _key_of(keys: models.QuerySet[Any, Any]) -> str:
    (name,) = keys.query.values_select
    return str(name)


def united(listing: models.QuerySet[Any, Any]) -> United | None:
    """Return the ranges whose keys a queryset has, where nothing else chooses from them."""
    conditions = listing.query.where.children
    keys = getattr(conditions[0], "rhs", None) if len(conditions) == 1 else None
    return keys if isinstance(keys, United) else None


class AuditEntryQuerySet(AppendOnlyQuerySet["AuditEntry"]):
    """Entries, by the questions that people have."""

    _keys: tuple[uuid.UUID | None, uuid.UUID | None] = (None, None)

    def _clone(self) -> AuditEntryQuerySet:
        clone: AuditEntryQuerySet = super()._clone()  # type: ignore[misc]
        clone._keys = self._keys
        return clone

    def __or__(self, other: Any) -> Any:
        return self._of_any_key(super().__or__(other))

    def __xor__(self, other: Any) -> Any:
        return self._of_any_key(super().__xor__(other))

    def _of_any_key(self, either: Any) -> Any:
        # What is known of the keys of one says nothing of the other's.
        if either is self or not either.has_key_range:
            return either
        either = either._chain()
        either._keys = (None, None)
        return either

    def for_object(self, obj: models.Model) -> AuditEntryQuerySet:
        """Entries of ``obj``, as target or as reference, newest first.

        With multi-table inheritance also those of its parents' rows.

        Raises ``ValueError`` for an object that has no primary key (any more).
        """
        return self._of([target_of(obj), *parents_of(obj)])

    def for_target(self, target_type: str, target_id: str) -> AuditEntryQuerySet:
        """Like :meth:`for_object`, for an object that may be gone.

        ``target_type`` is ``"app_label.model"``, ``target_id`` the key as text.
        """
        return self._of([(target_type, target_id), *parents_named(target_type, target_id)])

    def _of(self, targets: list[tuple[str, str]]) -> AuditEntryQuerySet:
        if any("\x00" in part for target in targets for part in target):
            # None is stored; PostgreSQL would not even be asked for one.
            return self.none()
        # A key range each, with an index of its own, instead of an OR that has none; as a
        # derived table, or MariaDB would look into the ranges again for each entry.
        references = self.model._meta.get_field("references").related_model
        ranges = []
        for target_type, target_id in targets:
            wanted = {"target_type": target_type, "target_id": target_id}
            entries = self.model._base_manager.using(self.db).filter(**wanted)
            referring = references._base_manager.using(self.db).filter(**wanted)
            ranges += [entries.order_by().values("pk"), referring.order_by().values("entry_id")]
        return self.filter(pk__in=United(ranges)).order_by("-id")

    def state_of(self, obj: models.Model, at: datetime.datetime | None = None) -> ObjectState:
        """Return what the fields of ``obj`` held at ``at`` (now, if left out), from the log alone.

        ``obj`` names the object: what its own fields hold does not matter, ``License(pk=7)``
        will do for one that is gone. It rests on all entries of the database, however this
        queryset is filtered: a part of them would tell something else than what was.

        Raises ``ValueError`` for an object without a primary key, and for an ``at`` that is
        naive where ``USE_TZ`` is on, or aware where it is off.
        """
        return self.state_of_target(*target_of(obj), at=at)

    def state_of_target(
        self, target_type: str, target_id: str, at: datetime.datetime | None = None
    ) -> ObjectState:
        """Like :meth:`state_of`, for an object that may be gone.

        ``target_type`` is ``"app_label.model"``, ``target_id`` the key as text.
        """
        moment = timezone.now() if at is None else at
        if timezone.is_aware(moment) != settings.USE_TZ:
            kind = "an aware" if settings.USE_TZ else "a naive"
            raise ValueError(f"at is {kind} datetime, as USE_TZ asks for, not {moment!r}.")
        entries = self.model._base_manager.using(self.db)
        return state_at(cast("AuditEntryQuerySet", entries.all()), target_type, target_id, moment)

    def by_actor(self, user: AbstractBaseUser | Any) -> AuditEntryQuerySet:
        """Entries that ``user`` (a user or a user's key) left, newest first."""
        return self.filter(actor_id=getattr(user, "pk", user)).order_by("-id")

    def between(
        self, a: datetime.datetime | None, b: datetime.datetime | None
    ) -> AuditEntryQuerySet:
        """Entries that occurred from ``a`` to ``b``, both inclusive and aware; ``None``: open."""
        first, last = key_range(a, b)
        bounds = {"pk__gte": first, "pk__lte": last}
        return self.filter(
            occurred(self.db, since=a, until=b),
            **{name: bound for name, bound in bounds.items() if bound is not None},
        )

    def search(self, text: str) -> AuditEntryQuerySet:
        """Entries in which every word of ``text`` is found.

        Looked at: the action's name and label, the target's text, type and key, the actor's
        text, the reason, the address, the correlation id, references' keys and the entry's own id.
        """
        references = self.model._meta.get_field("references").related_model
        entries = self
        for word in text.replace("\x00", "").split():
            referring = references._base_manager.using(self.db)
            entries = entries.filter(holding(word, referring, self.db))
        return entries

    def within_keys(
        self, lowest: uuid.UUID | None, highest: uuid.UUID | None
    ) -> AuditEntryQuerySet:
        """The same entries, of which is known that their ids are in that range.

        See :meth:`in_key_range`; ``None`` is no bound.
        """
        entries = self._chain()  # type: ignore[attr-defined]
        entries._keys = (lowest, highest)
        return cast("AuditEntryQuerySet", entries)

    def in_key_range(self) -> AuditEntryQuerySet:
        """The same entries, looked for only where :meth:`within_keys` says that they are.

        Newest first they are found at once then, however many are newer than all of them.
        """
        if not self.has_key_range:
            return self
        lowest, highest = self._keys
        where = self.query.where
        for condition in where.children if where.connector == AND else ():
            if isinstance(keys := getattr(condition, "rhs", None), United):
                # Of many keys all would be looked for, wherever they are.
                entries = self.filter(pk__in=keys.within(lowest, highest))
                entries.query.where.children.remove(condition)
                return entries
        entries = self if lowest is None else self.filter(pk__gte=lowest)
        return entries if highest is None else entries.filter(pk__lte=highest)

    @property
    def has_key_range(self) -> bool:
        """Whether :meth:`within_keys` gave any bound."""
        return self._keys != (None, None)

    def started_at(self, pin: uuid.UUID) -> AuditEntryQuerySet:
        """Entries as old as the entry ``pin`` or older: a listing that nothing new enters."""
        return self.filter(pk__lte=pin)

    def newest_id(self) -> uuid.UUID | None:
        """The id of the newest entry, or ``None``."""
        return self.order_by("-id").values_list("pk", flat=True).first()
