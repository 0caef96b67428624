"""Entries as CSV, RFC 4180: the same bytes for the same entries from every database.

Not by Python's ``csv``, which looks at each character: whole columns are looked at for what
has to be quoted, in a third of the time. The tests hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from audit_log.reading.json_text import uniform

COLUMNS = (
    "id",
    "occurred_at",
    "event_type",
    "action",
    "outcome",
    "actor_id",
    "actor_type",
    "actor_repr",
    "target_type",
    "target_id",
    "target_repr",
    "tenant",
    "remote_addr",
    "correlation_id",
    "reason",
    "changes",
    "metadata",
)
"""In this order. More may follow at the end, none will go."""

# A cell that begins so is a formula to a spreadsheet (OWASP, "CSV Injection"); the full-width
# forms are typed in East Asia.
_FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
# So is one that begins with these, and what some programs drop before they look.
_BREAKS = frozenset("\t\r\n")
_DROPPED = " \t\r\n\v\f\x00\xa0\u200b\u3000\ufeff"
_SUSPICIOUS = _FORMULA | _BREAKS | set(_DROPPED) | {"'"}


class CsvFormat:
    """The cells that a spreadsheet would run get an apostrophe before them."""

    content_type = "text/csv; charset=utf-8"
    head = ",".join(COLUMNS) + "\r\n"
    has_references = False

    def __init__(self, *, stored_uniformly: bool) -> None:
        self._stored_uniformly = stored_uniformly

    def lines(self, columns: Mapping[str, Sequence[Any]], references: Any) -> str:
        """Return the lines of some entries, from their fields by name."""
        cells = [self._cells(name, columns[name]) for name in COLUMNS]
        # The empty text at last ends the last line.
        return "\r\n".join(chain(map(",".join, zip(*cells, strict=True)), [""]))

    def _cells(self, name: str, column: Sequence[Any]) -> Sequence[str]:
        if name in {"id", "occurred_at"}:
            return column
        if name in {"changes", "metadata"}:
            # It begins with a brace, which no spreadsheet runs.
            return _quoted(column if self._stored_uniformly else list(map(uniform, column)))
        if name in {"actor_id", "remote_addr"}:
            column = ["" if value is None else str(value) for value in column]
        if not _SUSPICIOUS.isdisjoint({cell[:1] for cell in column}):
            column = list(map(defused, column))
        return _quoted(column)


def defused(cell: str) -> str:
    """Return a cell's text as no spreadsheet takes it for a formula."""
    return f"'{cell}" if _is_formula(cell) else cell


def undefused(cell: str) -> str:
    """Return what :func:`defused` was given."""
    return cell[1:] if cell[:1] == "'" and _is_formula(cell) else cell


def _is_formula(cell: str) -> bool:
    # An apostrophe that was there already gets one more, so that the way back is certain.
    return cell.lstrip(f"'{_DROPPED}")[:1] in _FORMULA or cell.lstrip("'")[:1] in _BREAKS


def _quoted(column: Sequence[str]) -> Sequence[str]:
    together = "".join(column)
    if not any(mark in together for mark in '",\r\n'):
        return column
    return [
        f'"{cell.replace(_QUOTE, _DOUBLED)}"'
        if _QUOTE in cell or "," in cell or "\n" in cell or "\r" in cell
        else cell
        for cell in column
    ]


_QUOTE, _DOUBLED = '"', '""'
