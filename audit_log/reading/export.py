"""Entries as a file, streamed in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from django.db import connections
from django.utils import timezone

from audit_log.reading.csv_format import COLUMNS as CSV_COLUMNS
from audit_log.reading.csv_format import CsvFormat, defused, undefused
from audit_log.reading.jsonl_format import JsonLinesFormat
from audit_log.reading.moments import utc_text
from audit_log.reading.picture import KEY_SIZE, Picture

if TYPE_CHECKING:
    import datetime

    from audit_log.querysets import AuditEntryQuerySet

__all__ = [
    "CSV_COLUMNS",
    "FORMATS",
    "Export",
    "defused",
    "export_filename",
    "stream_csv",
    "stream_jsonl",
    "undefused",
]

Format: TypeAlias = type[CsvFormat] | type[JsonLinesFormat]
FORMATS: Mapping[str, Format] = {"csv": CsvFormat, "jsonl": JsonLinesFormat}
"""The formats by name, which is also how the file's name ends."""

BATCH = 1_000
"""Entries in memory at a time, at most."""
FIRST_BATCH = 100
PIECE = 1_000_000
"""Characters in memory at a time, about: where entries are long, fewer are read at once."""

Progress: TypeAlias = Callable[[int], None]
"""Called now and then with how many entries there are so far."""


class Export:
    """A file of the entries that ``queryset`` finds now, newest first, to be consumed once.

    ``format_name`` is one of :data:`FORMATS`. Which entries they are is settled when this is
    made, see :class:`audit_log.reading.picture.Picture`; they are read by :meth:`pieces`.
    """

    def __init__(self, queryset: AuditEntryQuerySet, format_name: str) -> None:
        self.format_name = format_name
        self._picture = Picture(queryset)
        uniformly = connections[queryset.db].vendor == "postgresql"
        self._format = FORMATS[format_name](stored_uniformly=uniformly)
        self.content_type = self._format.content_type
        self.count = self._picture.count
        """How many entries there are."""

    def pieces(self, progress: Progress | None = None, *, header: bool = True) -> Iterator[str]:
        """Yield the file in pieces, each of some whole lines; ``header``: of a CSV."""
        head, done, size = self._format.head if header else "", 0, min(FIRST_BATCH, BATCH)
        with self._picture as picture:
            while keys := picture.take(size):
                # The references first: an entry that is still there after them had them all.
                references = picture.references(keys) if self._format.has_references else ()
                text = head + self._format.lines(picture.columns(keys), references)
                yield text
                head, taken = "", len(keys) // KEY_SIZE
                done += taken
                if progress is not None:
                    progress(done)
                size = max(1, min(BATCH, 2 * taken, taken * PIECE // max(1, len(text))))
        if head:
            yield head


def stream_csv(queryset: AuditEntryQuerySet, progress: Progress | None = None) -> Iterator[str]:
    """Yield ``queryset`` as CSV (RFC 4180, header first), newest entry first, in pieces.

    Times are ISO 8601 in UTC, ``changes`` and ``metadata`` JSON, a missing value an empty
    cell. A cell that a spreadsheet would run gets an apostrophe before it; :func:`undefused`
    takes it away again. What is committed after the call is not in it.
    """
    return Export(queryset, "csv").pieces(progress)


def stream_jsonl(queryset: AuditEntryQuerySet, progress: Progress | None = None) -> Iterator[str]:
    """Yield ``queryset`` as JSON lines, newest entry first, in pieces of whole lines.

    Each line is an entry as the REST API returns it, with every value just as it is stored.
    What is committed after the call is not in it.
    """
    return Export(queryset, "jsonl").pieces(progress)


def export_filename(format_name: str, now: datetime.datetime | None = None) -> str:
    """Return a name with the time in UTC: ``audit-log-20260331T143000Z.csv``."""
    moment = utc_text(timezone.now() if now is None else now)
    return f"audit-log-{moment[:19].replace('-', '').replace(':', '')}Z.{format_name}"
