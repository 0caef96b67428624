"""How long entries are kept: the setting ``RETENTION``, holds, and what goes."""

from __future__ import annotations

from audit_log.retention.due import expiring
from audit_log.retention.holds import hold, place, release
from audit_log.retention.keeping import Retention, kept_until
from audit_log.retention.rules import MAX_DAYS

__all__ = ["MAX_DAYS", "Retention", "expiring", "hold", "kept_until", "place", "release"]
