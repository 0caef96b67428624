"""Signals of the audit log itself."""

from __future__ import annotations

from django.dispatch import Signal

write_failed = Signal()
"""Sent under ``ON_ERROR = "log"`` when an entry could not be made or written.

Arguments: ``using`` (database alias), ``about`` (target type or action, as text),
``exception``, ``count`` (failures in this process so far).
"""
