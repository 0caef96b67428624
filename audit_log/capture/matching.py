"""The rows that an UPDATE will hit: found, locked and read before it runs, in batches.

No lock is taken that the statement would not take itself; one more would deadlock where the
application alone does not.

- PostgreSQL locks the rows that match, and no others.
- SQLite has no row locks: who writes is alone.
- A locking SELECT of InnoDB locks, and waits for, whatever row it looks at on its way, where
  an UPDATE at READ COMMITTED passes by rows that do not match and that others hold. So there
  the keys are found without locks, and the rows locked by key. At REPEATABLE READ that would
  miss rows that are newer than the transaction's snapshot, which an UPDATE does not; but there
  the UPDATE locks what it looks at, too, and a SELECT with the same condition, without an
  order, takes the same way and the same locks.
  (https://mariadb.com/kb/en/set-transaction/, https://mariadb.com/kb/en/innodb-lock-modes/)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now, Random
from django.db.models.sql import Query
from django.db.models.sql.subqueries import UpdateQuery
from django.db.models.sql.where import ExtraWhere, WhereNode

from audit_log.capture.cursors import reading
from audit_log.capture.rows import rows_of

BATCH = 1000
# Of 1,000 values and more MariaDB makes a subquery (in_predicate_conversion_threshold).
KEYS = 500
NEW = "audit_log_new_"

QuerySet = models.QuerySet[Any, Any]


class Matching:
    """The rows that an UPDATE of a queryset will hit.

    ``names`` are the columns to read, by ``attname``, those of the key among them. ``moved``
    has the columns of the key that the statement changes, with their new values, which are
    read besides.
    """

    def __init__(self, queryset: QuerySet, names: Sequence[str], moved: Mapping[str, Any]) -> None:
        self.model = queryset.model
        self.using: str = queryset.db
        self.names = names
        self.moved = moved
        self.connection: Any = connections[self.using]
        features = self.connection.features
        # A view that is mapped by an unmanaged model need not allow locks.
        self.locks: bool = features.has_select_for_update and self.model._meta.managed
        # Not of the host's class, whose methods may be its own.
        query = queryset.query.chain()
        self.plain: QuerySet = models.QuerySet(self.model, query=query, using=self.using)
        joins = query.count_active_tables() > 1
        self._is_simple = not (joins or query.annotations or query.distinct or query.group_by)
        self._is_innodb = self.locks and _is_innodb(self.connection)
        committed = {"read committed", "read uncommitted"}
        # What joins, Django finds the keys of first, too: InnoDB has no UPDATE by a subquery.
        self._finds_keys = self._is_innodb and (
            joins
            or bool(self.model._meta.parents)
            or getattr(self.connection, "isolation_level", None) in committed
        )
        self.is_closed: bool = not self.locks or (self._is_innodb and not self._finds_keys)
        """Whether no further row can come to match, once those that do have been read."""
        self.is_volatile = _is_volatile(query)
        """Whether the condition may hold for other rows when it is asked again."""

    def batches(self) -> Iterator[list[Any]]:
        """Yield the rows, locked, as tuples of the columns."""
        if self._finds_keys:
            return self._by_keys()
        return self._in_one_go() if self._is_innodb else self._in_order()

    def unconditional(self) -> QuerySet:
        """Return the queryset without its condition."""
        rows = self.plain.all()
        rows.query.clear_where()
        return rows

    def now(self, keys: Sequence[Any], names: Sequence[str]) -> list[Any]:
        """Return the rows that have these keys now, as tuples of the columns ``names``."""
        return rows_by_key(self.model, self.using, keys, names)

    def _rows(self) -> QuerySet:
        if self._is_simple:
            return self.plain
        return rows_of(self.model, self.using).filter(pk__in=self.plain.order_by().values("pk"))

    def _columns(self, rows: QuerySet) -> QuerySet:
        for attname, value in self.moved.items():
            rows = rows.annotate(**{NEW + attname: _expression(value)})
        return rows.values_list(*self.names, *(NEW + attname for attname in self.moved))

    def _in_order(self) -> Iterator[list[Any]]:
        rows = self._columns(self._rows()).order_by("pk")
        if self.locks:
            weaker = self.connection.features.has_select_for_no_key_update and not self.moved
            rows = rows.select_for_update(no_key=weaker)
        return self._streamed(rows, "")

    def _by_keys(self) -> Iterator[list[Any]]:
        keys = self._rows().order_by("pk").values_list("pk", flat=True)
        rows = self._columns(self.plain if self._is_simple else rows_of(self.model, self.using))
        found = list(keys[:KEYS])
        while found:
            yield _locked_by_key(rows.filter(pk__in=found))
            if len(found) < KEYS:
                return
            found = list(keys.filter(pk__gt=found[-1])[:KEYS])

    def _in_one_go(self) -> Iterator[list[Any]]:
        plain = self.plain.order_by()
        # As Django's UPDATE has it: what the condition asks for, it holds itself.
        plain.query.annotations, plain.query.distinct, plain.query.group_by = {}, False, None
        try:
            index = self._index(plain)
        except EmptyResultSet:
            return iter(())
        return self._streamed(self._columns(plain).select_for_update(), index)

    def _streamed(self, rows: QuerySet, index: str) -> Iterator[list[Any]]:
        try:
            compiler, sql, parameters = _compiled(rows, index)
        except EmptyResultSet:
            return
        with reading(self.connection) as cursor:
            cursor.execute(sql, parameters)
            while found := cursor.fetchmany(BATCH):
                yield list(compiler.results_iter([found], tuple_expected=True))

    def _index(self, rows: QuerySet) -> str:
        """Return the index that an UPDATE takes; a SELECT may look through more rows."""
        query: Any = rows.query.chain(UpdateQuery)
        name = self.model._meta.pk_fields[0].name
        query.add_update_values({name: models.F(name)})
        sql, parameters = query.get_compiler(self.using).as_sql()
        with self.connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}", parameters)
            columns = [column[0] for column in cursor.description]
            plan = dict(zip(columns, cursor.fetchone(), strict=True))
        names = (plan["key"] or "").split(",")
        return ", ".join(self.connection.ops.quote_name(name) for name in names if name)


def rows_by_key(
    model: type[models.Model], using: str, keys: Sequence[Any], names: Sequence[str]
) -> list[Any]:
    """Return the rows that have these keys now, as tuples of the columns ``names``.

    They are in no order, and locked on InnoDB: without a lock it would show a row that the
    transaction did not change as it was when the transaction began.
    """
    rows = rows_of(model, using).values_list(*names)
    if not (model._meta.managed and _is_innodb(connections[using])):
        return list(rows.filter(pk__in=keys))
    parts = (keys[start : start + KEYS] for start in range(0, len(keys), KEYS))
    return [row for part in parts for row in _locked_by_key(rows.filter(pk__in=part))]


def locked_rows(rows: QuerySet, names: Sequence[str]) -> list[Any]:
    """Return the rows of a queryset, locked, and no other row, as tuples of ``names``.

    At InnoDB's REPEATABLE READ, rows that are newer than the snapshot are not among them.
    """
    connection: Any = connections[rows.db]
    if _is_innodb(connection):
        keys = list(rows.order_by("pk").values_list("pk", flat=True))
        return rows_by_key(rows.model, rows.db, keys, names) if keys else []
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(no_key=connection.features.has_select_for_no_key_update)
    return list(rows.order_by("pk").values_list(*names))


def _is_innodb(connection: Any) -> bool:
    return bool(connection.vendor == "mysql" and connection.features.has_select_for_update)


def _locked_by_key(rows: QuerySet) -> list[Any]:
    # Without a hint, all rows are looked at where they are few, and locked.
    try:
        compiler, sql, parameters = _compiled(rows.order_by().select_for_update(), "PRIMARY")
    except EmptyResultSet:
        return []
    with connections[rows.db].cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(compiler.results_iter([cursor.fetchall()], tuple_expected=True))


def _compiled(rows: QuerySet, index: str) -> tuple[Any, str, Any]:
    """Return a compiler, its SQL and the parameters, for a SELECT by one index."""
    compiler: Any = rows.query.get_compiler(rows.db)
    sql, parameters = compiler.as_sql()
    source = f" FROM {compiler.connection.ops.quote_name(rows.model._meta.db_table)}"
    if index:
        sql = sql.replace(source, f"{source} FORCE INDEX ({index})", 1)
    return compiler, sql, parameters


def _is_volatile(node: Any) -> bool:
    if isinstance(node, Query):
        return _is_volatile(node.where) or any(map(_is_volatile, node.annotations.values()))
    if isinstance(node, ExtraWhere | RawSQL | Now | Random):
        return True
    if isinstance(node, models.Func) and _is_unknown(type(node)):
        return True
    if isinstance(node, WhereNode):
        return any(map(_is_volatile, node.children))
    return any(map(_is_volatile, getattr(node, "get_source_expressions", tuple)()))


def _is_unknown(function: type[models.Func]) -> bool:
    return function is models.Func or not function.__module__.startswith("django.")


def _expression(value: Any) -> Any:
    if hasattr(value, "resolve_expression"):
        return value
    return models.Value(value.pk if isinstance(value, models.Model) else value)
