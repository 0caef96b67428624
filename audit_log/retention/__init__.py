"""How long entries are kept: the setting ``RETENTION``."""

from __future__ import annotations

from audit_log.retention.keeping import Retention, kept_until

__all__ = ["Retention", "kept_until"]
