"""What is measured on the writing side: the lines of the report."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One line of the report."""

    title: str
    kind: str
    """Which of the project's bodies does it."""
    number: int
    """How many objects or rows; bulk operations take them all at once."""
    atomic: bool = False
    """Whether all of it is one transaction; otherwise each operation is its own."""
    filled: bool = True
    """Whether the objects are there before."""
    budget: tuple[float | None, float | None] = (None, None)
    """At most this many times bare Django, on SQLite and on PostgreSQL."""
    databases: tuple[str, ...] = ("sqlite", "postgres")
    times: int = 3
    """How often it is done in a round: short cases are more easily disturbed."""


CASES: dict[str, Case] = {
    "create": Case("create, autocommit", "create", 150, filled=False, budget=(1.7, 2.1)),
    "create_atomic": Case(
        "create, in one transaction", "create", 300, True, filled=False, budget=(1.35, 1.3)
    ),
    "fetch": Case("fetch, change, save, autocommit", "fetch", 150, budget=(1.4, 1.7)),
    "fetch_atomic": Case(
        "fetch, change, save, in one transaction", "fetch", 300, True, budget=(1.3, 1.4)
    ),
    "save": Case("save of an instance in memory, autocommit", "save", 150, budget=(1.7, 2.3)),
    "save_atomic": Case(
        "save of an instance in memory, in one transaction", "save", 300, True, budget=(1.5, 1.6)
    ),
    "delete": Case("delete one by one, autocommit", "delete", 150, budget=(1.4, 1.4)),
    "load": Case("load 20,000 instances", "load", 20_000, budget=(1.02, 1.02), times=1),
    "m2m": Case("many-to-many add/remove/set", "m2m", 50, budget=(1.5, 1.5)),
    "bulk_create": Case(
        "bulk_create 10,000", "bulk_create", 10_000, filled=False, budget=(1.7, 1.7), times=1
    ),
    "update": Case("queryset.update 10,000", "update", 10_000, budget=(10, 3.2), times=1),
    "queryset_delete": Case(
        "queryset.delete 2,000", "queryset_delete", 2_000, budget=(2.5, 2), times=1
    ),
    # Measured in ways of their own: the share of bare Django's requests a second, and bytes.
    "view": Case(
        "a view that updates one row, requests/s",
        "view",
        250,
        budget=(None, 0.75),
        databases=("postgres",),
    ),
    "size": Case(
        "bytes per update entry, table and all indexes", "fetch", 5_000, budget=(600, 600), times=1
    ),
}
