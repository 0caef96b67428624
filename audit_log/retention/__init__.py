"""How long entries are kept: the setting ``RETENTION``, and holds."""

from __future__ import annotations

from audit_log.retention.holds import hold, place, release
from audit_log.retention.keeping import Retention, kept_until

__all__ = ["Retention", "hold", "kept_until", "place", "release"]
