"""What the API says of itself to generators of OpenAPI."""

from __future__ import annotations

from typing import Any

from django_filters.rest_framework import DjangoFilterBackend

from audit_log.api import views
from audit_log.api.filtering import EntryPagination
from audit_log.reading.following import CURSOR
from audit_log.reading.pagination import PARAMETERS
from tests.reading.helpers import make


def test_the_pages_parameters_are_described() -> None:
    described = EntryPagination().get_schema_operation_parameters(views.EntryList())
    assert [one["name"] for one in described] == [*PARAMETERS, CURSOR]
    assert {one["in"] for one in described} == {"query"}
    assert all(one["description"] and not one["required"] for one in described)


def test_the_described_list_is_the_one_that_is_returned(get: Any) -> None:
    make()
    entries = {"type": "array", "items": {"$ref": "#/components/schemas/Entry"}}
    schema = EntryPagination().get_paginated_response_schema(entries)
    for described, path in zip(schema["oneOf"], ["entries/", "entries/?cursor="], strict=True):
        assert described["required"] == list(described["properties"]) == list(get(path).json())
        assert described["properties"]["results"] == entries


def test_generators_find_the_filters() -> None:
    (backend,) = views.EntryList.filter_backends
    assert issubclass(backend, DjangoFilterBackend)
    assert views.EntryList.filterset_class is not None
