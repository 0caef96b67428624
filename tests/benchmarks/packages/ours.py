"""audit_log, as its README says: installed, and nothing registered."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from tests.benchmarks.packages.base import Package

# What an entry has to tell, by the kind of the operation.
TOUCHED = {"name", "quantity", "updated_at"}
FIELDS = {
    "name", "description", "quantity", "price", "released_on", "updated_at", "is_active",
    "status", "owner", "details", "serial_number", "email",
}  # fmt: skip
TOLD = {
    "create": FIELDS,
    "fetch": TOUCHED,
    "save": TOUCHED,
    "delete": FIELDS,
    "m2m": {"tags"},
    "bulk_create": FIELDS,
    "update": {"status"},
    "queryset_delete": FIELDS,
    "view": TOUCHED,
}
LOOKED_AT = 200


class AuditLog(Package):
    name = "audit_log"
    # The package itself is the checkout.
    requirements = ("djangorestframework>=3.16", "django-filter>=25")
    apps = ("audit_log",)
    middleware = ("audit_log.middleware.AuditLogMiddleware",)
    note = "installed, its middleware; nothing registered"
    records = {"m2m": 4}  # set() removes and adds

    def acting(self, user: Any) -> AbstractContextManager[Any]:
        import audit_log

        return audit_log.context(actor=user)

    def log(self) -> Sequence[Any]:
        from audit_log.models import AuditEntry, AuditReference

        return AuditEntry, AuditReference

    def check(self, case: str) -> None:
        from django.conf import settings

        from audit_log.models import AuditEntry
        from tests.benchmarks.project.models import Item

        actor = "Ann Example <ann@example.com>" if settings.CHOSEN["actor"] else ""
        told = TOLD.get(case)
        if told is None:
            return
        for entry in AuditEntry.objects.order_by("-id")[:LOOKED_AT]:
            assert entry.actor_repr == actor, entry.actor_repr
            assert entry.changes.keys() == told, (case, entry.action, entry.changes)
            if case == "m2m":
                assert entry.action == "item.update"
                continue
            value = entry.changes.get("quantity")
            if case in {"fetch", "save", "view"}:
                assert value["new"] == value["old"] + 1
            if case == "create":
                item = Item.objects.get(pk=entry.target_id)
                assert {"old": None, "new": item.quantity} == value
            if case == "update":
                assert entry.changes == {"status": {"old": "draft", "new": "retired"}}
