"""What a run has removed, as it is told to people and in the run's entry."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any

from audit_log.retention.due import Part, Row
from audit_log.values import to_json


@dataclass
class Tally:
    """Entries of one rule and one period."""

    rule: str
    days: int
    entries: int = 0
    tenants: int | None = None
    """How many tenants had such entries, where the rule has a function by tenant."""
    oldest: datetime.datetime | None = None
    newest: datetime.datetime | None = None

    def add(self, rows: list[Row]) -> None:
        """Count entries in."""
        moments = [row.occurred_at for row in rows]
        self.entries += len(rows)
        self.oldest = min([*moments, self.oldest] if self.oldest else moments)
        self.newest = max([*moments, self.newest] if self.newest else moments)


@dataclass
class Report:
    """What a run on one database has removed, or would remove."""

    using: str
    started_at: datetime.datetime
    older_than: int | None = None
    """Days, where these were asked for instead of the setting."""
    tallies: dict[tuple[str, int], Tally] = field(default_factory=dict)
    references: int = 0
    held: int = 0
    """Entries that were due and that a hold keeps."""
    failures: dict[str, str] = field(default_factory=dict)
    """Tenants whose period could not be had, and why: their entries are kept."""
    interrupted: str = ""
    """What ended the run before its end; empty where nothing did."""
    archive: dict[str, Any] | None = None

    @property
    def entries(self) -> int:
        """How many entries, all rules together."""
        return sum(tally.entries for tally in self.tallies.values())

    def add(self, part: Part, rows: list[Row], *, again: bool) -> None:
        """Count entries in; ``again``: others of this part are there already."""
        if not rows:
            return
        tally = self.tallies.setdefault((part.rule.key, part.days), Tally(part.rule.key, part.days))
        if part.tenant is not None and not again:
            tally.tenants = (tally.tenants or 0) + 1
        tally.add(rows)

    def as_metadata(self) -> dict[str, Any]:
        """Return what the run's entry has as its metadata."""
        rules = [
            {name: value for name, value in vars(tally).items() if value is not None}
            for tally in self.tallies.values()
        ]
        told: dict[str, Any] = {
            "started_at": self.started_at,
            "older_than": self.older_than,
            "removed": self.entries,
            "references": self.references,
            "held": self.held,
            "rules": rules,
            "failures": dict(list(self.failures.items())[:20]),
            "interrupted": self.interrupted,
            "archive": self.archive,
        }
        always = {"started_at", "removed", "references", "held", "rules"}
        stored: dict[str, Any] = to_json(
            {name: value for name, value in told.items() if value or name in always}
        )
        return stored
