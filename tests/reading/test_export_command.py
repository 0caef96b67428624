"""``manage.py export_audit_log``."""

from __future__ import annotations

import csv
import datetime
import gzip
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone

from audit_log.access import EXPORT
from audit_log.models import AuditEntry
from audit_log.reading import export
from tests.reading.helpers import make, make_many

pytestmark = pytest.mark.django_db


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(*args: str, **options: Any) -> str:
    out = io.StringIO()
    call_command("export_audit_log", *args, stdout=out, **options)
    return out.getvalue()


def ids(text: str) -> list[str]:
    """Those of the entries that earlier exports have not left."""
    if text.startswith("{"):
        rows = [json.loads(line) for line in text.splitlines()]
    else:
        rows = [*csv.DictReader(io.StringIO(text, newline=""))]
    return [row["id"] for row in rows if row["action"] != EXPORT]


def keys(entries: list[AuditEntry]) -> list[str]:
    return [str(entry.pk) for entry in entries]


def test_everything_as_csv_to_standard_output() -> None:
    entries = make_many(30)
    wanted = "".join(export.stream_csv(AuditEntry.objects.all()))
    assert run() == wanted
    assert ids(wanted) == keys(entries)


def test_json_lines() -> None:
    entries = make_many(3)
    assert ids(run("--format", "jsonl")) == keys(entries)


def test_every_filter_is_an_option() -> None:
    entry = make(
        event_type="update",
        action="user.update",
        outcome="failure",
        actor_id=12,
        target_id="a:b",
        tenant="acme",
        correlation_id="c0ffee",
        remote_addr="192.0.2.7",
        references=[("auth.group", "3")],
    )
    make(occurred_at="2020-01-01T00:00Z")
    wanted = keys([entry])
    assert ids(run("--search", "ann", "--occurred-after", "2020-01-02")) == wanted
    for option, value in {
        "--occurred-after": "2020-01-02",
        "--event-type": "update",
        "--action": "user.update",
        "--outcome": "failure",
        "--target-id": "a:b",
        "--object": "auth.group:3",
        "--actor": "12",
        "--tenant": "acme",
        "--correlation-id": "c0ffee",
        "--remote-addr": "192.0.2.7",
    }.items():
        assert ids(run(option, value)) == wanted, option
    assert ids(run("--target-type", "auth.user", "--occurred-before", "2020-01-01")) != wanted
    # From Python by the parameters' names.
    assert ids(run(actor=12, target_type="auth.user")) == wanted


@pytest.mark.parametrize(
    ("option", "value", "part"),
    [
        ("--occurred-after", "yesterday", "ISO 8601"),
        ("--action", "user.creat", "Near to it: user.create"),
        ("--remote-addr", "x", "is no IP address"),
        ("--actor", "ann", "whole number"),
        ("--tenant", "\udcff", "half a character"),
    ],
)
def test_a_wrong_value_is_told_by_its_option(option: str, value: str, part: str) -> None:
    with pytest.raises(CommandError, match=f"^{option}: ") as caught:
        run(option, value)
    assert part in str(caught.value)


@override_settings(AUDIT_LOG={"RETENTION": {"user.create": 30, "*": None}})
def test_what_expires() -> None:
    now = timezone.now()
    wanted = [make(occurred_at=now - datetime.timedelta(days=days)) for days in (24, 31)]
    make(occurred_at=now - datetime.timedelta(days=22))
    make(occurred_at=now - datetime.timedelta(days=31), action="user.delete")
    assert ids(run("--expiring-within", "7")) == keys(wanted)
    assert ids(run("--expiring-within", "0")) == keys(wanted[1:])
    assert ids(run("--expiring-within", "7", "--occurred-after", str(now.date()))) == []
    with pytest.raises(CommandError, match="--expiring-within: -1 is not from 0 to"):
        run("--expiring-within=-1")


class TestFile:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        return tmp_path / "log.csv"

    def test_it_is_what_standard_output_would_be(self, file: Path) -> None:
        make(reason="ä\r\n=1")
        wanted = "".join(export.stream_csv(AuditEntry.objects.all()))
        assert run("--output", str(file)) == ""
        assert file.read_bytes().decode() == wanted
        assert list(file.parent.iterdir()) == [file]

    def test_the_name_says_the_format_unless_it_is_given(self, tmp_path: Path) -> None:
        make()
        run("--output", str(tmp_path / "log.JSONL"))
        assert json.loads((tmp_path / "log.JSONL").read_text())["action"] == "user.create"
        run("--output", str(tmp_path / "log.txt"))
        assert (tmp_path / "log.txt").read_text().startswith("id,")
        run("--output", str(tmp_path / "odd.csv"), "--format", "jsonl")
        assert (tmp_path / "odd.csv").read_text().startswith("{")

    @pytest.mark.parametrize("name", ["log.csv.gz", "log.jsonl.GZ", "log.gz"])
    def test_it_is_compressed_where_its_name_says_so(self, tmp_path: Path, name: str) -> None:
        make(reason="ä")
        stream = export.stream_jsonl if "jsonl" in name else export.stream_csv
        wanted = "".join(stream(AuditEntry.objects.all()))
        run("--output", str(tmp_path / name))
        assert gzip.decompress((tmp_path / name).read_bytes()).decode() == wanted

    def test_an_old_file_stays_unless_forced(self, file: Path) -> None:
        file.write_text("old")
        with pytest.raises(
            CommandError, match=r"log.csv exists. Choose another name, or give --force"
        ):
            run("--output", str(file))
        assert file.read_text() == "old"
        run("--output", str(file), "--force")
        assert file.read_text().startswith("id,")

    def test_what_fails_leaves_nothing_torn(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def torn(self: Any, *args: Any) -> Any:
            yield "id,"
            raise RuntimeError("the database went away")

        monkeypatch.setattr(export.Export, "pieces", torn)
        file.write_text("old")
        with pytest.raises(RuntimeError):
            run("--output", str(file), "--force")
        assert file.read_text() == "old"
        assert list(file.parent.iterdir()) == [file]

    def test_where_nothing_can_be_written(self, tmp_path: Path) -> None:
        for place in (tmp_path / "missing" / "log.csv", tmp_path):
            with pytest.raises(CommandError, match=r"--output: .* cannot be written"):
                run("--output", str(place))

    def test_a_link_stays_a_link(self, file: Path, tmp_path: Path) -> None:
        link = tmp_path / "latest.csv"
        link.symlink_to(file)
        run("--output", str(link))
        assert link.is_symlink()
        assert file.read_text().startswith("id,")

    def test_a_device_stays_a_device(self) -> None:
        run("--output", os.devnull)
        assert Path(os.devnull).is_char_device()


class TestStream:
    def test_bytes_go_out_as_utf_8_whatever_the_terminal_is(self) -> None:
        make(reason="ä\r\n")
        raw = io.BytesIO()
        out = io.TextIOWrapper(raw, encoding="ascii", newline="\r\n")
        wanted = "".join(export.stream_csv(AuditEntry.objects.all()))
        call_command("export_audit_log", stdout=out)
        assert raw.getvalue().decode() == wanted

    def test_a_reader_who_has_seen_enough(self, capsys: pytest.CaptureFixture[str]) -> None:
        make_many(50)
        reading, writing = os.pipe()
        os.close(reading)
        with os.fdopen(writing, "w") as out:
            with pytest.raises(SystemExit) as caught:
                call_command("export_audit_log", stdout=out)
            assert caught.value.code == 1
        assert capsys.readouterr().err == ""

    def test_progress_is_for_terminals(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(export, "BATCH", 10)
        make_many(1_025, tenant="a")
        terminal, plain = Terminal(), io.StringIO()
        run(output=str(tmp_path / "a.csv"), stderr=terminal)
        assert terminal.getvalue().startswith("\r10 of 1,025 entries\r20 of")
        assert terminal.getvalue().endswith("\r1,025 of 1,025 entries\n")
        run(stderr=plain)
        assert plain.getvalue() == ""
        # Not among the entries themselves.
        quiet = Terminal()
        call_command("export_audit_log", stdout=Terminal(), stderr=quiet)
        assert quiet.getvalue() == ""


def test_who_took_what_is_told(tmp_path: Path) -> None:
    make_many(3, tenant="a")
    make_many(2)
    file = tmp_path / "log.jsonl"
    run(tenant="a", output=str(file))
    (told,) = AuditEntry.objects.filter(action=EXPORT)
    assert (told.event_type, told.outcome) == ("access", "success")
    assert (told.actor_type, told.actor_repr) == ("command", "export_audit_log")
    assert told.metadata["export"] == {
        "format": "jsonl",
        "rows": 3,
        "filters": {"tenant": "a"},
        "output": str(file),
    }
    # Nothing was taken where nothing was written.
    with pytest.raises(CommandError):
        run(output=str(file))
    with pytest.raises(CommandError):
        run(actor="x")
    assert AuditEntry.objects.filter(action=EXPORT).count() == 1


@pytest.mark.django_db(databases=["default", "other"])
def test_databases() -> None:
    entry = make()
    elsewhere = AuditEntry.objects.using("other").create(event_type="other", action="a.b")
    assert ids(run()) == keys([entry])
    assert ids(run("--database", "other")) == keys([elsewhere])
    with override_settings(AUDIT_LOG={"DATABASE": "other"}):
        assert ids(run()) == keys([elsewhere])
        assert ids(run("--database", "default")) == keys([entry])
    with pytest.raises(CommandError, match="invalid choice: 'nowhere'"):
        run("--database", "nowhere")


def test_help_names_every_filter(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("--help")
    text = capsys.readouterr().out
    assert "--occurred-after TIME" in text
    assert "--object TYPE:ID" in text
