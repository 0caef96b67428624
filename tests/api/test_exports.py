"""The exports over HTTP."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient

from tests.api.conftest import ROOT
from tests.reading.helpers import make, make_many, make_user, unaudited

pytestmark = pytest.mark.django_db

TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
FORMATS = pytest.mark.parametrize("name", TYPES)


def ids_of(response: Any) -> list[str]:
    text = b"".join(response.streaming_content).decode()
    if response["Content-Type"].startswith("text/csv"):
        return [row["id"] for row in csv.DictReader(io.StringIO(text, newline=""))]
    return [json.loads(line)["id"] for line in text.splitlines()]


@FORMATS
def test_everything_that_the_filters_leave(get: Any, name: str) -> None:
    entries = make_many(50, tenant="a")
    make_many(5, tenant="b")
    response = get(f"entries/export.{name}?tenant=a")
    assert response.status_code == 200
    assert response["Content-Type"] == TYPES[name]
    assert response["Content-Disposition"].startswith("attachment; filename=")
    assert ids_of(response) == [str(entry.pk) for entry in entries]


@FORMATS
@pytest.mark.parametrize("accept", ["text/csv", "application/x-ndjson", "text/html", "image/png"])
def test_the_url_says_the_format_not_the_accept_header(get: Any, name: str, accept: str) -> None:
    response = get(f"entries/export.{name}", HTTP_ACCEPT=accept)
    assert response.status_code == 200
    assert response["Content-Type"] == TYPES[name]
    wrong = get(f"entries/export.{name}?actor=x", HTTP_ACCEPT=accept)
    assert wrong.status_code == 400
    assert wrong["Content-Type"] == "application/json"


@FORMATS
def test_wrong_and_unknown_parameters(get: Any, name: str) -> None:
    assert list(get(f"entries/export.{name}?occurred_after=x").json()) == ["occurred_after"]
    # An export has no pages: it would be taken for the whole.
    for query in ("page=2", "page_size=10", "acton=x"):
        response = get(f"entries/export.{name}?{query}")
        assert response.status_code == 400
        assert list(response.json()) == [query.partition("=")[0]]


@FORMATS
def test_head_has_the_headers_and_makes_no_file(
    api: Any, name: str, django_assert_num_queries: Any
) -> None:
    make()
    # Permissions only.
    with django_assert_num_queries(2):
        response = api.head(f"{ROOT}entries/export.{name}")
    assert response["Content-Type"] == TYPES[name]
    assert response["Content-Disposition"].startswith("attachment; filename=")
    assert response.getvalue() == b""
    assert api.head(f"{ROOT}entries/export.{name}?actor=x").status_code == 400


@pytest.mark.django_db(transaction=True)
@FORMATS
def test_under_an_asynchronous_server(name: str) -> None:
    entries = make_many(1000)
    client = AsyncClient()
    with unaudited():
        client.force_login(make_user("root", is_superuser=True))

    async def download() -> tuple[Any, str]:
        response = await client.get(f"{ROOT}entries/export.{name}")
        assert response.is_async
        return response, b"".join([piece async for piece in response]).decode()

    response, text = async_to_sync(download)()
    assert response["Content-Type"] == TYPES[name]
    lines = text.splitlines()[name == "csv" :]
    assert len(lines) == 1000
    assert str(entries[0].pk) in lines[0]
    assert str(entries[-1].pk) in lines[-1]
