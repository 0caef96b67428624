"""The list and one entry."""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.db import connection
from django.test import override_settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from audit_log.models import AuditEntry
from audit_log.reading.export import stream_jsonl
from audit_log.reading.filters import AuditEntryFilter
from audit_log.retention import hold
from tests.reading.helpers import make, make_many

MOMENT = datetime.datetime(2026, 3, 31, 14, 30, tzinfo=datetime.UTC)


def full_entry() -> AuditEntry:
    return make(
        occurred_at=MOMENT,
        event_type="update",
        action="user.update",
        outcome="failure",
        actor_id=12,
        actor_type="user",
        actor_repr="Ann Smith <ann@example.com>",
        target_repr="bob",
        tenant="acme",
        changes={"email": {"old": None, "new": "b@example.com"}},
        reason="ticket 811",
        remote_addr="192.0.2.7",
        correlation_id="c0ffee",
        metadata={"method": "POST"},
        references=[("auth.group", "3"), ("auth.group", "1")],
    )


class TestEntry:
    def test_all_of_it(self, get: Any) -> None:
        entry = full_entry()
        response = get(f"entries/{entry.pk}/")
        assert response.status_code == 200
        assert response["Content-Type"] == "application/json"
        assert response.json() == {
            "id": str(entry.pk),
            "occurred_at": "2026-03-31T14:30:00.000000Z",
            "event_type": "update",
            "action": "user.update",
            "action_label": "User updated",
            "sentence": "Ann Smith: User updated (failed): bob",
            "outcome": "failure",
            "actor": {"id": 12, "type": "user", "repr": "Ann Smith <ann@example.com>"},
            "target": {"type": "auth.user", "id": "7", "repr": "bob"},
            "references": [{"type": "auth.group", "id": "3"}, {"type": "auth.group", "id": "1"}],
            "tenant": "acme",
            "changes": {"email": {"old": None, "new": "b@example.com"}},
            "reason": "ticket 811",
            "remote_addr": "192.0.2.7",
            "correlation_id": "c0ffee",
            "metadata": {"method": "POST"},
            "kept_until": None,
        }

    def test_what_is_not_known_is_null_or_empty(self, get: Any) -> None:
        entry = make(action="gone.thing", target_type="", target_id="", target_repr="")
        data = get(f"entries/{entry.pk}/").json()
        assert data["action_label"] == "gone.thing"
        assert data["actor"] == {"id": None, "type": "system", "repr": ""}
        assert data["target"] == {"type": "", "id": "", "repr": ""}
        assert data["references"] == []
        assert data["remote_addr"] is None

    def test_it_reads_like_its_line_in_an_export(self, get: Any) -> None:
        entry = full_entry()
        (line,) = stream_jsonl(AuditEntry.objects.all())
        told = get(f"entries/{entry.pk}/").json()
        (listed,) = get("entries/").json()["results"]
        assert listed == told
        # How it is told, and how long it will be kept, are no parts of the entry.
        del told["sentence"], told["kept_until"]
        assert list(json.loads(line).items()) == list(told.items())

    @override_settings(AUDIT_LOG={"RETENTION": {"user.create": 30}})
    def test_until_when_it_is_kept(self, get: Any) -> None:
        make(occurred_at=MOMENT)
        make(action="user.delete")
        told = [entry["kept_until"] for entry in get("entries/").json()["results"]]
        assert told == [None, "2026-04-30T14:30:00.000000Z"]

    @override_settings(REST_FRAMEWORK={"DATETIME_FORMAT": "%d.%m.%Y"}, TIME_ZONE="Asia/Tokyo")
    def test_times_are_in_utc_whatever_the_host_prefers(self, get: Any) -> None:
        entry = make(occurred_at=MOMENT)
        assert get(f"entries/{entry.pk}/").json()["occurred_at"] == "2026-03-31T14:30:00.000000Z"

    @pytest.mark.parametrize("key", [str(uuid.UUID(int=7)), "7", "x" * 36, "0" * 32, "%00"])
    def test_what_is_not_there(self, get: Any, key: str) -> None:
        assert get(f"entries/{key}/").status_code == 404

    def test_queries(self, get: Any, django_assert_num_queries: Any) -> None:
        entry = full_entry()
        # Permissions (of the user and of the groups), entry, references.
        with django_assert_num_queries(4):
            get(f"entries/{entry.pk}/")


class TestList:
    def test_the_form(self, get: Any) -> None:
        entries = make_many(45)
        data = get("entries/").json()
        assert list(data) == [
            "count",
            "count_is",
            "total_pages",
            "page",
            "next",
            "previous",
            "results",
        ]
        assert (data["count"], data["total_pages"], data["page"]) == (45, 3, 1)
        assert data["count_is"] == "exact"
        assert data["previous"] is None
        assert [row["id"] for row in data["results"]] == [str(entry.pk) for entry in entries[:20]]

    def test_an_empty_log(self, get: Any) -> None:
        assert get("entries/").json() == {
            "count": 0,
            "count_is": "exact",
            "total_pages": 1,
            "page": 1,
            "next": None,
            "previous": None,
            "results": [],
        }

    def test_following_the_links_while_entries_arrive(self, get: Any, api: APIClient) -> None:
        entries = make_many(30, tenant="a b&c")
        data = get("entries/?page_size=7&tenant=a+b%26c&format=json").json()
        ids = [row["id"] for row in data["results"]]
        pages = 1
        while data["next"]:
            make_many(5, tenant="a b&c")
            before, data = data, api.get(data["next"]).json()
            pages += 1
            assert (data["page"], data["total_pages"], data["count"]) == (pages, 5, 30)
            ids += [row["id"] for row in data["results"]]
            assert api.get(data["previous"]).json()["results"] == before["results"]
        assert ids == [str(entry.pk) for entry in entries]

    def test_a_link_is_absolute_and_has_what_was_asked(self, get: Any) -> None:
        entries = make_many(45)
        link = urlsplit(get("entries/?event_type=create&page=2&page_size=10").json()["next"])
        assert link[:3] == ("http", "testserver", "/api/audit-log/entries/")
        assert parse_qs(link.query) == {
            "event_type": ["create"],
            "page": ["3"],
            "page_size": ["10"],
            "pin": [str(entries[0].pk)],
            "anchor": [f"10-{entries[10].pk}"],
        }

    def test_links_survive_a_script_name(self, get: Any) -> None:
        make_many(25)
        link = get("entries/", SCRIPT_NAME="/below", secure=True).json()["next"]
        assert link.startswith("https://testserver/below/api/audit-log/entries/?page=2&")

    @override_settings(AUDIT_LOG={"RETENTION": {"*": {"": 30, "acme": 60}.get}})
    def test_how_long_a_page_is_kept_takes_one_query(
        self, get: Any, django_assert_num_queries: Any
    ) -> None:
        for number in range(20):
            make(references=[("auth.group", str(number))], tenant="acme" if number % 2 else "")
        hold(("auth.group", "3"), reason="case 7")
        get("entries/?action=user.create")
        # Entries, references, holds; PostgreSQL is asked first how many entries there may be.
        with django_assert_num_queries(4 if connection.vendor == "postgresql" else 3):
            told = get("entries/?action=user.create&page_size=40").json()["results"]
        assert [entry["kept_until"] is None for entry in told].count(True) == 1

    def test_queries_do_not_grow_with_entries_or_references(
        self, get: Any, api: APIClient, django_assert_num_queries: Any
    ) -> None:
        for number in range(45):
            make(references=[("auth.group", str(number)), ("auth.group", "x")], actor_id=number + 1)
        # Permissions (of the user and of the groups), entries, their number, references.
        with django_assert_num_queries(5):
            first = get("entries/?page_size=40").json()
        # Where the page is not full, its number is known; PostgreSQL was asked before.
        with django_assert_num_queries(3 if connection.vendor == "postgresql" else 2):
            api.get(first["next"])
        assert first["results"][0]["references"] == [
            {"type": "auth.group", "id": "44"},
            {"type": "auth.group", "id": "x"},
        ]

    def test_filters_are_those_of_every_surface(self, get: Any) -> None:
        entry = full_entry()
        make()
        for name, value in {
            "search": "ticket",
            "occurred_before": "2026-03-31T14:30:00Z",
            "event_type": "update",
            "action": "user.update",
            "outcome": "failure",
            "object": "auth.group:3",
            "actor": "12",
            "tenant": "acme",
            "correlation_id": "c0ffee",
            "remote_addr": "192.0.2.7",
        }.items():
            data = get("entries/?" + urlencode({name: value})).json()
            assert [row["id"] for row in data["results"]] == [str(entry.pk)], name
        assert get("entries/?occurred_after=2026-04-01").json()["count"] == 1
        assert get("entries/?target_type=auth.user&target_id=7").json()["count"] == 2


class TestCursor:
    @pytest.fixture(autouse=True)
    def at_once(self) -> Iterator[None]:
        with override_settings(AUDIT_LOG={"SETTLING_SECONDS": 0}):
            yield

    def test_following_it_to_the_end_and_polling_again(self, get: Any, api: APIClient) -> None:
        entries = make_many(45, tenant="acme")[::-1]
        data = get("entries/?cursor=&page_size=20&tenant=acme&format=json").json()
        assert list(data) == ["next", "cursor", "results"]
        ids = [row["id"] for row in data["results"]]
        while data["next"]:
            # What is found meanwhile is found later.
            entries += make_many(7, tenant="acme")[::-1] if len(ids) < 40 else []
            make_many(3)
            data = api.get(data["next"]).json()
            assert len(data["results"]) <= 20
            ids += [row["id"] for row in data["results"]]
        assert ids == [str(entry.pk) for entry in entries]
        assert data["cursor"] == ids[-1]
        again = "entries/?tenant=acme&cursor=" + data["cursor"]
        assert get(again).json() == {"next": None, "cursor": ids[-1], "results": []}
        later = make_many(2, tenant="acme")[::-1]
        found = get(again).json()["results"]
        assert [row["id"] for row in found] == [str(entry.pk) for entry in later]

    def test_an_entry_is_the_same_as_on_a_page(self, get: Any) -> None:
        full_entry()
        assert get("entries/?cursor=").json()["results"] == get("entries/").json()["results"]

    def test_queries(self, get: Any, django_assert_num_queries: Any) -> None:
        for _number in range(25):
            make(references=[("auth.group", "x")])
        # Permissions (of the user and of the groups), transactions (anew), entries, references.
        with django_assert_num_queries(4 if connection.vendor == "sqlite" else 6):
            get("entries/?cursor=")

    def test_exports_have_none(self, get: Any) -> None:
        assert list(get("entries/export.csv?cursor=").json()) == ["cursor"]


class TestWrongParameters:
    @pytest.mark.parametrize(
        ("query", "field", "part"),
        [
            ("occurred_after=yesterday", "occurred_after", "ISO 8601"),
            (
                "occurred_after=2026-03-02&occurred_before=2026-03-01",
                "occurred_after",
                "later than occurred_before (2026-03-01)",
            ),
            ("event_type=x", "event_type", "There are: create"),
            ("action=user.creat", "action", "user.create"),
            ("outcome=ok", "outcome", "There are: success, failure"),
            ("target_type=auth.usr", "target_type", "auth.user"),
            ("object=7", "object", "app_label.model:id"),
            ("actor=ann", "actor", "whole number"),
            ("tenant=%00", "tenant", "Null characters"),
            ("remote_addr=x%25", "remote_addr", "“x%” is no IP address"),
            ("tenant=a&tenant=b", "tenant", "more than once"),
            ("page=0", "page", "from 1 on"),
            ("page_size=201", "page_size", "from 1 to 200"),
            ("pin=x", "pin", "id of an entry"),
            ("page=1&page=2", "page", "more than once"),
            ("taget_id=7", "taget_id", "Near to it: target_id."),
            ("cursor=x", "cursor", "the one of the answer before"),
            ("cursor=&page=2", "page", "no pages where a cursor is followed"),
            ("cursr=", "cursr", "Near to it: cursor."),
            ("xyz%25=1", "xyz%", "There are: search, occurred_after, "),
        ],
    )
    def test_are_told_by_name(self, get: Any, query: str, field: str, part: str) -> None:
        make()
        response = get("entries/?" + query)
        assert response.status_code == 400
        data = response.json()
        assert list(data) == [field]
        assert all(isinstance(text, str) for text in data[field])
        assert part in data[field][0]

    def test_all_at_once(self, get: Any) -> None:
        assert list(get("entries/?outcome=x&actor=x").json()) == ["outcome", "actor"]
        assert list(get("entries/?acton=x&actr=x").json()) == ["acton", "actr"]

    @pytest.mark.parametrize("page", ["3", "9" * 30, "9" * 5000])
    def test_a_page_beyond_the_last(self, get: Any, page: str) -> None:
        make_many(30)
        response = get(f"entries/?page={page}")
        assert response.status_code == 404
        assert response.json() == {"page": ["There is no such page: the last one is 2."]}

    def test_the_hosts_own_parameters_are_left_alone(self, get: Any) -> None:
        assert get("entries/?format=json").status_code == 200
        assert list(get("entries/?format=json&version=2").json()) == ["version"]

    @hypothesis_settings(
        max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(
        st.lists(
            st.tuples(
                st.sampled_from([*AuditEntryFilter.base_filters, "page", "page_size", "pin"])
                | st.text(max_size=8),
                st.text(max_size=30)
                | st.binary(max_size=12)
                | st.integers().map(str)
                | st.uuids().map(str),
            ),
            max_size=3,
        )
    )
    def test_never_break_it(self, get: Any, query: list[tuple[str, Any]]) -> None:
        # Half characters, and bytes that are no UTF-8 at all.
        response = get("entries/?" + urlencode(query, errors="surrogatepass"))
        assert response.status_code in {200, 400, 404}
        assert isinstance(response.json(), dict)
