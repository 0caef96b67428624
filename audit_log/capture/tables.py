"""Whether entries can be written yet."""

from __future__ import annotations

import logging

from django.apps import apps
from django.db import connections, models

from audit_log.conf import settings

logger = logging.getLogger("audit_log")
_ready: set[str] = set()


def can_record(model: type[models.Model], using: str) -> bool:
    """Whether changes of ``model`` can be recorded.

    Always, but for the historical models of a data migration that runs before the audit
    log's own first migration: those rows are not recorded, and a warning says so.
    """
    if model._meta.apps is apps:
        return True
    alias = settings.DATABASE or using
    if alias not in _ready:
        tables = connections[alias].introspection.table_names()
        if "audit_log_auditreference" not in tables:
            logger.warning(
                "%s changed by a migration before the audit log has its tables: not recorded.",
                model._meta.label,
            )
            return False
        _ready.add(alias)
    return True
