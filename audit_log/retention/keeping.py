"""Until when an entry is kept."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from audit_log.retention.rules import Rules

if TYPE_CHECKING:
    from audit_log.models import AuditEntry


class Retention:
    """What holds now. Make one for a page: tenants' periods are asked for once.

    Raises ``ImproperlyConfigured`` where the setting ``RETENTION`` is wrong.
    """

    def __init__(self) -> None:
        self.rules = Rules()

    def kept_until(self, entry: AuditEntry) -> datetime.datetime | None:
        """Return from when on ``prune_audit_log`` removes an entry; ``None``: not in sight.

        A moment that has passed means: with the next run.
        """
        return self.rules.end_of(entry)


def kept_until(entry: AuditEntry) -> datetime.datetime | None:
    """Return from when on ``prune_audit_log`` removes an entry; ``None``: not in sight.

    As aware or naive as ``entry.occurred_at``. For many entries ask one :class:`Retention`.
    """
    return Retention().kept_until(entry)
