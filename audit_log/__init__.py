"""A truthful audit log for Django: who changed what, when, from where and why.

The public API, imported lazily so that ``import audit_log`` needs no configured settings.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audit_log.catalogue import Action as Action
    from audit_log.catalogue import action as action
    from audit_log.journal.actors import Actor as Actor
    from audit_log.journal.context import context as context
    from audit_log.journal.pause import pause as pause
    from audit_log.journal.recorder import record as record
    from audit_log.registry import register as register

__version__ = "0.1.0"

_HOMES = {
    "Action": "audit_log.catalogue",
    "Actor": "audit_log.journal.actors",
    "action": "audit_log.catalogue",
    "context": "audit_log.journal.context",
    "pause": "audit_log.journal.pause",
    "record": "audit_log.journal.recorder",
    "register": "audit_log.registry",
}

__all__ = ["Action", "Actor", "action", "context", "pause", "record", "register"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
