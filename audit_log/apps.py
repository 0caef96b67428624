"""Wires the app, nothing else."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditLogConfig(AppConfig):
    """``INSTALLED_APPS += ["audit_log"]`` is all that capture needs."""

    name = "audit_log"
    label = "audit_log"
    verbose_name = _("Audit log")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the capture and the system checks; harmless when called twice."""
        from audit_log import access, capture, checks

        access.install()
        capture.install()
        checks.install()
