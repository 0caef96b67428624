"""Auditing paused, said by an entry."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from django.db import models, router
from django.utils.translation import gettext_lazy as _

from audit_log import catalogue
from audit_log.identity import type_of
from audit_log.journal import recorder
from audit_log.journal.failures import guard
from audit_log.journal.operations import Event
from audit_log.vocabulary import EventType

ALL = "*"
ACTION = "audit_log.pause"

catalogue.provide(ACTION, label=_("Auditing paused"), event_type=EventType.OTHER)


@dataclass(frozen=True)
class Paused:
    """What is paused here and now, by which block, and what was before it."""

    types: frozenset[str] = frozenset()
    block: pause | None = None
    before: Paused | None = None


NOTHING = Paused()
_paused: ContextVar[Paused] = ContextVar("audit_log_paused", default=NOTHING)


def is_paused(target_type: str) -> bool:
    """Whether changes of that type are not recorded here and now."""
    paused = _paused.get().types
    return bool(paused) and (ALL in paused or target_type in paused)


class pause:  # noqa: N801  # used like a function
    """Record nothing inside the block: ``with pause(Model, reason="import of 2019 data"):``.

    Without a model: nothing at all. Each block leaves one entry that says so, with the
    reason, which must not be empty (``ValueError``). Holds in this thread or task only.
    """

    def __init__(self, *models_: type[models.Model], reason: str) -> None:
        if not str(reason).strip():
            raise ValueError("pause() needs a reason: the log says why it has a gap.")
        self._types = tuple(type_of(model) for model in models_)
        self._reason = reason

    def __enter__(self) -> None:
        from audit_log.models import AuditEntry

        using = router.db_for_write(AuditEntry)
        with guard(using):
            events = [
                Event(
                    action=ACTION,
                    event_type=EventType.OTHER,
                    target_type=target_type,
                    reason=str(self._reason),
                )
                for target_type in self._types or ("",)
            ]
            recorder.write(events, using)
        before = _paused.get()
        _paused.set(Paused(before.types | (set(self._types) or {ALL}), self, before))

    def __exit__(self, *exc_info: object) -> None:
        paused = _paused.get()
        if paused.block is self and paused.before is not None:
            _paused.set(paused.before)

    async def __aenter__(self) -> None:
        from asgiref.sync import sync_to_async

        await sync_to_async(self.__enter__)()

    async def __aexit__(self, *exc_info: object) -> None:
        self.__exit__(*exc_info)
