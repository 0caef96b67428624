"""django-simple-history: `HistoricalRecords` on each model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from tests.benchmarks.packages.base import Package, project_models


class SimpleHistory(Package):
    name = "simple_history"
    requirements = ("django-simple-history==3.13.0",)
    apps = ("simple_history",)
    middleware = ("simple_history.middleware.HistoryRequestMiddleware",)
    records = {"m2m": 4}
    misses = frozenset({"bulk_create", "update"})
    note = (
        "`HistoricalRecords` for each model, with `m2m_fields`; its middleware; in bulk "
        "`bulk_create_with_history()` and `bulk_update_with_history()`, objects loaded before"
    )

    def audit(self, model: Any) -> None:
        from simple_history import register

        fields = [field.name for field in model._meta.many_to_many]
        register(model, app="tests.benchmarks.project", m2m_fields=fields)

    def acting(self, user: Any) -> AbstractContextManager[Any]:
        return _request_of(user)

    def log(self) -> Sequence[Any]:
        from django.apps import apps

        audited = [model.history.model for model in project_models()]
        between = apps.get_model("project", "HistoricalItem_tags")
        return [*audited, between]

    def recorded(self) -> Sequence[Any]:
        return self.log()[:-1]

    def own_call(self, kind: str, first: int, number: int) -> Any:
        from simple_history.utils import bulk_create_with_history, bulk_update_with_history

        from tests.benchmarks.project.bodies import found, new_items
        from tests.benchmarks.project.models import Item

        if kind == "bulk_create":
            return lambda items: bulk_create_with_history(items, Item), [new_items(first, number)]

        def update(_: None) -> None:
            items = found(first, number)
            for item in items:
                item.status = Item.Status.RETIRED
            bulk_update_with_history(items, Item, ["status"], batch_size=500)

        return update, [None]


@contextmanager
def _request_of(user: Any) -> Iterator[None]:
    # As the middleware does it.
    from django.http import HttpRequest
    from simple_history.models import HistoricalRecords

    request = HttpRequest()
    request.user = user
    HistoricalRecords.context.request = request
    try:
        yield
    finally:
        del HistoricalRecords.context.request
