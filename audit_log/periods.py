"""The condition that entries occurred in a period, and how much of an entry it takes to tell."""

from __future__ import annotations

import datetime

from django.db import connections
from django.db.models import Q

from audit_log.uuid7 import around


def occurred(
    using: str,
    since: datetime.datetime | None = None,
    until: datetime.datetime | None = None,
    before: datetime.datetime | None = None,
) -> Q:
    """Return the condition that an entry occurred from ``since`` on, up to ``until``.

    Both are inclusive; ``before`` is an end that is not. ``None`` is no bound.

    On SQLite ids are asked first: most tell that the entry is well within the period (an hour, or
    two days where times have no zone), and they are in each index, where times are not.
    PostgreSQL reads the entry anyway, and would take the two conditions for two chances.
    """
    condition = Q()
    for lookup, moment in (("gte", since), ("lte", until), ("lt", before)):
        if moment is None:
            continue
        is_told = Q(**{f"occurred_at__{lookup}": moment})
        if connections[using].vendor == "sqlite":
            lowest, highest = around(moment)
            is_sure = Q(id__gt=highest) if lookup == "gte" else Q(id__lt=lowest)
            is_told = is_sure | is_told
        condition &= is_told
    return condition
