"""What the four systems record, as data: ``reference_systems.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).resolve().parents[2] / "reference_systems.toml"


@dataclass(frozen=True)
class Record:
    """One action of one row, and all that is asked of its entry but the details."""

    system: str
    group: str
    says: str
    action: str
    label: str
    type: str
    how: tuple[str, ...]
    case: str = ""
    also: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What performs it is found by."""
        return f"{self.action} ({self.case})" if self.case else self.action


DATA = tomllib.loads(FILE.read_text("utf-8"))
RECORDS = [
    Record(row["system"], row["group"], **{**action, "how": tuple(action["how"])})
    for row in DATA["row"]
    for action in row["actions"]
]
