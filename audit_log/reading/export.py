"""Entries as CSV and as JSON lines, streamed in constant memory."""

from __future__ import annotations

import csv
import io
import itertools
import json
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from audit_log import catalogue
from audit_log.models import AuditReference
from audit_log.reading.moments import utc_text

if TYPE_CHECKING:
    import datetime

    from audit_log.querysets import AuditEntryQuerySet

CSV_COLUMNS = (
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
"""The columns of the CSV, in this order. More may follow at the end, none will go."""

BATCH = 900
"""Entries in memory at a time; below the 999 parameters that old SQLite takes."""

Row: TypeAlias = tuple[Any, ...]
"""The values of ``CSV_COLUMNS`` as the database returns them."""
Progress: TypeAlias = Callable[[int], None]
"""Called now and then with how many entries there are so far."""

# A cell that begins so is a formula to a spreadsheet (OWASP, "CSV Injection"); the full-width
# forms are typed in East Asia.
_FORMULA = frozenset("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
_readable = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_escaped = json.JSONEncoder(separators=(",", ":"))


def stream_csv(queryset: AuditEntryQuerySet, progress: Progress | None = None) -> Iterator[str]:
    """Yield ``queryset`` as CSV (RFC 4180, header first), newest entry first, in pieces.

    Times are ISO 8601 in UTC, ``changes`` and ``metadata`` JSON, a missing value an empty
    cell. A cell that a spreadsheet would run gets an apostrophe before it; :func:`undefused`
    takes it away again. Entries that arrive meanwhile are not in it.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(CSV_COLUMNS)
    for batch in _batches(queryset, progress):
        writer.writerows(map(_cells, batch))
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    if rest := out.getvalue():
        yield rest


def stream_jsonl(queryset: AuditEntryQuerySet, progress: Progress | None = None) -> Iterator[str]:
    """Yield ``queryset`` as JSON lines, newest entry first, in pieces of whole lines.

    Each line is an entry as the REST API returns it, with every value just as it is stored.
    Entries that arrive meanwhile are not in it.
    """
    labels = action_labels()
    for batch in _batches(queryset, progress):
        references = _references(queryset.db, [row[0] for row in batch])
        lines = [
            json_text(as_dict(row, references.get(row[0], []), labels)) + "\n" for row in batch
        ]
        yield "".join(lines)


@dataclass(frozen=True)
class ExportFormat:
    """A kind of file that entries are exported to."""

    content_type: str
    stream: Callable[[AuditEntryQuerySet, Progress | None], Iterator[str]]


FORMATS: Mapping[str, ExportFormat] = {
    "csv": ExportFormat("text/csv; charset=utf-8", stream_csv),
    "jsonl": ExportFormat("application/x-ndjson", stream_jsonl),
}
"""The formats by name, which is also how the file's name ends."""


def export_response(
    request: HttpRequest, queryset: AuditEntryQuerySet, format_name: str
) -> StreamingHttpResponse:
    """Return ``queryset`` as a file to download, ``format_name`` one of :data:`FORMATS`.

    Streams under WSGI and under ASGI. Whether the user may export is the caller's to ask.
    """
    chosen = FORMATS[format_name]
    pieces = chosen.stream(queryset, None)
    # What goes wrong in the first query is an error page, not a torn file.
    pieces = itertools.chain([next(pieces, "")], pieces)
    # DRF's request holds Django's.
    asynchronous = isinstance(getattr(request, "_request", request), ASGIRequest)
    response = StreamingHttpResponse(
        _asynchronously(pieces) if asynchronous else pieces,
        content_type=chosen.content_type,
        headers={"Content-Disposition": f'attachment; filename="{export_filename(format_name)}"'},
    )
    add_never_cache_headers(response)
    return response


def export_filename(format_name: str, now: datetime.datetime | None = None) -> str:
    """Return a name with the time in UTC: ``audit-log-20260331T143000Z.csv``."""
    moment = utc_text(timezone.now() if now is None else now)
    return f"audit-log-{moment[:19].replace('-', '').replace(':', '')}Z.{format_name}"


def action_labels() -> dict[str, str]:
    """Return what people call each action, by its name, in the current language."""
    return {name: str(known.label) for name, known in catalogue.all_actions().items()}


def as_dict(
    row: Row, references: list[dict[str, str]], labels: Mapping[str, str]
) -> dict[str, Any]:
    """Return an entry as the REST API does, from the values of ``CSV_COLUMNS``."""
    entry = dict(zip(CSV_COLUMNS, row, strict=True))
    return {
        "id": str(entry["id"]),
        "occurred_at": utc_text(entry["occurred_at"]),
        "event_type": entry["event_type"],
        "action": entry["action"],
        "action_label": labels.get(entry["action"], entry["action"]),
        "outcome": entry["outcome"],
        "actor": {
            "id": json_key(entry["actor_id"]),
            "type": entry["actor_type"],
            "repr": entry["actor_repr"],
        },
        "target": {
            "type": entry["target_type"],
            "id": entry["target_id"],
            "repr": entry["target_repr"],
        },
        "references": references,
        "tenant": entry["tenant"],
        "changes": entry["changes"],
        "reason": entry["reason"],
        "remote_addr": entry["remote_addr"],
        "correlation_id": entry["correlation_id"],
        "metadata": entry["metadata"],
    }


def json_key(key: Any) -> int | str | None:
    """Return a primary key as JSON has it: numbers and texts as they are, else its text."""
    return key if key is None or isinstance(key, int | str) else str(key)


def json_text(value: Any) -> str:
    """Return ``value`` as JSON on one line, in readable characters wherever UTF-8 has them."""
    text = _readable.encode(value)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            # Half a character, which only an escape can express.
            return _escaped.encode(value)
    return text


def defused(cell: str) -> str:
    """Return a cell's text as no spreadsheet takes it for a formula."""
    return f"'{cell}" if _is_formula(cell) else cell


def undefused(cell: str) -> str:
    """Return what :func:`defused` was given."""
    return cell[1:] if cell[:1] == "'" and _is_formula(cell) else cell


def _is_formula(cell: str) -> bool:
    # An apostrophe that was there already gets one more, so that the way back is certain.
    first = cell[:1]
    return first in _FORMULA or (first == "'" and cell.lstrip("'")[:1] in _FORMULA)


def _cells(row: Row) -> list[str]:
    cells = ["" if value is None else str(value) for value in row[2:-2]]
    return [
        str(row[0]),
        utc_text(row[1]),
        *map(defused, cells),
        json_text(row[-2]),
        json_text(row[-1]),
    ]


def _batches(queryset: AuditEntryQuerySet, progress: Progress | None = None) -> Iterator[list[Row]]:
    # By key ranges rather than by one cursor: that holds no lock and no transaction open for
    # as long as a slow client reads, and needs no memory in drivers without such cursors.
    # Entries never change, so that the parts of the listing fit together.
    newest = queryset.newest_id()
    if newest is None:
        return
    rows = queryset.order_by("-id").values_list(*CSV_COLUMNS)
    batch: list[Row] = list(rows.filter(pk__lte=newest)[:BATCH])
    done = 0
    while batch:
        yield batch
        done += len(batch)
        if progress is not None:
            progress(done)
        batch = list(rows.filter(pk__lt=batch[-1][0])[:BATCH]) if len(batch) == BATCH else []


def _references(using: str, ids: list[uuid.UUID]) -> dict[uuid.UUID, list[dict[str, str]]]:
    found: dict[uuid.UUID, list[dict[str, str]]] = {}
    references = AuditReference.objects.using(using).filter(entry__in=ids).order_by("pk")
    for key, target_type, target_id in references.values_list(
        "entry_id", "target_type", "target_id"
    ):
        found.setdefault(key, []).append({"type": target_type, "id": target_id})
    return found


async def _asynchronously(pieces: Iterator[str]) -> AsyncIterator[str]:
    # In the thread of the request, whose database connections are open.
    @sync_to_async
    def take() -> str:
        return next(pieces, "")

    while piece := await take():
        yield piece
