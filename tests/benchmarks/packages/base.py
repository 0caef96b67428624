"""What the benchmark has to know of a package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from contextlib import AbstractContextManager
from typing import Any


class Package:
    """One package: how it is installed, configured, and asked whether it really wrote.

    Imported without Django, too: what needs it is imported inside of the methods.
    """

    name: str
    requirements: Sequence[str] = ()
    """What is installed besides Django, as pip is told; the package itself is the first."""
    databases: Sequence[str] = ("sqlite", "postgres")
    apps: Sequence[str] = ()
    middleware: Sequence[str] = ()
    settings: Mapping[str, Any] = {}
    records: Mapping[str, int] = {}
    """How many records an object's operations leave, by their kind: 1 where nothing is said."""
    misses: Set[str] = frozenset()
    """The kinds of operations of which nothing is recorded unasked."""
    note: str = ""
    """How it is configured, where that is not what it does by itself."""

    def manager(self) -> Any:
        """Return the manager of the audited models."""
        from django.db.models import Manager

        return Manager()

    def audit(self, model: Any) -> None:
        """Have the changes of ``model`` recorded; called right below its definition."""

    def migrated(self) -> None:
        """Do what a project does after ``migrate``."""

    def acting(self, user: Any) -> AbstractContextManager[Any]:
        """Return a block in which ``user`` is who does it."""
        raise NotImplementedError

    def unit(self, user: Any) -> AbstractContextManager[Any] | None:
        """Return the block that each operation, or a transaction of them, has to be done in."""
        return None

    def log(self) -> Sequence[Any]:
        """Return the models whose tables are the log."""
        return ()

    def recorded(self) -> Sequence[Any]:
        """Return those of which a row is a record."""
        return self.log()[:1]

    def own_call(self, kind: str, first: int, number: int) -> Any:
        """Return what the package offers for a kind it misses: an operation and its objects."""
        return None

    def check(self, kind: str) -> None:
        """Raise :exc:`AssertionError` where the records are not what they should be."""


def project_models() -> Sequence[Any]:
    """Return the audited models."""
    from tests.benchmarks.project.models import Item, Owner, Tag

    return Item, Owner, Tag
