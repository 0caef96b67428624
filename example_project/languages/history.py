"""The recorded history of the registry: a file of JSON lines, one commit each.

A line is ``{"at": ISO 8601, "by": contributor, "ref": commit, "changes": [[what, key, fields]]}``
where ``what`` is ``create``, ``update`` or ``delete``, ``key`` the language's name and ``fields``
the values that are new; in an update ``null`` is a field that went away. A record makes no
difference between a field that is ``null`` and one that is not there.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

FIELDS = (
    "type", "group", "color", "fs_name", "language_id", "aliases", "alias", "extensions",
    "primary_extension", "filenames", "interpreters", "overrides", "lexer", "ace_mode",
    "tm_scope", "codemirror_mode", "codemirror_mime_type", "search_term", "searchable", "major",
    "wrap",
)  # fmt: skip
EARLY_FIELDS = (
    "lexer", "default_lexer", "ext", "aliases", "filenames", "search_term", "searchable",
)  # fmt: skip

COLUMNS = {name: name for name in FIELDS} | {f":{name}": f"legacy_{name}" for name in EARLY_FIELDS}
"""The column of each field of a record; the key of the record is the column ``name``."""

Kind = Literal["create", "update", "delete"]


class BrokenHistory(ValueError):
    """A line that is no commit; the message tells which and why."""


@dataclass(frozen=True)
class Change:
    """What one commit did to one language; ``values`` by column."""

    kind: Kind
    name: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Commit:
    """What one person did at one time."""

    at: datetime
    by: str
    ref: str
    changes: tuple[Change, ...]


def read(path: Path) -> Iterator[Commit]:
    """Yield the commits of a file, gzipped or not, in their order.

    Raises ``OSError`` where the file cannot be opened and :class:`BrokenHistory` for the first
    line that is no commit.
    """
    number = 0
    try:
        for line in _lines(path):
            number += 1
            yield commit_of(json.loads(line))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BrokenHistory(f"after line {number}: the file is damaged ({error})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else error
        raise BrokenHistory(f"line {number}: {reason}") from error


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if compressed:
            with gzip.open(file) as unpacked:
                yield from unpacked
        else:
            yield from file


def commit_of(line: dict[str, Any]) -> Commit:
    """Make a commit of a parsed line; raises ``ValueError``, ``KeyError`` or ``TypeError``."""
    at = datetime.fromisoformat(line["at"])
    if at.tzinfo is None:
        raise ValueError("the time has no offset from UTC")
    changes = tuple(change_of(what, key, fields or {}) for what, key, fields in line["changes"])
    return Commit(at=at, by=str(line["by"]), ref=str(line["ref"]), changes=changes)


def change_of(what: str, key: str, fields: dict[str, Any]) -> Change:
    """Make one change; raises ``ValueError`` for a kind or a field that does not exist."""
    if what not in ("create", "update", "delete"):
        raise ValueError(f"{what!r} is no kind of change")
    if unknown := fields.keys() - COLUMNS.keys():
        raise ValueError(f"a language has no field {', '.join(sorted(unknown))}")
    return Change(what, key, {COLUMNS[name]: value for name, value in fields.items()})
