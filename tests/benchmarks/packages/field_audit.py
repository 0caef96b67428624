"""django-field-audit: all fields of each model, and its manager for writes in bulk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from tests.benchmarks.packages.base import Package


class FieldAudit(Package):
    name = "field_audit"
    requirements = ("django-field-audit==1.6.0",)
    apps = ("field_audit",)
    middleware = ("field_audit.middleware.FieldAuditMiddleware",)
    records = {"m2m": 4}
    misses = frozenset({"bulk_create", "update", "queryset_delete"})
    note = (
        "`@audit_fields` with all fields and `audit_special_queryset_writes`; its middleware; in "
        "bulk its manager's methods, which refuse to work without `audit_action`"
    )

    def manager(self) -> Any:
        from field_audit.models import AuditingManager

        return AuditingManager()

    def audit(self, model: Any) -> None:
        from field_audit import audit_fields

        fields = [*model._meta.concrete_fields, *model._meta.many_to_many]
        audit_fields(*(f.name for f in fields), audit_special_queryset_writes=True)(model)

    def acting(self, user: Any) -> AbstractContextManager[Any]:
        return _request_of(user)

    def log(self) -> Sequence[Any]:
        from field_audit.models import AuditEvent

        return (AuditEvent,)

    def own_call(self, kind: str, first: int, number: int) -> Any:
        from field_audit.models import AuditAction

        from tests.benchmarks.project.bodies import new_items
        from tests.benchmarks.project.models import Item

        items = Item.objects.filter(pk__gte=first, pk__lt=first + number)
        if kind == "bulk_create":
            create = Item.objects.bulk_create
            return lambda new: create(new, audit_action=AuditAction.AUDIT), [
                new_items(first, number)
            ]
        if kind == "update":
            items = Item.objects.filter(pk__in=range(first, first + number))
            return lambda _: items.update(
                status=Item.Status.RETIRED, audit_action=AuditAction.AUDIT
            ), [None]
        return lambda _: items.delete(audit_action=AuditAction.AUDIT), [None]


@contextmanager
def _request_of(user: Any) -> Iterator[None]:
    # As the middleware does it.
    from django.http import HttpRequest
    from field_audit.field_audit import request

    made = HttpRequest()
    made.user = user
    token = request.set(made)
    try:
        yield
    finally:
        request.reset(token)
