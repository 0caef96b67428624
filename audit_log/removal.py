"""The one way in which entries go. For retention and erasure, and nobody else."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from audit_log.models import AuditEntry, AuditReference

if TYPE_CHECKING:
    from audit_log.querysets import AppendOnlyQuerySet


class Removed(NamedTuple):
    """How many rows went."""

    entries: int
    references: int


def remove(ids: Sequence[uuid.UUID], using: str) -> Removed:
    """Remove entries, and with them their references, from the database ``using``.

    In the transaction that the caller has opened, and tells of it by an entry. A few
    thousand ids at most: two statements, which lock just these rows.
    """
    references = _delete(AuditReference.objects.using(using).filter(entry__in=ids))
    return Removed(_delete(AuditEntry.objects.using(using).filter(pk__in=ids)), references)


def _delete(rows: AppendOnlyQuerySet[AuditEntry] | AppendOnlyQuerySet[AuditReference]) -> int:
    # delete() is refused, and would load every object.
    return int(rows.order_by()._raw_delete(rows.db) or 0)
