"""What the API says of itself in OpenAPI."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from django.urls import include, path
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView

from audit_log.api import urls as api_urls
from audit_log.api.described import filter_parameters
from audit_log.api.filtering import EntryPagination
from audit_log.api.serializers import AuditEntrySerializer
from audit_log.api.views import EntryList
from audit_log.reading.filters import AuditEntryFilter
from tests.reading.helpers import make

ROOT = Path(__file__).resolve().parents[2]
DESCRIBED = override_settings(
    REST_FRAMEWORK={"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
)
MOUNTED = [path("log/", include("audit_log.api.urls"))]
EVERYWHERE = {"200", "400", "401", "403", "404", "429", "503"}


@DESCRIBED
def schema_of(*patterns: Any) -> dict[str, Any]:
    """The description of these URLs; a warning fails."""
    GENERATOR_STATS.reset()
    schema = SchemaGenerator(patterns=list(patterns)).get_schema(request=None, public=True)
    assert not GENERATOR_STATS
    validate_schema(schema)
    return dict(schema)


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for at, item in schema["paths"].items():
        (operation,) = item.values()
        yield at, operation


def names(operation: dict[str, Any], place: str) -> set[str]:
    return {one["name"] for one in operation.get("parameters", ()) if one["in"] == place}


def test_the_command_has_nothing_to_complain_of(tmp_path: Path) -> None:
    command = [sys.executable, "manage.py", "spectacular", "--validate", "--fail-on-warn"]
    ran = subprocess.run(
        [*command, "--file", tmp_path / "schema.yml"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "example_project.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "/api/audit-log/entries/" in (tmp_path / "schema.yml").read_text()


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_either_version_of_openapi(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from drf_spectacular.settings import spectacular_settings

    monkeypatch.setattr(spectacular_settings, "OAS_VERSION", version)
    assert schema_of(*MOUNTED)["openapi"] == version


def test_every_parameter_is_described() -> None:
    views = {
        re.sub(r"<\w+:(\w+)>", r"{\1}", str(one.pattern)).replace("{pk}", "{id}"): one.callback
        for one in api_urls.urlpatterns
    }
    described = {at.removeprefix("/log/"): told for at, told in operations(schema_of(*MOUNTED))}
    assert described.keys() == views.keys()
    for at, operation in described.items():
        assert names(operation, "query") == set(views[at].view_class.parameters), at
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], parameter
            assert parameter["schema"], parameter


def test_every_answer_is_described() -> None:
    schema = schema_of(*MOUNTED)
    for at, operation in operations(schema):
        statuses = EVERYWHERE | (set() if "export" in at else {"304", "406"})
        assert set(operation["responses"]) == statuses, at
        for answer in operation["responses"].values():
            assert answer["description"], (at, answer)
    (csv,) = schema["paths"]["/log/entries/export.csv"]["get"]["responses"]["200"]["content"]
    (lines,) = schema["paths"]["/log/entries/export.jsonl"]["get"]["responses"]["200"]["content"]
    assert (csv, lines) == ("text/csv", "application/x-ndjson")


def test_every_value_in_an_answer_is_described() -> None:
    components = schema_of(*MOUNTED)["components"]["schemas"]
    for name in components.keys() - {"PaginatedAuditEntryList", "CountIsEnum", "AuditError"}:
        for key, value in components[name]["properties"].items():
            (inner, *_) = value.get("allOf", [value])
            reference = inner.get("$ref") or inner.get("items", {}).get("$ref")
            assert inner.get("description") or reference, (name, key)


def test_an_entry_may_be_a_part_of_one() -> None:
    entry = schema_of(*MOUNTED)["components"]["schemas"]["AuditEntry"]
    assert list(entry["properties"]) == AuditEntrySerializer.Meta.fields
    assert "required" not in entry


def test_what_there_is_in_the_log_is_not_told() -> None:
    # Who reads the description may perhaps not read the log.
    text = str(schema_of(*MOUNTED))
    assert "user.create" not in text
    assert "auth.user" not in text


def test_filters_are_described_by_themselves() -> None:
    assert [one["name"] for one in filter_parameters()] == list(AuditEntryFilter.base_filters)


def test_mounted_twice() -> None:
    schema = schema_of(*MOUNTED, path("again/", include("audit_log.api.urls", namespace="again")))
    assert len(schema["paths"]) == 2 * len(api_urls.urlpatterns)
    ids = [operation["operationId"] for _at, operation in operations(schema)]
    assert len(set(ids)) == len(ids)


class EntrySerializer(serializers.Serializer[Any]):
    """One of the host's: neither its name nor its choices give way to the log's."""

    outcome = serializers.ChoiceField(choices=["heads", "tails"])
    status = serializers.ChoiceField(choices=["open", "closed"])
    event_type = serializers.ChoiceField(choices=["a", "b"])


class HostList(ListAPIView[Any]):
    serializer_class = EntrySerializer
    pagination_class = None


class TheirEntries(EntryList):
    """A subclass in a project is described as well."""


def test_the_hosts_own_names_stay() -> None:
    host = path("host/", HostList.as_view())
    alone = schema_of(host)["components"]["schemas"]
    together = schema_of(host, *MOUNTED)["components"]["schemas"]
    assert set(alone) == {"Entry", "OutcomeEnum", "StatusEnum", "EventTypeEnum"}
    for name, described in alone.items():
        assert together[name] == described


def test_a_subclass() -> None:
    schema = schema_of(path("theirs/", TheirEntries.as_view()))
    operation = schema["paths"]["/theirs/"]["get"]
    assert names(operation, "query") == set(EntryList.parameters)
    assert operation["description"].startswith("A subclass in a project")


def test_the_described_list_is_the_one_that_is_returned(get: Any) -> None:
    make()
    entries = {"type": "array", "items": {"$ref": "#/components/schemas/Entry"}}
    schema = EntryPagination().get_paginated_response_schema(entries)
    for described, at in zip(schema["oneOf"], ["entries/", "entries/?cursor="], strict=True):
        assert described["required"] == list(described["properties"]) == list(get(at).json())
        assert described["properties"]["results"] == entries
