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
    by_ids = connections[using].vendor == "sqlite"
    condition = Q()
    if since is not None:
        later = Q(occurred_at__gte=since)
        condition &= Q(id__gt=around(since)[1]) | later if by_ids else later
    if until is not None:
        earlier = Q(occurred_at__lte=until)
        condition &= Q(id__lt=around(until)[0]) | earlier if by_ids else earlier
    if before is not None:
        earlier = Q(occurred_at__lt=before)
        condition &= Q(id__lt=around(before)[0]) | earlier if by_ids else earlier
    return condition
