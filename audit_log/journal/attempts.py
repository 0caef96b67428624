"""Attempts that failed, told also where the transaction of their request is undone.

A log in that fails changes nothing, and what it is answered with (an exception, under
``ATOMIC_REQUESTS``) undoes what was done meanwhile: the entry would go with it, of all things.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import connections
from django.http import HttpRequest

from audit_log.conf import settings
from audit_log.journal.buffer import buffer_of
from audit_log.journal.context import current
from audit_log.journal.failures import guard
from audit_log.journal.operations import Operation
from audit_log.transactions import in_transaction

_KEPT = "audit_log_attempts"


def keep(operation: Operation, using: str) -> None:
    """Remember an operation until the request has been answered, if it may be undone."""
    request = current().request
    alias = settings.DATABASE or using
    if request is not None and in_transaction(connections[alias]):
        request.__dict__.setdefault(_KEPT, []).append((operation, alias))


def are_kept(request: HttpRequest) -> bool:
    """Whether there is anything to settle."""
    return _KEPT in request.__dict__


def settle(request: HttpRequest) -> None:
    """Write again what was undone."""
    from audit_log.models import AuditEntry

    kept: list[tuple[Operation, Any]] = request.__dict__.pop(_KEPT, [])
    for operation, alias in kept:
        with guard(alias, operation.events[0].action):
            ids = [uuid.UUID(int=key) for key in operation.ids]
            if not AuditEntry.objects.using(alias).filter(pk__in=ids).exists():
                buffer_of(alias).add(operation)
