"""Which fields are answered, and what is loaded for them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from audit_log.api.serializers import AuditEntrySerializer
from audit_log.models import AuditEntry
from audit_log.querysets import AuditEntryQuerySet
from audit_log.retention import hold
from tests.api.conftest import ROOT
from tests.reading.helpers import make

NAMES = AuditEntrySerializer.Meta.fields
WIDE = ("changes", "metadata", "reason", "salt")


def joining(request: HttpRequest, queryset: AuditEntryQuerySet) -> AuditEntryQuerySet:
    return queryset.select_related("actor")


def columns_of(queries: CaptureQueriesContext) -> str:
    """What the statement that reads entries asks for."""
    (sql,) = (
        query["sql"].partition(" FROM ")[0]
        for query in queries
        if query["sql"].startswith("SELECT") and "action" in query["sql"].partition(" FROM ")[0]
    )
    return str(sql)


def test_no_more_than_what_is_asked_for(get: Any) -> None:
    entry = make()
    (listed,) = get("entries/?fields=action,id").json()["results"]
    assert list(listed.items()) == [("id", str(entry.pk)), ("action", "user.create")]
    assert get("entries/?fields=%20id%20,,action").json()["results"] == [listed]
    assert get(f"entries/{entry.pk}/?fields=id,action").json() == listed
    with override_settings(AUDIT_LOG={"SETTLING_SECONDS": 0}):
        (followed,) = get("entries/?cursor=&fields=id").json()["results"]
    assert followed == {"id": str(entry.pk)}
    assert list(get(f"entries/{entry.pk}/?fields=").json()) == NAMES


@pytest.mark.parametrize("path", ["entries/", "entries/{}/"])
def test_what_there_is_not(get: Any, path: str) -> None:
    path = path.format(make().pk)
    response = get(path + "?fields=id,acton,x")
    assert response.status_code == 400
    (text,) = response.json()["fields"]
    assert text == f"An entry has no field “acton”. There are: {', '.join(NAMES)}."
    for query in ("fields=salt", "fields=actor_id", "fields=id&fields=action", "feilds=id"):
        assert get(f"{path}?{query}").status_code == 400, query


def test_it_goes_on_in_the_links(get: Any, api: Any) -> None:
    for _number in range(3):
        make()
    data = get("entries/?fields=id&page_size=2").json()
    assert "fields=id" in data["next"]
    (last,) = api.get(data["next"]).json()["results"]
    assert list(last) == ["id"]


@override_settings(AUDIT_LOG={"RETENTION": 30})
@pytest.mark.parametrize("name", NAMES)
def test_what_a_field_is_made_of_is_loaded_at_once(api: Any, name: str) -> None:
    for number in range(5):
        make(actor_id=number + 1, references=[("auth.group", str(number))])
    hold(("auth.group", "3"), reason="case 7")
    told = [one[name] for one in api.get(ROOT + "entries/?page_size=5").json()["results"]]
    with CaptureQueriesContext(connection) as queries:
        data = api.get(f"{ROOT}entries/?page_size=5&fields={name}").json()
    # Entries, and perhaps their number, their references and the holds.
    assert len(queries) <= 4
    assert [one[name] for one in data["results"][-5:]] == told[-5:]
    columns = columns_of(queries)
    unneeded = set(WIDE) - {name} - ({"changes"} if name == "sentence" else set())
    assert not [column for column in unneeded if column in columns]


def test_nobody_asks_for_the_salt(api: Any) -> None:
    entry = make()
    with CaptureQueriesContext(connection) as queries:
        api.get(f"{ROOT}entries/{entry.pk}/")
    assert "salt" not in columns_of(queries)


@override_settings(AUDIT_LOG={"VISIBILITY": f"{__name__}.joining", "LOG_READS": True})
def test_whatever_visibility_and_the_log_of_reads_add(get: Any) -> None:
    entry = make()
    assert get(f"entries/{entry.pk}/?fields=reason").json() == {"reason": ""}
    assert get("entries/?fields=reason").json()["results"][-1] == {"reason": ""}
    assert AuditEntry.objects.filter(action="audit_log.view").count() == 2
