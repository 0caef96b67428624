"""The audit log in Django's admin: its own pages, and a history for other models' pages."""

from __future__ import annotations

from audit_log.admin.entries import AuditEntryAdmin
from audit_log.admin.history import AuditHistoryAdminMixin
from audit_log.admin.holds import AuditHoldAdmin

__all__ = ["AuditEntryAdmin", "AuditHistoryAdminMixin", "AuditHoldAdmin"]
