"""django-auditlog: every model registered, the many-to-many field named."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from tests.benchmarks.packages.base import Package


class Auditlog(Package):
    name = "auditlog"
    requirements = ("django-auditlog==3.4.1",)
    apps = ("auditlog",)
    middleware = ("auditlog.middleware.AuditlogMiddleware",)
    records = {"m2m": 4}
    misses = frozenset({"bulk_create", "update"})
    note = "`auditlog.register()` for each model, with `m2m_fields`; its middleware"

    def audit(self, model: Any) -> None:
        from auditlog.registry import auditlog

        auditlog.register(model, m2m_fields={field.name for field in model._meta.many_to_many})

    def acting(self, user: Any) -> AbstractContextManager[Any]:
        from auditlog.context import set_actor

        return set_actor(user)

    def log(self) -> Sequence[Any]:
        from auditlog.models import LogEntry

        return (LogEntry,)
