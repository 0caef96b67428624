from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PostgresSearchConfig(AppConfig):
    """Has a migration, which makes the index, and nothing else."""

    name = "audit_log.contrib.postgres_search"
    label = "audit_log_postgres_search"
    verbose_name = _("Searches in the audit log")
