"""Management commands: what they do is done by the command, under one correlation id.

The hook is ``BaseCommand.execute``: Django sends no signal around a command.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand

from audit_log.journal.actors import Actor
from audit_log.journal.context import context, current
from audit_log.vocabulary import ActorType

# It runs the project's tests, which stand for themselves.
NOT_TOLD = frozenset({"test"})


def install() -> None:
    """Put the hook in place, once."""
    original = BaseCommand.execute
    if not hasattr(original, "audit_log_original"):
        setattr(BaseCommand, "execute", _wrap(original))  # noqa: B010  # a method, to mypy


def _wrap(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def execute(self: BaseCommand, *args: Any, **options: Any) -> Any:
        name = type(self).__module__.rpartition(".")[2]
        if name in NOT_TOLD:
            return original(self, *args, **options)
        outer = current()
        # Called by a request or a block, it is their actor who runs it.
        nobody = outer.request is None and outer.actor is None
        actor = Actor(ActorType.COMMAND, name) if nobody else None
        with context(actor=actor, command=name):
            return original(self, *args, **options)

    execute.audit_log_original = original  # type: ignore[attr-defined]
    return execute
