"""Until when an entry is kept."""

from __future__ import annotations

import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from audit_log.retention.holds import Holds
from audit_log.retention.rules import Rules

if TYPE_CHECKING:
    from audit_log.models import AuditEntry


class Retention:
    """What holds now. Make one for a page: it asks for tenants' periods and for holds once.

    Raises ``ImproperlyConfigured`` where the setting ``RETENTION`` is wrong.
    """

    def __init__(self) -> None:
        self.rules = Rules()

    @cached_property
    def holds(self) -> Holds:
        """The holds in force."""
        return Holds()

    def kept_until(self, entry: AuditEntry) -> datetime.datetime | None:
        """Return from when on ``prune_audit_log`` removes an entry; ``None``: no end is known.

        No end has an entry that is kept for ever, and one that is held. A moment that has
        passed means: with the next run. Where a hold names an object, ``entry.references`` are
        asked for: prefetch them for a page.
        """
        end = self.rules.end_of(entry)
        return None if end is None or self.is_held(entry) else end

    def is_held(self, entry: AuditEntry) -> bool:
        """Whether a hold keeps an entry."""
        references = entry.references.all() if self.holds.by_object else ()
        targets = ((one.target_type, one.target_id) for one in references)
        return self.holds.hold_of(entry, targets) is not None


def kept_until(entry: AuditEntry) -> datetime.datetime | None:
    """Return from when on ``prune_audit_log`` removes an entry; ``None``: no end is known.

    As aware or naive as ``entry.occurred_at``. For many entries ask one :class:`Retention`.
    """
    return Retention().kept_until(entry)
