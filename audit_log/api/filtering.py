"""The filters and the pages of every surface, as Django REST framework asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from django.apps import apps
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from audit_log.api.described import filter_parameters, page_parameters
from audit_log.reading.counting import Exactness
from audit_log.reading.following import CURSOR, Stretch, follow
from audit_log.reading.pagination import (
    PARAMETERS,
    InvalidPage,
    Page,
    PageNotFound,
    paginate,
)

if TYPE_CHECKING:
    from audit_log.querysets import AuditEntryQuerySet


# django-filter has no types.
class EntryFilterBackend(DjangoFilterBackend):  # type: ignore[misc]
    """Filters by the view's ``filterset_class``; a wrong one is a 400."""

    def filter_queryset(
        self, request: Request, queryset: AuditEntryQuerySet, view: APIView
    ) -> AuditEntryQuerySet:
        filters = self.get_filterset(request, queryset, view)
        if not filters.is_valid():
            raise ValidationError(
                {name: [str(text) for text in texts] for name, texts in filters.errors.items()}
            )
        entries: AuditEntryQuerySet = filters.qs
        return entries

    def to_html(self, request: Request, queryset: AuditEntryQuerySet, view: APIView) -> str:
        if not apps.is_installed("django_filters"):
            # Its template is not found then.
            return ""
        return str(super().to_html(request, queryset, view))

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        return filter_parameters()


class EntryPagination(BasePagination):
    """Pages by number, or from a cursor on.

    See :func:`audit_log.reading.pagination.paginate` and
    :func:`audit_log.reading.following.follow`.
    """

    request: Request
    page: Page | None = None
    stretch: Stretch

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        self.request = request
        try:
            if CURSOR in request.query_params:
                self.stretch = follow(queryset, request.query_params)
                return self.stretch.entries
            self.page = paginate(queryset, request.query_params)
        except PageNotFound as error:
            raise NotFound({error.field: error.messages}) from error
        except InvalidPage as error:
            raise ValidationError({error.field: error.messages}) from error
        return self.page.entries

    def get_paginated_response(self, data: Any) -> Response:
        page = self.page
        if page is None:
            following = {CURSOR: self.stretch.cursor}
            return Response(
                {
                    "next": self._link(following) if self.stretch.has_more else None,
                    "cursor": self.stretch.cursor,
                    "results": data,
                }
            )
        return Response(
            {
                "count": page.count,
                "count_is": page.count_is,
                "total_pages": page.total_pages,
                "page": page.number,
                "next": self._link(page.query(page.number + 1)) if page.has_next else None,
                "previous": self._link(page.query(page.number - 1)) if page.has_previous else None,
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        # Null, in the words of OpenAPI 3.0 and of 3.1.
        link = {"anyOf": [{"type": "string", "format": "uri"}, {"enum": [None]}]}
        number = {"type": "integer", "minimum": 1}
        page = {
            "count": {"type": "integer", "minimum": 0},
            "count_is": {"type": "string", "enum": [*get_args(Exactness)]},
            "total_pages": number,
            "page": number,
            "next": link,
            "previous": link,
            "results": schema,
        }
        stretch = {"next": link, "cursor": {"type": "string"}, "results": schema}
        return {
            "oneOf": [
                {
                    "type": "object",
                    "description": text,
                    "required": [*properties],
                    "properties": properties,
                    "additionalProperties": False,
                }
                for text, properties in (("A page.", page), ("With `cursor`.", stretch))
            ]
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        return page_parameters()

    def _link(self, parameters: dict[str, str]) -> str:
        url = self.request.build_absolute_uri()
        for name in (*PARAMETERS, CURSOR):
            if name not in parameters and (name != "page_size" or self.page is not None):
                url = remove_query_param(url, name)
        for name, value in parameters.items():
            url = replace_query_param(url, name, value)
        return url
