"""What goes into an export comes out of it."""

from __future__ import annotations

import csv
import datetime
import io
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import translation
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from audit_log import uuid7
from audit_log.models import AuditEntry
from audit_log.reading import export
from audit_log.reading.csv_format import CsvFormat
from audit_log.reading.export import (
    CSV_COLUMNS,
    defused,
    export_filename,
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
words = stored_text.map(lambda text: text[:10])
stored_values = st.fixed_dictionaries(
    {
        "event_type": words,
        "action": words,
        "outcome": words,
        "actor_id": st.none() | st.integers(1, 2**31 - 1),
        "actor_type": words,
        "actor_repr": stored_text,
        "target_type": stored_text,
        "target_id": stored_text,
        "target_repr": stored_text,
        "tenant": stored_text,
        "remote_addr": st.none() | st.ip_addresses().map(str),
        "correlation_id": stored_text,
        "reason": stored_text,
        "changes": st.dictionaries(stored_text, stored_json, max_size=3),
        "metadata": st.dictionaries(stored_text, stored_json, max_size=3),
    }
)
FORMULAS = ["=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
JSON = {"changes", "metadata"}
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
            '{"method": "POST"}',
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

    def test_the_same_bytes_from_every_database(self) -> None:
        """What each database has spelled in its own way does not show."""
        make(
            id=uuid.UUID("019d444d-2640-7000-8000-00000000c0de"),
            occurred_at=datetime.datetime(2026, 3, 31, 14, 30, tzinfo=datetime.UTC),
            event_type="update",
            actor_id=12,
            target_repr="ä, “b”",
            changes={
                "name": {"old": None, "new": 'Zoë "Z"'},
                "é": {"old": 1.50, "new": 1e21},
                "id": {"old": [1, 2.5e-07, True], "new": {"b": 1, "aa": {}, "a": []}},
            },
            reason="one\ntwo",
            remote_addr="2001:db8::7",
            metadata={"user_agent": "x", "path": "/", "method": "POST"},
        )
        make(
            id=uuid.UUID("019d444d-2640-7000-8000-00000000c0dd"),
            occurred_at=datetime.datetime(2026, 3, 31, 14, 30, 0, 120, tzinfo=datetime.UTC),
            remote_addr="192.0.2.7",
            reason="-1",
        )
        assert csv_text() == (
            ",".join(CSV_COLUMNS) + "\r\n"
            "019d444d-2640-7000-8000-00000000c0de,2026-03-31T14:30:00.000000Z,update,user.create,"
            'success,12,system,,auth.user,7,"ä, “b”",,2001:db8::7,,"one\ntwo",'
            '"{""id"": {""new"": {""a"": [], ""b"": 1, ""aa"": {}}, '
            '""old"": [1, 0.00000025, true]}, '
            '""é"": {""new"": 1000000000000000000000, ""old"": 1.5}, '
            '""name"": {""new"": ""Zoë \\""Z\\"""", ""old"": null}}",'
            '"{""path"": ""/"", ""method"": ""POST"", ""user_agent"": ""x""}"\r\n'
            "019d444d-2640-7000-8000-00000000c0dd,2026-03-31T14:30:00.000120Z,create,user.create,"
            "success,,system,,auth.user,7,ann,,192.0.2.7,,'-1,{},{}\r\n"
        )

    @pytest.mark.parametrize("first", [*FORMULAS, " =", "\ufeff=", "\u200b+", "\n"])
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

    @given(st.text(st.sampled_from("'=+-@\t\r\n \uff1d\ufeffa"), max_size=6) | st.text())
    def test_defusing_can_be_undone(self, text: str) -> None:
        assert undefused(defused(text)) == text
        assert defused(text)[:1] not in FORMULAS
        if text.strip("'") == "a":
            assert defused(text) == text

    @given(st.data())
    def test_quoting_is_that_of_the_csv_module(self, data: st.DataObject) -> None:
        cell = st.text(st.sampled_from("a,\"'=\r\n ä")) | st.text()
        columns = data.draw(
            st.integers(0, 4).flatmap(
                lambda count: st.fixed_dictionaries(
                    {name: st.lists(cell, min_size=count, max_size=count) for name in CSV_COLUMNS}
                )
            )
        )
        texts = {
            name: column if name in {"id", "occurred_at", *JSON} else [*map(defused, column)]
            for name, column in columns.items()
        }
        # Those hold no character that is to be quoted.
        columns["id"] = columns["occurred_at"] = texts["id"] = texts["occurred_at"] = [
            "x" for _ in columns["id"]
        ]
        out = io.StringIO()
        csv.writer(out).writerows(zip(*map(texts.get, CSV_COLUMNS), strict=True))
        assert CsvFormat(stored_uniformly=True).lines(columns, ()) == out.getvalue()

    @examples
    @given(stored_values)
    def test_what_goes_in_comes_out(self, values: dict[str, Any]) -> None:
        entry = make(**values)
        (row,) = csv_rows(AuditEntry.objects.filter(pk=entry.pk))
        found = {name: undefused(row[name]) for name in values.keys() - JSON}
        wanted = {name: "" if values[name] is None else str(values[name]) for name in found}
        assert found == wanted
        assert {name: json.loads(row[name]) for name in JSON} == {
            name: values[name] for name in JSON
        }
        assert row["id"] == str(entry.pk)
        assert datetime.datetime.fromisoformat(row["occurred_at"]) == entry.occurred_at


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
    @given(stored_values, stored_text)
    def test_what_goes_in_comes_out(self, values: dict[str, Any], other: str) -> None:
        entry = make(**values, references=[("auth.group", other), ("auth.group", "1")])
        text = "".join(stream_jsonl(AuditEntry.objects.filter(pk=entry.pk)))
        assert text.encode().count(b"\n") == 1
        row = json.loads(text)
        for name in ("actor", "target"):
            row |= {f"{name}_{part}": value for part, value in row.pop(name).items()}
        assert {name: row[name] for name in values} == values
        assert [one["id"] for one in row["references"]] == [other, "1"]
        assert row["id"] == str(entry.pk)
        assert datetime.datetime.fromisoformat(row["occurred_at"]) == entry.occurred_at

    def test_json_is_passed_through(self) -> None:
        """No number loses a digit, whoever wrote it."""
        entry = make(changes={"a": 1})
        stored = '{"a":  1.10, "b": 12345678901234567890123456789, "c": 0.1e1}'
        table, column = (connection.ops.quote_name(n) for n in (entry._meta.db_table, "changes"))
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET {column} = %s", [stored])
        (line,) = stream_jsonl(AuditEntry.objects.all())
        found = json.loads(line, parse_float=str, parse_int=str)["changes"]
        assert found["a"] == "1.10"
        assert found["b"] == "12345678901234567890123456789"
        assert float(found["c"]) == 1

    def test_json_on_several_lines_is_written_on_one(self) -> None:
        entry = make()
        table = connection.ops.quote_name(entry._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET metadata = %s", ['{\n"a":\r\n 1}'])
        (row,) = jsonl_rows()
        assert row["metadata"] == {"a": 1}


STREAMS = pytest.mark.parametrize("stream", [stream_csv, stream_jsonl])


def ids_in(pieces: Iterator[str]) -> list[uuid.UUID]:
    lines = [line for piece in pieces for line in piece.splitlines()]
    return [
        uuid.UUID(json.loads(line)["id"] if line.startswith("{") else line.split(",")[0])
        for line in lines
        if not line.startswith("id,")
    ]


def uuid7_of(milliseconds: int) -> uuid.UUID:
    return uuid7.lowest(1_774_967_400_000 + milliseconds)


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
    def test_of_long_entries_fewer_are_read_at_once(
        self, stream: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(export, "PIECE", 20_000)
        monkeypatch.setattr(export, "FIRST_BATCH", 10)
        make_many(100, reason="x" * 2_000)
        make_many(10)
        counts = [len(ids_in(iter([piece]))) for piece in stream(AuditEntry.objects.all())]
        assert sum(counts) == 110
        assert counts[:2] == [10, 20]
        assert max(counts[2:]) < 10

    @STREAMS
    def test_a_filter_over_a_join_doubles_nothing(self, stream: Any) -> None:
        entry = make(references=[("auth.group", "1"), ("auth.group", "2")])
        found = AuditEntry.objects.filter(references__target_type="auth.group")
        assert found.count() == 2
        assert ids_in(stream(found)) == [entry.pk]

    @STREAMS
    @pytest.mark.parametrize("filtered", [False, True])
    def test_what_comes_late_between_two_entries_is_not_in_it(
        self, stream: Any, filtered: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A long transaction commits entries with ids from before."""
        monkeypatch.setattr(export, "BATCH", 10)
        late = [uuid7_of(number) for number in range(60)][1::2]
        entries = [make(id=uuid7_of(number)) for number in range(0, 60, 2)][::-1]
        found = AuditEntry.objects.filter(tenant="") if filtered else AuditEntry.objects.all()
        pieces = stream(found)
        seen = ids_in(iter([next(pieces)]))
        for key in late:
            make(id=key)
        assert seen + ids_in(pieces) == [entry.pk for entry in entries]

    @STREAMS
    @pytest.mark.parametrize("filtered", [False, True])
    def test_what_retention_removes_meanwhile_is_missing(
        self, stream: Any, filtered: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(export, "BATCH", 10)
        entries = make_many(50)
        found = AuditEntry.objects.filter(tenant="") if filtered else AuditEntry.objects.all()
        pieces = stream(found)
        seen = ids_in(iter([next(pieces)]))
        gone = {entry.pk for entry in entries[15:40]}
        AuditEntry.objects.filter(pk__in=gone)._raw_delete("default")
        left = [entry.pk for entry in entries if entry.pk not in gone]
        assert seen + ids_in(pieces) == left

    @STREAMS
    def test_nothing_is_open_between_two_pieces(
        self, stream: Any, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
    ) -> None:
        monkeypatch.setattr(export, "BATCH", 10)
        make_many(30)
        pieces = stream(AuditEntry.objects.all())
        next(pieces)
        # No statement either: who reads no further leaves nothing to be ended.
        with django_assert_num_queries(0):
            pieces.close()
        assert list(pieces) == []

    @override_settings(USE_TZ=False, TIME_ZONE="Europe/Berlin")
    @STREAMS
    def test_times_are_in_utc_also_where_the_project_s_are_not(self, stream: Any) -> None:
        make(occurred_at=datetime.datetime(2026, 3, 31, 14, 30))  # noqa: DTZ001
        assert "2026-03-31T12:30:00.000000Z" in "".join(stream(AuditEntry.objects.all()))

    def test_a_disabled_server_side_cursor_is_not_used(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_many(20)
        monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
        monkeypatch.setattr(connection, "chunked_cursor", None)
        assert len(csv_rows()) == 20


def test_the_name_of_the_file_says_when() -> None:
    moment = datetime.datetime(2026, 3, 31, 14, 30, tzinfo=datetime.UTC)
    assert export_filename("csv", moment) == "audit-log-20260331T143000Z.csv"
    assert export_filename("jsonl").endswith("Z.jsonl")
