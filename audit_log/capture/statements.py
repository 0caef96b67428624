"""The statements that Django deletes with, and the rows that they hit.

Read as Django's compilers write them: one table, its columns quoted, the condition last.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audit_log.capture.columns import Field

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

_DELETE = re.compile(
    # MariaDB has a form of its own where tables are joined: DELETE `t` FROM `t` INNER JOIN …
    r"""DELETE (?P<joined>[`"][^`"]+[`"] )?(?=FROM [`"](?P<table>[^`"]+)[`"])"""
)
_UPDATE = re.compile(r"""UPDATE [`"](?P<table>[^`"]+)[`"] SET (?P<assigned>.+?)(?= WHERE |$)""")


@dataclass(frozen=True)
class Statement:
    """A DELETE or an UPDATE, as an execute wrapper is given it."""

    verb: str
    table: str
    source: str
    """``FROM …`` with the condition: what a SELECT of the same rows ends in."""
    sql: str
    parameters: Sequence[Any]
    skipped: int
    """How many parameters come before those of the condition."""
    joined: bool = False

    def returning(self, connection: BaseDatabaseWrapper, fields: Sequence[Field]) -> str | None:
        """Return the DELETE that also returns the rows, where the database can."""
        # Databases that return columns from INSERT do so from DELETE, too.
        if self.joined or not connection.features.can_return_columns_from_insert:
            return None
        return f"{self.sql} RETURNING {columns_of(connection, fields)}"

    def select(self, connection: BaseDatabaseWrapper, fields: Sequence[Field]) -> list[Any]:
        """Return the rows that the statement is about to hit, and lock them."""
        table = connection.ops.quote_name(self.table)
        lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {columns_of(connection, fields, f'{table}.')} {self.source}{lock}",
                tuple(self.parameters[self.skipped :]),
            )
            return list(cursor.fetchall())


def parse(sql: str, parameters: Any) -> Statement | None:
    """Return the statement, where it deletes from or updates one table, else ``None``."""
    if match := _DELETE.match(sql):
        source = sql[match.end() :]
        joined = match["joined"] is not None
        return Statement("delete", match["table"], source, sql, parameters or (), 0, joined)
    if match := _UPDATE.match(sql):
        quote = sql[len("UPDATE ")]
        source = f"FROM {quote}{match['table']}{quote}{sql[match.end() :]}"
        skipped = match["assigned"].count("%s")
        return Statement("update", match["table"], source, sql, parameters or (), skipped)
    return None


def columns_of(connection: BaseDatabaseWrapper, fields: Sequence[Field], prefix: str = "") -> str:
    """Return the fields' columns as a statement lists them."""
    quote: Callable[[str], str] = connection.ops.quote_name
    return ", ".join(prefix + quote(str(field.column)) for field in fields)
