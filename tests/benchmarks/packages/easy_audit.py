"""django-easy-audit: installed; it watches all models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from tests.benchmarks.packages.base import Package


class EasyAudit(Package):
    name = "easy_audit"
    requirements = ("django-easy-audit==1.3.9",)
    apps = ("easyaudit",)
    middleware = ("easyaudit.middleware.easyaudit.EasyAuditMiddleware",)
    # Its log of requests is another matter.
    settings = {"DJANGO_EASY_AUDIT_WATCH_REQUEST_EVENTS": False}
    records = {"m2m": 4}
    misses = frozenset({"bulk_create", "update"})
    note = "as it comes, but without its log of requests; its middleware"

    def acting(self, user: Any) -> AbstractContextManager[Any]:
        return _user(user)

    def log(self) -> Sequence[Any]:
        from easyaudit.models import CRUDEvent

        return (CRUDEvent,)


@contextmanager
def _user(user: Any) -> Iterator[None]:
    from easyaudit.middleware.easyaudit import clear_request, set_current_user

    set_current_user(user)
    try:
        yield
    finally:
        clear_request()
