"""What audit_log raises."""

from __future__ import annotations


class AuditLogError(Exception):
    """Base class of everything raised by this package."""


class AppendOnly(AuditLogError, TypeError):
    """An attempt to change or remove entries. They are append-only."""


class UnknownAction(AuditLogError, LookupError):
    """``record()`` was given an action that nobody declared."""
