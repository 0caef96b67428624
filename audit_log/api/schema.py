"""The API described by drf-spectacular, where that is installed (the extra ``api-docs``).

By extensions, as it offers them to packages: the views know nothing of them. Names of
components and of enumerations are chosen so that none of the host's own has to give way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.extensions import (
    OpenApiFilterExtension,
    OpenApiSerializerExtension,
    OpenApiViewExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    Direction,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.views import APIView

from audit_log.api import described, views
from audit_log.api import serializers as ours
from audit_log.api.described import Described
from audit_log.api.objects import AuditObjectStateSerializer, ObjectStateDetail
from audit_log.reading.export import FORMATS


class AuditErrorSerializer(serializers.Serializer[Any]):
    """What is wrong, for people."""

    detail = serializers.CharField()


_BY_PARAMETER = {
    "type": "object",
    "description": "What is wrong, by parameter.",
    "additionalProperties": {"type": "array", "items": {"type": "string"}},
}

_ERRORS: Mapping[int, str] = {
    401: "Nobody is logged in, or not by what was sent (403 where no challenge is sent).",
    403: "Whoever is logged in may not do this.",
    404: "There is no such thing, or not for whoever asks.",
    406: "`Accept` allows none of the formats that there are.",
    429: "Too many requests: the project's throttle.",
    503: "The log has no tables yet.",
}

_CHANGE: Described = {
    "type": "object",
    "properties": {
        "old": {"description": "The value before, in JSON."},
        "new": {"description": "The value after, in JSON."},
        "old_repr": {"type": "string", "description": "What a related object was called."},
        "new_repr": {"type": "string", "description": "What a related object was called."},
        "truncated": {"type": "boolean", "description": "Whether a value was too long."},
        "old_sha256": {"type": "string", "description": "Digest of the whole value."},
        "new_sha256": {"type": "string", "description": "Digest of the whole value."},
        "added": {"type": "array", "items": {"type": "object"}},
        "removed": {"type": "array", "items": {"type": "object"}},
        "masked": {"type": "boolean", "description": "That it changed is all that is recorded."},
    },
    "additionalProperties": {},
}


class EntryFilters(OpenApiFilterExtension):
    """The filters say themselves what they are; by their names they would be guessed wrong."""

    target_class = "audit_log.api.filtering.EntryFilterBackend"
    match_subclasses = True
    priority = 1

    def get_schema_operation_parameters(
        self, auto_schema: AutoSchema, *args: Any, **kwargs: Any
    ) -> list[Described]:
        parameters: list[Described] = self.target.get_schema_operation_parameters(auto_schema.view)
        return parameters


class Entries(OpenApiSerializerExtension):
    """No field is there for certain: ``fields`` leaves out what is not asked for."""

    target_class = "audit_log.api.serializers.AuditEntrySerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> Described:
        schema = _unnamed(auto_schema._map_serializer(self.target, direction, True))
        schema.pop("required", None)
        properties = schema["properties"]
        properties["changes"] |= {"type": "object", "additionalProperties": _CHANGE}
        properties["metadata"] |= {"type": "object", "additionalProperties": {}}
        return schema


class FieldStates(OpenApiSerializerExtension):
    """What a field held."""

    target_class = "audit_log.api.objects.AuditFieldStateSerializer"

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> Described:
        return _unnamed(auto_schema._map_serializer(self.target, direction, True))


class AuditViews(OpenApiViewExtension):
    """What each of the views answers, its subclasses in projects too."""

    target_class = "audit_log.api.views.AuditView"
    match_subclasses = True

    def view_replacement(self) -> type[APIView]:
        view = self.target
        replaced = type(view.__name__, (view,), {"__doc__": view.__doc__})
        operation = extend_schema(
            parameters=_parameters(view),
            responses=_responses(view),
            # A file is no list, but has the filters of one.
            filters=issubclass(view, views.Export) or None,
        )
        replacement: type[APIView] = extend_schema_view(get=operation)(replaced)
        return replacement


def _parameters(view: type[APIView]) -> list[OpenApiParameter]:
    def header(name: str, text: str, of: list[int], kind: Any = str) -> OpenApiParameter:
        return OpenApiParameter(name, kind, OpenApiParameter.HEADER, description=text, response=of)

    parameters = [header("Retry-After", "Seconds to wait.", [429], int)]
    if issubclass(view, views.Export):
        return [*parameters, header("Content-Disposition", "The file's name.", [200])]
    if issubclass(view, views.Selecting):
        parameters.append(_query(described.fields_parameter()))
    if issubclass(view, ObjectStateDetail):
        parameters += [
            _query(described.at_parameter()),
            _path("target_type", "`app_label.model`, also of a model that is gone."),
            _path("target_id", "The object's key, as text."),
        ]
    if issubclass(view, views.EntryDetail):
        parameters.append(_path("id", "The entry's id.", OpenApiTypes.UUID))
    return [
        *parameters,
        header("ETag", "Of this answer, byte by byte.", [200, 304]),
        OpenApiParameter(
            "If-None-Match",
            str,
            OpenApiParameter.HEADER,
            description="The `ETag` of an answer before: 304 where it would be the same.",
        ),
    ]


def _query(parameter: Described) -> OpenApiParameter:
    return OpenApiParameter(
        parameter["name"],
        parameter["schema"],
        description=parameter["description"],
        style=parameter.get("style"),
        explode=parameter.get("explode"),
    )


def _path(name: str, text: str, kind: Any = str) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.PATH, description=text)


def _responses(view: type[APIView]) -> dict[Any, OpenApiResponse]:
    responses: dict[Any, OpenApiResponse] = {**_found(view)}
    if not issubclass(view, views.Export):
        responses[304] = OpenApiResponse(description="As it was; no body.")
    responses[400] = OpenApiResponse(_BY_PARAMETER, "A parameter is wrong, or there is none such.")
    for status, text in _ERRORS.items():
        responses[status] = OpenApiResponse(AuditErrorSerializer, text)
    if issubclass(view, views.EntryList):
        either = {"oneOf": [_BY_PARAMETER, {"$ref": "#/components/schemas/AuditError"}]}
        responses[404] = OpenApiResponse(either, "The page is beyond the last.")
    if issubclass(view, views.Export):
        # Its URL says the format.
        del responses[406]
    return responses


def _found(view: type[APIView]) -> dict[Any, OpenApiResponse]:
    if issubclass(view, views.Export):
        media_type = FORMATS[view.export_format].content_type.partition(";")[0]
        streamed = "Streamed, however long it is; newest entry first."
        return {(200, media_type): OpenApiResponse(OpenApiTypes.BINARY, streamed)}
    for kind, found, text in (
        (views.EntryList, ours.AuditEntrySerializer(many=True), "A page, or a stretch."),
        (views.EntryDetail, ours.AuditEntrySerializer, "The entry."),
        (ObjectStateDetail, AuditObjectStateSerializer, "The object as it was."),
        (views.ActionList, ours.AuditActionSerializer(many=True), "Sorted by name."),
        (views.TargetTypeList, ours.AuditTargetTypeSerializer(many=True), "Sorted by name."),
    ):
        if issubclass(view, kind):
            return {200: OpenApiResponse(found, text)}
    raise TypeError(f"What {view.__name__} answers is not described.")


def _unnamed(schema: Described) -> Described:
    """Keep choices where they are: as a component they would take a name that the host's have."""
    for name, value in schema["properties"].items():
        if "enum" in value:
            schema["properties"][name] = {"allOf": [value]}
    return schema
