"""The tables of the log."""

from __future__ import annotations

from audit_log.models.entries import AuditEntry, AuditReference, new_id, new_salt
from audit_log.models.holds import AuditHold
from audit_log.models.pruning import PruningState

__all__ = ["AuditEntry", "AuditHold", "AuditReference", "PruningState", "new_id", "new_salt"]
