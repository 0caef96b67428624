"""django-reversion: every model registered, every operation or transaction a revision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from tests.benchmarks.packages.base import Package


class Reversion(Package):
    name = "reversion"
    requirements = ("django-reversion==6.4.0",)
    apps = ("reversion",)
    middleware = ("reversion.middleware.RevisionMiddleware",)
    records = {"m2m": 3}  # a revision has one version of an object
    misses = frozenset({"bulk_create", "update", "delete", "queryset_delete"})
    note = (
        "`reversion.register()` for each model; its middleware, or `create_revision()` around each "
        "operation in autocommit and around each transaction"
    )

    def audit(self, model: Any) -> None:
        import reversion

        reversion.register(model)

    def acting(self, user: Any) -> AbstractContextManager[Any]:
        return nullcontext()

    def unit(self, user: Any) -> AbstractContextManager[Any]:
        return _revision(user)

    def log(self) -> Sequence[Any]:
        from reversion.models import Revision, Version

        return Version, Revision


@contextmanager
def _revision(user: Any) -> Iterator[None]:
    import reversion

    with reversion.create_revision():
        if user is not None:
            reversion.set_user(user)
        yield
