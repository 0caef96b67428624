"""A bulk operation told in summary: ``bulk="summary"``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from audit_log.journal.operations import Event
from audit_log.policies import Policy
from audit_log.values import to_json


def summary_event(
    policy: Policy, verb: str, count: int, what: str, values: Mapping[str, Any] | None = None
) -> Event:
    """Return the one event of a bulk operation that hit ``count`` rows.

    ``what`` is ``create``, ``update`` or ``upsert``, of which nobody looks how many rows came.
    """
    told: dict[str, Any] = {}
    for name, value in (values or {}).items():
        field = policy.model._meta.get_field(name)
        if field.name in policy.exclude:
            continue
        if field.name in policy.mask:
            told[field.name] = {"masked": True}
        else:
            plain = str(value) if hasattr(value, "resolve_expression") else value
            told[field.name] = to_json(getattr(plain, "pk", plain))
    return Event(
        action=policy.action(verb),
        event_type=verb,
        target_type=policy.target_type,
        # Not as changes: what the rows held before was not read.
        metadata={"bulk": what, "count": count, "values": told},
    )
