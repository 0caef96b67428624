"""What the benchmark has to know of a package."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from typing import Any

Operation = Callable[[], None]


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
    """How many records an operation leaves, by its kind: 1 where nothing is said."""
    misses: Set[str] = frozenset()
    """The kinds of operations of which nothing is recorded."""

    def audit(self, model: Any) -> None:
        """Have the changes of ``model`` recorded; called right below its definition."""

    def migrated(self) -> None:
        """Do what a project does after ``migrate``."""

    def acting(self, user: Any) -> AbstractContextManager[Any]:
        """Return a block in which ``user`` is who does it."""
        raise NotImplementedError

    def log(self) -> Sequence[Any]:
        """Return the models whose tables are the log; the first has a row for each record."""
        return ()

    def own_call(self, case: str, work: Any) -> Operation | None:
        """Return what the package offers in place of Django's method for a case it misses."""
        return None

    def check(self, case: str) -> None:
        """Raise :exc:`AssertionError` where the records are not what they should be."""
