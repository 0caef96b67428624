"""Auditing paused, said by an entry."""

from __future__ import annotations

from contextvars import ContextVar

from django.db import models, router
from django.utils.translation import gettext_lazy as _

from audit_log import catalogue
from audit_log.identity import type_of
from audit_log.journal import recorder
from audit_log.journal.failures import guard
from audit_log.vocabulary import EventType

ALL = "*"
ACTION = "audit_log.pause"

catalogue.provide(ACTION, label=_("Auditing paused"), event_type=EventType.OTHER)

_paused: ContextVar[frozenset[str]] = ContextVar("audit_log_paused", default=frozenset())


def is_paused(target_type: str) -> bool:
    """Whether changes of that type are not recorded here and now."""
    paused = _paused.get()
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
        self._before: list[frozenset[str]] = []

    def __enter__(self) -> None:
        from audit_log.models import AuditEntry

        using = router.db_for_write(AuditEntry)
        with guard(using):
            events = [
                recorder.Event(
                    action=ACTION,
                    event_type=EventType.OTHER,
                    target_type=target_type,
                    reason=str(self._reason),
                )
                for target_type in self._types or ("",)
            ]
            recorder.write(events, using)
        before = _paused.get()
        self._before.append(before)
        _paused.set(before | (set(self._types) or {ALL}))

    def __exit__(self, *exc_info: object) -> None:
        _paused.set(self._before.pop())

    async def __aenter__(self) -> None:
        from asgiref.sync import sync_to_async

        await sync_to_async(self.__enter__)()

    async def __aexit__(self, *exc_info: object) -> None:
        self.__exit__(*exc_info)
