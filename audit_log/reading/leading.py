"""Which of several filters leads: the one whose index is used.

PostgreSQL and MariaDB count values and know which filter leaves the fewest entries. SQLite does
not (unless ``ANALYZE`` was run), and may go through all entries of a tenant for one object.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db.models import Func

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

# From the one that usually leaves the fewest entries to the one that leaves the most. Filters
# of one line have an index in common.
_SHARPEST_FIRST: tuple[frozenset[str], ...] = (
    frozenset({"object"}),
    frozenset({"correlation_id"}),
    frozenset({"target_id", "target_type"}),
    frozenset({"target_id"}),
    frozenset({"remote_addr"}),
    frozenset({"actor_id"}),
    frozenset({"outcome"}),
    frozenset({"action"}),
    frozenset({"target_type"}),
    frozenset({"tenant"}),
    frozenset({"event_type"}),
)


def leading(filters: Iterable[str]) -> frozenset[str]:
    """Return those of the filters in use, named by their columns, whose index is to be used."""
    given = frozenset(filters)
    for together in _SHARPEST_FIRST:
        if together <= given:
            return together
    return given


class Unindexed(Func):
    """A column as it is, in a comparison for which SQLite shall not use an index.

    https://sqlite.org/optoverview.html, "Disqualifying WHERE Clause Terms Using Unary +".
    """

    template = "%(expressions)s"
    arity = 1

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> Any:
        return self.as_sql(compiler, connection, template="+%(expressions)s", **extra)
