"""Entries that belong together: of one request, one command, one task."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit_log.models import AuditEntry


@dataclass(frozen=True)
class Group:
    """Neighbours in a list with one correlation id; or a single entry."""

    entries: list[AuditEntry]

    @property
    def correlation_id(self) -> str:
        """The id that they share; empty for an entry that has none."""
        return self.entries[0].correlation_id

    @property
    def is_several(self) -> bool:
        """Whether there is more than one."""
        return len(self.entries) > 1


def grouped(entries: Iterable[AuditEntry]) -> Iterator[Group]:
    """Yield the entries of a list in its order, neighbours with one correlation id together."""
    for _key, together in groupby(entries, lambda entry: entry.correlation_id or entry.pk):
        yield Group(list(together))
