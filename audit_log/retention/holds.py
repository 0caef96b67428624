"""Holds: what must stay, whatever ``RETENTION`` says."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit_log import catalogue
from audit_log.identity import shorten, type_of
from audit_log.journal.context import current
from audit_log.models import AuditHold
from audit_log.registry import target_of
from audit_log.retention.rules import Dated
from audit_log.vocabulary import EventType

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

Target = tuple[str, str]
"""``(target_type, target_id)``."""

catalogue.provide("audit_log.hold", _("Hold placed"), EventType.CREATE)
catalogue.provide("audit_log.change_hold", _("Hold changed"))
catalogue.provide("audit_log.release", _("Hold released"))
catalogue.provide("audit_log.remove_hold", _("Hold removed"), EventType.DELETE)


class Holdable(Dated, Protocol):
    """What a hold looks at besides: an entry, or a row with these of its values."""

    @property
    def target_id(self) -> str: ...
    @property
    def actor_id(self) -> Any: ...
    @property
    def correlation_id(self) -> str: ...


def hold(
    obj: models.Model | Target | None = None,
    *,
    reason: str,
    tenant: str = "",
    actor: AbstractBaseUser | Any = None,
    correlation_id: str = "",
    since: datetime.datetime | None = None,
    until: datetime.datetime | None = None,
) -> AuditHold:
    """Let entries stay until the hold is released, and return the hold.

    ``obj``             an object, or ``(target_type, target_id)`` of one that may be gone:
                        entries of it as target and as reference
    ``tenant``          entries of that tenant
    ``actor``           entries that the user (or the user of that key) left
    ``correlation_id``  entries of one request, command or task
    ``since, until``    entries that occurred from then on, up to then, both included; aware

    Of several of these, all must be true of an entry. Once this has returned (and its
    transaction is committed), no run removes what it holds. Raises ``ValueError`` where
    nothing is named, or a value makes no sense.
    """
    target_type, target_id = target_of(obj) if isinstance(obj, models.Model) else obj or ("", "")
    if not str(reason).strip():
        raise ValueError("hold() needs a reason: who finds it later must know when it may go.")
    placed = AuditHold(
        reason=str(reason),
        target_type=target_type,
        target_id=target_id,
        tenant=str(tenant),
        actor_id=getattr(actor, "pk", actor),
        correlation_id=str(correlation_id),
        since=since,
        until=until,
    )
    try:
        placed.full_clean(exclude=["actor"])
    except ValidationError as error:
        raise ValueError("; ".join(_told(error))) from error
    return place(placed)


def place(new: AuditHold) -> AuditHold:
    """Let a hold that is made and validated come into force, placed by who acts now."""
    new.placed_by = shorten(current().current_actor().repr)
    new.save(force_insert=True)
    return new


def release(held: AuditHold) -> None:
    """End a hold: what it held goes as ``RETENTION`` says. One that is released stays so."""
    if held.released_at is not None:
        return
    held.released_at = timezone.now()
    held.released_by = shorten(current().current_actor().repr)
    held.save(update_fields=["released_at", "released_by"])


class Holds:
    """The holds in force, asked for once. Each is filed under one thing that it names."""

    def __init__(self) -> None:
        self._filed: dict[tuple[str, Any], list[AuditHold]] = {}
        self.by_object = False
        """Whether any of them names an object, so that references matter."""
        for held in AuditHold.objects.filter(released_at=None).order_by("id"):
            self.by_object = self.by_object or bool(held.target_type)
            for key in _filed_under(held):
                self._filed.setdefault(key, []).append(held)

    def hold_of(self, entry: Holdable, references: Iterable[Target] = ()) -> AuditHold | None:
        """Return a hold that an entry is under, the oldest of its kind, or ``None``."""
        if not self._filed:
            return None
        targets = [(entry.target_type, entry.target_id), *references]
        for key in (
            *(("object", target) for target in targets),
            ("correlation_id", entry.correlation_id),
            ("actor", entry.actor_id),
            ("tenant", entry.tenant),
            ("time", None),
        ):
            for held in self._filed.get(key, ()):
                if _is_true_of(held, entry):
                    return held
        return None


def _filed_under(held: AuditHold) -> Iterator[tuple[str, Any]]:
    if held.target_type:
        yield from (("object", target) for target in _targets(held))
    elif held.correlation_id:
        yield "correlation_id", held.correlation_id
    elif held.actor_id is not None:
        yield "actor", held.actor_id
    elif held.tenant:
        yield "tenant", held.tenant
    else:
        yield "time", None


def _targets(held: AuditHold) -> Iterator[Target]:
    yield held.target_type, held.target_id
    try:
        model = apps.get_model(held.target_type)
    except (LookupError, ValueError):
        return
    # With multi-table inheritance its history has those of its parents' rows, too.
    for parent in model._meta.all_parents:
        if not parent._meta.proxy:
            yield type_of(parent), held.target_id


def _is_true_of(held: AuditHold, entry: Holdable) -> bool:
    return (
        held.correlation_id in {"", entry.correlation_id}
        and held.actor_id in {None, entry.actor_id}
        and held.tenant in {"", entry.tenant}
        and (held.since is None or held.since <= entry.occurred_at)
        and (held.until is None or entry.occurred_at <= held.until)
    )


def _told(error: ValidationError) -> Iterator[str]:
    for name, messages in error.message_dict.items():
        prefix = "" if name == "__all__" else f"{name}: "
        yield from (f"{prefix}{message}" for message in messages)
