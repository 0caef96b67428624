"""What goes is in a file first, and nothing else is."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.utils import timezone

from audit_log.models import AuditEntry
from audit_log.reading.export import stream_csv, stream_jsonl
from tests.retention.helpers import DAY, aged, archived, left, prune, told

pytestmark = pytest.mark.django_db(databases=["default", "other"])


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz", ".csv", ".csv.gz"])
def test_an_archive_is_an_export_of_what_went(ending: str, tmp_path: Path) -> None:
    aged(31, reason="=1+1\r\n", references=[("auth.group", "1")])
    aged(33)
    aged(32)
    aged(1)
    entries = AuditEntry.objects.filter(occurred_at__lte=timezone.now() - 30 * DAY)
    stream = stream_jsonl if "jsonl" in ending else stream_csv
    wanted = "".join(stream(entries))
    path = tmp_path / f"log{ending}"
    text = prune(archive=str(path), batch_size=1, database=["default"])
    assert f"archive: {path}" in text
    data = path.read_bytes()
    found = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    assert sorted(found.splitlines()) == sorted(wanted.splitlines())
    assert found.splitlines()[0] == wanted.splitlines()[0] or "jsonl" in ending
    assert oct(path.stat().st_mode)[-3:] == "600"
    assert told()[0].metadata["archive"] == {
        "path": str(path),
        "start": 0,
        "end": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def test_a_directory_gets_a_file_a_run(tmp_path: Path) -> None:
    aged(31)
    prune(archive=str(tmp_path))
    (path,) = tmp_path.iterdir()
    assert path.name.startswith("audit-log-default-2")
    assert path.name.endswith("Z.jsonl.gz")
    assert len(archived(path)) == 1
    # None where nothing went, as on the other database.
    prune(archive=str(tmp_path), format="csv")
    assert [*tmp_path.iterdir()] == [path]


def test_a_file_for_each_database(tmp_path: Path) -> None:
    aged(31)
    AuditEntry(occurred_at=timezone.now() - 31 * DAY, action="user.create").save(using="other")
    prune(archive=str(tmp_path / "log.csv.gz"))
    assert {path.name for path in tmp_path.iterdir()} == {"log.csv.gz", "log.other.csv.gz"}


def test_the_next_run_continues_the_file(tmp_path: Path) -> None:
    path = tmp_path / "log.csv.gz"
    ids = []
    for _ in range(3):
        ids.append(str(aged(31).pk))
        prune(archive=str(path), database=["default"])
        assert archived(path) == ids
    starts = [run.metadata["archive"]["start"] for run in told()]
    ends = [run.metadata["archive"]["end"] for run in told()]
    assert starts == [0, *ends[:2]]


def test_a_file_that_is_not_the_last_run_s_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("something else")
    aged(31)
    with pytest.raises(CommandError, match=r"exists\. Choose another name"):
        prune(archive=str(path), database=["default"])
    assert path.read_text() == "something else"
    assert len(left()) == 1


def test_no_archive_no_removal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aged(31)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CommandError, match=r"cannot be written: .*No space left"):
        prune(archive=str(tmp_path / "log.csv"), database=["default"])
    assert len(left()) == 1
    (run,) = told()
    assert run.outcome == "failure"
    assert run.metadata["removed"] == 0
    assert run.metadata["interrupted"].startswith("ArchiveError: ")
