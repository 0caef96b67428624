"""Who reads leaves a trace: who took an export, and with ``LOG_READS`` also who looked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _

from audit_log import catalogue
from audit_log.conf import settings
from audit_log.journal.context import current, enter_request, restore
from audit_log.journal.recorder import record
from audit_log.reading.export import Export, export_filename
from audit_log.vocabulary import EventType

if TYPE_CHECKING:
    from audit_log.models import AuditEntry
    from audit_log.querysets import AuditEntryQuerySet

EXPORT = "audit_log.export"
VIEW = "audit_log.view"


def install() -> None:
    """Declare the actions."""
    catalogue.provide(EXPORT, label=_("Audit log exported"), event_type=EventType.ACCESS)
    catalogue.provide(VIEW, label=_("Audit log viewed"), event_type=EventType.ACCESS)


def export_response(
    request: HttpRequest,
    queryset: AuditEntryQuerySet,
    format_name: str,
    filters: Mapping[str, str] | None = None,
) -> StreamingHttpResponse:
    """Return ``queryset`` as a file to download, and leave an entry that says who took it.

    ``format_name`` is ``"csv"`` or ``"jsonl"``, ``filters`` what was asked for, by the names
    of the parameters. Streams under WSGI and under ASGI. To ``HEAD`` it says the headers, and
    leaves no entry. Whether the user may export is the caller's to ask.
    """
    if request.method == "HEAD":
        export = Export(queryset.none(), format_name)
    else:
        export = Export(queryset, format_name)
        with _done_by(request):
            record_export(export, filters or {})
    pieces = export.pieces()
    asynchronous = isinstance(_plain(request), ASGIRequest)
    response = StreamingHttpResponse(
        _asynchronously(pieces) if asynchronous else pieces,
        content_type=export.content_type,
        headers={"Content-Disposition": f'attachment; filename="{export_filename(format_name)}"'},
    )
    add_never_cache_headers(response)
    return response


def record_export(export: Export, filters: Mapping[str, str], **details: Any) -> None:
    """Leave an entry that says which entries are taken, by whoever acts now.

    Before the first of them leaves, so that nobody has them without a trace.
    """
    told = {"format": export.format_name, "rows": export.count, "filters": dict(filters)}
    record(EXPORT, metadata={"export": {**told, **details}})


def record_view(
    request: HttpRequest, what: str, entries: Iterable[AuditEntry], **details: Any
) -> None:
    """With ``LOG_READS``, leave an entry that says who looked at which part of the log.

    ``what`` is ``"list"``, ``"entry"`` or ``"history"``, ``entries`` those that are shown,
    ``details`` what else tells them. One for each thing that a request shows. Where nothing
    but such entries is shown there is none: who polls the log would find something for ever.
    """
    if not settings.LOG_READS or request.method == "HEAD":
        return
    shown = [entry.action for entry in entries]
    if all(action == VIEW for action in shown):
        return
    request = _plain(request)
    seen: list[Any] = request.__dict__.setdefault("_audit_log_views", [])
    told = {"what": what, "rows": len(shown), **details}
    if told not in seen:
        seen.append(told)
        with _done_by(request):
            record(VIEW, metadata={"view": told})


def _plain(request: HttpRequest) -> HttpRequest:
    # DRF's request holds Django's.
    plain: HttpRequest = getattr(request, "_request", request)
    return plain


@contextmanager
def _done_by(request: HttpRequest) -> Iterator[None]:
    # The middleware has said it already, where it is installed.
    if current().request is not None:
        yield
        return
    before = enter_request(_plain(request))
    try:
        yield
    finally:
        restore(before)


async def _asynchronously(pieces: Iterator[str]) -> AsyncIterator[str]:
    # In the thread of the request, whose database connections are open. Django would read a
    # plain iterator to its end before it sent the first piece.
    @sync_to_async
    def take() -> str:
        return next(pieces, "")

    while piece := await take():
        yield piece
