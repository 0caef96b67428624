"""django-pghistory: triggers of PostgreSQL on each table, that of the many-to-many field, too."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from tests.benchmarks.packages.base import Package


class PgHistory(Package):
    name = "pghistory"
    requirements = ("django-pghistory==3.9.2", "django-pgtrigger==4.17.0")
    databases = ("postgres",)
    apps = ("pgtrigger", "pghistory")
    middleware = ("pghistory.middleware.HistoryMiddleware",)
    settings = {"PGHISTORY_INSTALL_CONTEXT_FUNC_ON_MIGRATE": True}
    records = {"m2m": 10}  # an event for each row of the table between
    note = (
        "`pghistory.track()` with `InsertEvent`, `UpdateEvent` and `DeleteEvent`, triggers per row "
        "(the default) with a foreign key to the context, on the many-to-many table too; its "
        "middleware"
    )

    def audit(self, model: Any) -> None:
        import pghistory

        def track(tracked: Any) -> None:
            pghistory.track(
                pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent()
            )(tracked)

        track(model)
        for field in model._meta.many_to_many:
            track(field.remote_field.through)

    def migrated(self) -> None:
        # The project's tables have no migrations, which would do it.
        from pgtrigger.installation import install

        install()

    def acting(self, user: Any) -> AbstractContextManager[Any]:
        import pghistory

        return pghistory.context(user=user.pk)

    def log(self) -> Sequence[Any]:
        from django.apps import apps
        from pghistory.models import Context, Event

        events = [m for m in apps.get_app_config("project").get_models() if issubclass(m, Event)]
        return [*events, Context]

    def recorded(self) -> Sequence[Any]:
        return self.log()[:-1]
