"""One UPDATE: its rows before and after.

The rows are read and locked and put aside; then Django's statement runs; then the rows before
and after are told, a batch at a time. What was set to a plain value is known; where the
database computes it, the rows are read again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import OperationalError, models, transaction

from audit_log.capture import matching
from audit_log.capture.columns import UNSETTLED, settle_of
from audit_log.capture.rows import Row, key_of
from audit_log.capture.spool import KEPT, Spool, are_small
from audit_log.capture.transactions import one_transaction
from audit_log.identity import type_of
from audit_log.journal.failures import guard

ATTEMPTS = 5

QuerySet = models.QuerySet[Any, Any]
Update = Callable[..., Any]
"""Django's ``QuerySet.update``: a function of the queryset and the values, which returns how
many rows it hit, or ``None`` where it does not tell.
"""

Pair = tuple[Row, Row]
"""A row before and after."""


class _RowsCameIn(Exception):
    """Rows matched that were not there when they were read and locked."""


class BeforeAfter:
    """One call of ``update()``; what is told of its rows, subclasses say.

    ``names`` are the columns to read, by ``attname``, those of the key among them.
    """

    def __init__(
        self, update: Update, queryset: QuerySet, values: Mapping[str, Any], names: Sequence[str]
    ) -> None:
        self.update = update
        self.queryset = queryset
        self.values = values
        self.names = names
        self.model = queryset.model
        self.using: str = queryset.db
        meta = self.model._meta
        self._given: dict[Any, Any] = {meta.get_field(name): v for name, v in values.items()}
        # Keys that the statement itself changes: what they will be is asked for beforehand.
        self._moved = {f.attname: v for f, v in self._given.items() if f in meta.pk_fields}
        self._matching = matching.Matching(queryset, names, self._moved)
        read = [f for f in meta.concrete_fields if f.attname in names]
        self._is_small = are_small(read)

    def tell(self, pairs: Sequence[Pair]) -> None:
        """Write what there is to say of some rows."""
        raise NotImplementedError

    def is_told(self, old: Row) -> bool:
        """Whether something is to be said of a row at all."""
        return True

    def run(self) -> Any:
        """Run the statement, and tell of its rows; return what it returns."""
        meta = self.model._meta
        with one_transaction(self.using, meta.db_table if meta.managed else None) as buffer:
            for _ in range(ATTEMPTS):
                with Spool(KEPT if self._is_small else 1) as spool:
                    is_read = False
                    with guard(self.using, type_of(self.model)):
                        for batch in self._matching.batches():
                            spool.add(batch)
                        is_read = True
                    if not is_read:  # ON_ERROR has spoken
                        return self.update(self.queryset, **self.values)
                    try:
                        count = self._update(spool)
                    except _RowsCameIn:
                        continue
                    with guard(self.using, type_of(self.model)), buffer.streaming():
                        for batch in spool:
                            self._tell(batch, exact=count in {None, spool.count})
                    return count
        raise OperationalError(
            f"An update of {meta.label} was not made: other transactions kept adding rows that "
            f"it matches, {ATTEMPTS} times. Try again."
        )

    def _update(self, spool: Spool) -> Any:
        queryset = self.queryset
        if self._matching.is_volatile:
            return self._update_those(spool)
        if self._matching.is_closed:
            return self.update(queryset, **self.values)
        if spool.count < matching.BATCH:
            # Only what was read and locked, should other rows match by now.
            keys = [self._key(row) for batch in spool for row in batch]
            return self.update(self._matching.plain.filter(pk__in=keys), **self.values)
        with transaction.atomic(using=self.using):
            count = self.update(queryset, **self.values)
            if count is not None and count > spool.count:
                raise _RowsCameIn
        return count

    def _update_those(self, spool: Spool) -> Any:
        # The condition was asked once, and holds for what matched then.
        rows = self._matching.unconditional()
        counts = []
        for batch in spool:
            keys = [self._key(row) for row in batch]
            counts.append(self.update(rows.filter(pk__in=keys), **self.values))
        if not counts:
            return self.update(self.queryset.none(), **self.values)
        return None if None in counts else sum(counts)

    def _row(self, values: Sequence[Any]) -> Row:
        return dict(zip(self.names, values, strict=False))

    def _key(self, values: Sequence[Any]) -> Any:
        return key_of(self.model, self._row(values))

    def _tell(self, rows: Sequence[Sequence[Any]], *, exact: bool) -> None:
        # Where the statement did not hit just these rows, nothing is taken for granted.
        plain = self._plain_values() if exact else None
        olds: list[Row] = []
        keys: list[Any] = []
        for values in rows:
            old = self._row(values)
            if not self.is_told(old):
                continue
            olds.append(old)
            if self._moved:
                moved = dict(zip(self._moved, values[len(self.names) :], strict=True))
                keys.append(key_of(self.model, {**old, **moved}))
            else:
                keys.append(key_of(self.model, old))
        if plain is None:
            now = map(self._row, self._matching.now(keys, self.names))
            news = {key_of(self.model, new): new for new in now}
        else:
            self.tell([(old, {**old, **plain}) for old in olds])
            return
        self.tell([(old, news[key]) for old, key in zip(olds, keys, strict=True) if key in news])

    def _plain_values(self) -> Row | None:
        """Return the values as they are stored now, or ``None`` where only the database knows."""
        if any(f.generated and f.attname in self.names for f in self.model._meta.concrete_fields):
            return None
        found: Row = {}
        for field, value in self._given.items():
            if isinstance(value, models.Model) and field.is_relation:
                value = getattr(value, field.target_field.attname)
            found[field.attname] = settle_of(field)(value)
        return None if any(value is UNSETTLED for value in found.values()) else found
