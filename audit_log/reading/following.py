"""Following the log: entries in their order, from where one left off, each exactly once.

Ids are made before entries are written, and transactions commit in any order: an entry may
become visible after one that has a higher id. Who goes on after the highest id would never see
it. So entries are given out only once none before them can still come:

- not while a transaction is open that began before them, as far as the database tells;
- not before they are ``SETTLING_SECONDS`` old: as far as the clocks of several servers may be
  apart, and a thread may pause between making an id and writing the entry.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from audit_log.conf import settings
from audit_log.reading.pagination import InvalidPage, id_in, page_size_in
from audit_log.reading.transactions import longest_open
from audit_log.uuid7 import milliseconds_of

if TYPE_CHECKING:
    from audit_log.models import AuditEntry
    from audit_log.querysets import AuditEntryQuerySet

CURSOR = "cursor"
PATIENCE = 1.5
"""Seconds that an answer waits at most for its first entry to settle."""


@dataclass(frozen=True)
class Stretch:
    """Some entries, oldest first."""

    entries: list[AuditEntry]
    cursor: str
    """Where they end: what comes after it has not been given out yet."""
    has_more: bool
    """Whether more is there already; otherwise ask again later."""


def follow(queryset: AuditEntryQuerySet, params: Mapping[str, Any]) -> Stretch:
    """Return the entries of ``queryset`` that come after ``cursor``, oldest first.

    ``params`` is a ``QueryDict`` or a dict of texts: ``cursor`` as returned before, or empty to
    begin with the oldest entry; ``page_size`` as for pages. Who goes on with the cursor that is
    returned gets each entry exactly once.

    Waits up to ``PATIENCE`` seconds where there is nothing but entries that are not settled
    yet. Raises :exc:`~audit_log.reading.pagination.InvalidPage` for a value that is malformed.
    """
    for name in ("page", "pin", "anchor"):
        if params.get(name):
            raise InvalidPage(name, _("There are no pages where a cursor is followed."))
    cursor = id_in(params, CURSOR, _("cursor is the one of the answer before, or empty."))
    size = page_size_in(params, settings.PAGE_SIZE)
    entries = queryset.in_key_range().order_by("pk")
    if cursor is not None:
        entries = entries.filter(pk__gt=cursor)
    deadline = time.monotonic() + PATIENCE
    while True:
        # First the transactions, then the entries: what has ended in between is visible.
        settled_at = _settled_at(queryset.db)
        found = list(entries[: size + 1])
        settled = [entry for entry in found if milliseconds_of(entry.pk) < settled_at]
        if settled or not found:
            break
        missing = (milliseconds_of(found[0].pk) + 1 - settled_at) / 1000
        if missing > max(0.0, deadline - time.monotonic()):
            break
        time.sleep(missing)
    given = settled[:size]
    last = given[-1].pk if given else cursor
    return Stretch(
        given, "" if last is None else str(last), bool(given) and len(found) > len(given)
    )


def _settled_at(using: str) -> int:
    """Return the millisecond since 1970 before which no entry can come any more."""
    now = time.time()
    return math.floor(1000 * (now - longest_open(using) - settings.SETTLING_SECONDS))
