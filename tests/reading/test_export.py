"""What goes into an export comes out of it."""

from __future__ import annotations

import csv
import datetime
import io
import json
import tracemalloc
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse
from django.test import AsyncRequestFactory, RequestFactory
from django.utils import translation
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from audit_log.models import AuditEntry
from audit_log.reading import export
from audit_log.reading.export import (
    CSV_COLUMNS,
    defused,
    export_filename,
    export_response,
    json_text,
    stream_csv,
    stream_jsonl,
    undefused,
)
from tests.reading.helpers import make, make_many

pytestmark = pytest.mark.django_db

# What the log stores: no NUL, no half characters.
stored_text = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60
)
stored_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(-1e9, 1e9).map(lambda number: round(number, 6) + 0.0)
    | stored_text,
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(stored_text, children, max_size=3)
    ),
    max_leaves=8,
)
examples = hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def csv_text(queryset: Any = None) -> str:
    return "".join(stream_csv(AuditEntry.objects.all() if queryset is None else queryset))


def csv_rows(queryset: Any = None) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_text(queryset), newline=""), strict=True))


def jsonl_rows(queryset: Any = None) -> list[dict[str, Any]]:
    text = "".join(stream_jsonl(AuditEntry.objects.all() if queryset is None else queryset))
    return [json.loads(line) for line in text.split("\n")[:-1]]


def full_entry() -> AuditEntry:
    return make(
        occurred_at=datetime.datetime(2026, 3, 31, 14, 30, tzinfo=datetime.UTC),
        event_type="update",
        action="user.update",
        outcome="failure",
        actor_id=12,
        actor_type="user",
        actor_repr="Ann Smith <ann@example.com>",
        target_id="7",
        target_repr="bob",
        tenant="acme",
        changes={"email": {"old": "a@example.com", "new": "ä@example.com"}},
        reason="ticket 811",
        remote_addr="2001:db8::7",
        correlation_id="c0ffee",
        metadata={"method": "POST"},
        references=[("auth.group", "3"), ("auth.group", "1")],
    )


class TestCsv:
    def test_columns_and_cells(self) -> None:
        entry = full_entry()
        header, row = csv.reader(io.StringIO(csv_text(), newline=""))
        assert tuple(header) == CSV_COLUMNS
        assert ",".join(header) == (
            "id,occurred_at,event_type,action,outcome,actor_id,actor_type,actor_repr,target_type,"
            "target_id,target_repr,tenant,remote_addr,correlation_id,reason,changes,metadata"
        )
        # PostgreSQL keeps the keys of JSON in an order of its own.
        changes = {"email": {"old": "a@example.com", "new": "ä@example.com"}}
        assert json.loads(row.pop(-2)) == changes
        assert row == [
            str(entry.pk),
            "2026-03-31T14:30:00.000000Z",
            "update",
            "user.update",
            "failure",
            "12",
            "user",
            "Ann Smith <ann@example.com>",
            "auth.user",
            "7",
            "bob",
            "acme",
            "2001:db8::7",
            "c0ffee",
            "ticket 811",
            '{"method":"POST"}',
        ]

    def test_what_is_missing_is_an_empty_cell(self) -> None:
        make(actor_id=None, remote_addr=None)
        (row,) = csv_rows()
        assert row["actor_id"] == row["remote_addr"] == row["reason"] == ""
        assert row["changes"] == row["metadata"] == "{}"

    def test_lines_end_as_the_rfc_says(self) -> None:
        make(reason="one\ntwo\r\nthree")
        text = csv_text()
        assert text.endswith("\r\n")
        assert '"one\ntwo\r\nthree"' in text
        assert csv_rows()[0]["reason"] == "one\ntwo\r\nthree"

    def test_an_empty_log_is_a_header(self) -> None:
        assert csv_text() == ",".join(CSV_COLUMNS) + "\r\n"

    @pytest.mark.parametrize(
        "first", ["=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
    )
    def test_what_a_spreadsheet_would_run_is_defused(self, first: str) -> None:
        text = first + "HYPERLINK(1)"
        make(
            actor_repr=text,
            target_id=text,
            target_repr=text,
            tenant=text,
            reason=text,
            correlation_id=text,
            changes={text: {"old": text, "new": None}},
        )
        (row,) = csv_rows()
        for name in ("actor_repr", "target_id", "target_repr", "tenant", "reason"):
            assert row[name] == "'" + text
            assert undefused(row[name]) == text
        assert not any(cell.startswith(first) for cell in row.values())
        assert json.loads(row["changes"]) == {text: {"old": text, "new": None}}

    @given(st.text(st.sampled_from("'=+-@\t\r\uff1da "), max_size=6) | st.text())
    def test_defusing_can_be_undone(self, text: str) -> None:
        assert undefused(defused(text)) == text
        assert defused(text)[:1] not in set("=+-@\t\r\uff1d\uff0b\uff0d\uff20")

    @examples
    @given(
        target_repr=stored_text,
        reason=stored_text,
        changes=st.dictionaries(stored_text, stored_json, max_size=3),
    )
    def test_what_goes_in_comes_out(self, target_repr: str, reason: str, changes: Any) -> None:
        entry = make(target_repr=target_repr, reason=reason, changes=changes)
        (row,) = csv_rows(AuditEntry.objects.filter(pk=entry.pk))
        assert undefused(row["target_repr"]) == target_repr
        assert undefused(row["reason"]) == reason
        assert json.loads(row["changes"]) == changes


class TestJsonLines:
    def test_an_entry(self) -> None:
        entry = full_entry()
        assert jsonl_rows() == [
            {
                "id": str(entry.pk),
                "occurred_at": "2026-03-31T14:30:00.000000Z",
                "event_type": "update",
                "action": "user.update",
                "action_label": "User updated",
                "outcome": "failure",
                "actor": {"id": 12, "type": "user", "repr": "Ann Smith <ann@example.com>"},
                "target": {"type": "auth.user", "id": "7", "repr": "bob"},
                "references": [
                    {"type": "auth.group", "id": "3"},
                    {"type": "auth.group", "id": "1"},
                ],
                "tenant": "acme",
                "changes": {"email": {"old": "a@example.com", "new": "ä@example.com"}},
                "reason": "ticket 811",
                "remote_addr": "2001:db8::7",
                "correlation_id": "c0ffee",
                "metadata": {"method": "POST"},
            }
        ]

    def test_an_empty_log_is_an_empty_file(self) -> None:
        assert list(stream_jsonl(AuditEntry.objects.all())) == []

    def test_labels_are_in_the_current_language_and_gone_actions_have_their_name(self) -> None:
        make()
        make(action="gone.thing")
        with translation.override("de"):
            gone, known = jsonl_rows()
        assert gone["action_label"] == "gone.thing"
        assert known["action_label"].startswith("Benutzer")

    @examples
    @given(
        target_repr=stored_text,
        changes=st.dictionaries(stored_text, stored_json, max_size=3),
        metadata=st.dictionaries(stored_text, stored_json, max_size=3),
    )
    def test_what_goes_in_comes_out(self, target_repr: str, changes: Any, metadata: Any) -> None:
        entry = make(target_repr=target_repr, changes=changes, metadata=metadata)
        text = "".join(stream_jsonl(AuditEntry.objects.filter(pk=entry.pk)))
        assert text.encode().count(b"\n") == 1
        row = json.loads(text)
        assert row["target"]["repr"] == target_repr
        assert row["changes"] == changes
        assert row["metadata"] == metadata

    @given(st.text() | st.text(st.characters(categories=["Cs", "Lu"]), max_size=5))
    def test_json_is_readable_and_always_encodable(self, text: str) -> None:
        written = json_text({"text": text})
        written.encode()
        # Two halves side by side are a character to JSON.
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        assert json.loads(written) == {"text": whole}
        assert json_text("Zürich ❤") == '"Zürich ❤"'


STREAMS = pytest.mark.parametrize("stream", [stream_csv, stream_jsonl])


def ids_in(pieces: Iterator[str]) -> list[uuid.UUID]:
    lines = [line for piece in pieces for line in piece.splitlines()]
    return [
        uuid.UUID(json.loads(line)["id"] if line.startswith("{") else line.split(",")[0])
        for line in lines
        if not line.startswith("id,")
    ]


class TestStream:
    @STREAMS
    @pytest.mark.parametrize("count", [9, 10, 11, 20, 25])
    def test_parts_fit_together(
        self, stream: Any, count: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(export, "BATCH", 10)
        entries = make_many(count)
        assert ids_in(stream(AuditEntry.objects.all())) == [entry.pk for entry in entries]

    @STREAMS
    def test_a_picture_of_the_moment_it_starts(
        self, stream: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(export, "BATCH", 10)
        entries = make_many(35)
        pieces = stream(AuditEntry.objects.all())
        seen = []
        for piece in pieces:
            seen += ids_in(iter([piece]))
            make_many(3)
        assert seen == [entry.pk for entry in entries]

    @STREAMS
    def test_the_filters_hold_in_every_part(
        self, stream: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(export, "BATCH", 4)
        wanted = [make(tenant="a" if number % 2 else "b") for number in range(30)][1::2]
        ours = AuditEntry.objects.filter(tenant="a")
        assert ids_in(stream(ours)) == [entry.pk for entry in wanted[::-1]]
        found = AuditEntry.objects.for_target("auth.user", "7").search("ann")
        assert len(ids_in(stream(found))) == 30

    def test_queries(self, django_assert_num_queries, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(export, "BATCH", 10)
        make_many(25)
        with django_assert_num_queries(4):
            csv_text()
        with django_assert_num_queries(7):
            jsonl_rows()

    @STREAMS
    def test_progress_counts_entries(self, stream: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(export, "BATCH", 10)
        make_many(25)
        counts: list[int] = []
        list(stream(AuditEntry.objects.all(), counts.append))
        assert counts == [10, 20, 25]

    @STREAMS
    def test_memory_does_not_grow_with_the_log(self, stream: Any) -> None:
        def peak() -> int:
            connection.queries_log.clear()
            tracemalloc.start()
            try:
                for _piece in stream(AuditEntry.objects.all()):
                    pass
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        make_many(2_000)
        small = peak()
        make_many(8_000)
        assert peak() < 1.3 * small


class TestResponse:
    def test_a_file_to_download(self, rf: RequestFactory) -> None:
        make()
        response = export_response(rf.get("/"), AuditEntry.objects.all(), "csv")
        assert isinstance(response, StreamingHttpResponse)
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response["Content-Disposition"].startswith('attachment; filename="audit-log-20')
        assert response["Content-Disposition"].endswith('Z.csv"')
        assert "no-store" in response["Cache-Control"]
        assert response.getvalue().decode() == csv_text()

        response = export_response(rf.get("/"), AuditEntry.objects.all(), "jsonl")
        assert response["Content-Type"] == "application/x-ndjson"
        assert json.loads(response.getvalue())["action"] == "user.create"

    def test_an_empty_log(self, rf: RequestFactory) -> None:
        response = export_response(rf.get("/"), AuditEntry.objects.all(), "jsonl")
        assert response.getvalue() == b""

    def test_what_fails_at_once_is_no_torn_file(self, rf: RequestFactory) -> None:
        # A sliced queryset cannot be narrowed further.
        with pytest.raises(TypeError):
            export_response(rf.get("/"), AuditEntry.objects.all()[:3], "csv")

    @pytest.mark.parametrize("wrapped", [False, True])
    def test_asynchronous_servers_get_an_asynchronous_stream(self, wrapped: bool) -> None:
        request: HttpRequest = AsyncRequestFactory().get("/")
        assert isinstance(request, ASGIRequest)
        if wrapped:
            outer = HttpRequest()
            outer._request = request  # type: ignore[attr-defined]
            request = outer

        async def download() -> bytes:
            response = await sync_to_async(export_response)(
                request, AuditEntry.objects.all(), "csv"
            )
            assert response.is_async
            return b"".join([piece async for piece in response])

        entry = make()
        assert str(entry.pk) in async_to_sync(download)().decode()


def test_the_name_of_the_file_says_when() -> None:
    moment = datetime.datetime(2026, 3, 31, 14, 30, tzinfo=datetime.UTC)
    assert export_filename("csv", moment) == "audit-log-20260331T143000Z.csv"
    assert export_filename("jsonl").endswith("Z.jsonl")
