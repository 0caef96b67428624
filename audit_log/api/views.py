"""Reading over HTTP: nothing here changes anything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar, cast

from django.apps import apps
from django.db import DatabaseError
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control, set_response_etag
from django.utils.functional import cached_property
from rest_framework.exceptions import APIException
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from audit_log import catalogue
from audit_log.access import export_response, record_view
from audit_log.api.filtering import EntryFilterBackend, EntryPagination
from audit_log.api.parameters import refuse_unknown
from audit_log.api.permissions import MayExport, MayRead
from audit_log.api.selection import FIELDS, loading, selected_fields
from audit_log.api.serializers import (
    AuditActionSerializer,
    AuditEntrySerializer,
    AuditTargetTypeSerializer,
)
from audit_log.models import AuditEntry
from audit_log.querysets import AuditEntryQuerySet
from audit_log.reading.filters import AuditEntryFilter, target_types
from audit_log.reading.following import CURSOR
from audit_log.reading.missing import MESSAGE, tables_are_missing
from audit_log.reading.pagination import PARAMETERS
from audit_log.reading.visibility import visible_entries


class NoTables(APIException):
    """503: ``migrate`` was not run yet."""

    status_code = 503
    default_code = "no_tables"
    default_detail = MESSAGE


class AuditView(APIView):
    """The permission sits here, whatever the host's defaults are; who asks, the host says."""

    permission_classes = [MayRead]
    parameters: Sequence[str] = ()
    """What may stand in the query string; anything else is a 400."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method in {"GET", "HEAD"}:
            refuse_unknown(request, self.parameters)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        """Let it be asked again at little cost: nothing but the answer itself says its tag.

        An entry never changes, but what is told of it does: until when it is kept, the labels
        of the reader's language, whether he may see it at all.
        """
        response = super().finalize_response(request, response, *args, **kwargs)
        # Neither a file, nor what an exception handler of the host's may answer.
        if isinstance(response, Response):
            patch_cache_control(response, private=True, no_cache=True)
            if request.method in {"GET", "HEAD"}:
                response.add_post_render_callback(partial(_unless_known, request))
        return cast("Response", response)

    def handle_exception(self, exc: Exception) -> Response:
        """Say so where the log has no tables yet."""
        if isinstance(exc, DatabaseError) and tables_are_missing(exc):
            exc = NoTables()
        return super().handle_exception(exc)

    def get_renderers(self) -> list[BaseRenderer]:
        """Leave out pages for browsers where their templates are not installed."""
        renderers = super().get_renderers()
        if apps.is_installed("rest_framework"):
            return renderers
        plain = [one for one in renderers if not isinstance(one, BrowsableAPIRenderer)]
        return plain or [JSONRenderer()]


def _unless_known(request: Request, response: Response) -> Any:
    if response.status_code != HTTPStatus.OK:
        return response
    set_response_etag(response)
    # Made of what is sent, byte by byte: a strong tag.
    return get_conditional_response(cast("Any", request), response.get("ETag"), response=response)


class EntryView(AuditView, GenericAPIView[AuditEntry]):
    """What concerns entries sees those that the user may see."""

    queryset = AuditEntry.objects.none()
    serializer_class = AuditEntrySerializer
    filterset_class = AuditEntryFilter

    def get_queryset(self) -> AuditEntryQuerySet:
        return visible_entries(cast("Any", self.request))


class Selecting(EntryView):
    """Whose entries have the fields that are asked for."""

    @cached_property
    def selected(self) -> list[str]:
        return selected_fields(self.request)

    def get_queryset(self) -> AuditEntryQuerySet:
        return loading(super().get_queryset(), self.selected)

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        return super().get_serializer(*args, only=self.selected, **kwargs)


class EntryList(Selecting, ListAPIView[AuditEntry]):
    """The audit log: pages by number, newest entry first, or from a cursor on, oldest first."""

    filter_backends = [EntryFilterBackend]
    pagination_class = EntryPagination
    parameters = (*AuditEntryFilter.base_filters, *PARAMETERS, CURSOR, FIELDS)

    def paginate_queryset(self, queryset: Any) -> Any:
        entries = super().paginate_queryset(queryset)
        request = cast("Any", self.request)
        record_view(request, "list", entries or (), query=request.query_params.dict())
        return entries


class EntryDetail(Selecting, RetrieveAPIView[AuditEntry]):
    """One entry of the audit log."""

    parameters = (FIELDS,)

    # The host's default ones have nothing to filter by here.
    filter_backends = ()

    def get_object(self) -> AuditEntry:
        entry = super().get_object()
        record_view(cast("Any", self.request), "entry", [entry], id=str(entry.pk))
        return entry


class AnyAccept(BaseContentNegotiation):
    """The URL says the format: an ``Accept`` header says at most the version."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        said = re.search(
            rf";\s*{re.escape(api_settings.VERSION_PARAM)}=[^;,\s]+",
            request.META.get("HTTP_ACCEPT", ""),
        )
        return renderers[0], renderers[0].media_type + (said[0] if said else "")


class Export(EntryView):
    """The entries of the list with the same filters, as a file. Errors are JSON."""

    permission_classes = [MayExport]
    parameters = tuple(AuditEntryFilter.base_filters)
    filter_backends = [EntryFilterBackend]
    pagination_class = None
    renderer_classes = [JSONRenderer]
    content_negotiation_class = AnyAccept
    export_format: ClassVar[str]

    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        entries = cast("AuditEntryQuerySet", self.filter_queryset(self.get_queryset()))
        asked = request.query_params
        filters = {n: str(asked[n]) for n in AuditEntryFilter.base_filters if asked.get(n)}
        return export_response(cast("Any", request), entries, self.export_format, filters)


class CsvExport(Export):
    """The audit log as CSV."""

    export_format = "csv"


class JsonLinesExport(Export):
    """The audit log as JSON lines, an entry on each."""

    export_format = "jsonl"


class ActionList(AuditView):
    """Everything that can happen: the values of the filter ``action``."""

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        actions = [*catalogue.all_actions().values()]
        return Response(AuditActionSerializer(actions, many=True).data)


class TargetTypeList(AuditView):
    """Everything that it can happen to: the values of the filter ``target_type``."""

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        types = [{"target_type": key, "label": name} for key, name in target_types().items()]
        return Response(AuditTargetTypeSerializer(types, many=True).data)
