"""Exports of a large log: in constant memory, and beside those who write."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections, transaction

from audit_log.models import AuditEntry
from audit_log.reading import export
from audit_log.reading.export import stream_csv
from tests.reading.helpers import make_many

ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 1_000_000


def child(*arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "tests.reading.scale", *arguments],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout) if done.stdout else None


@pytest.fixture
def database(tmp_path: Path, transactional_db: None) -> Iterator[str]:
    """The name of a database that other processes find."""
    yield (
        str(tmp_path / "log.sqlite3")
        if connection.vendor == "sqlite"
        else connection.settings_dict["NAME"]
    )
    AuditEntry.references.rel.related_model.objects.all()._raw_delete("default")
    AuditEntry.objects.all()._raw_delete("default")


@pytest.mark.parametrize("format_name", ["csv", "jsonl"])
def test_memory_does_not_grow_with_the_log(database: str, format_name: str) -> None:
    grown = {}
    for more in (20_000, 60_000):
        child(database, "make", str(more))
        found = child(database, "export", format_name)
        grown[found["count"]] = found["grown"]
    assert list(grown) == [20_000, 80_000]
    # What the keys take up to where their file is on the disk, and what varies from run to run.
    assert grown[80_000] < grown[20_000] + 4 * MEGABYTE
    assert grown[80_000] < 40 * MEGABYTE


@pytest.mark.sqlite
@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_sqlite_database_can_be_written_to_meanwhile(tmp_path: Path, mode: str) -> None:
    path = str(tmp_path / "log.sqlite3")
    child(path, "make", "3000")
    found = child(path, "beside", mode)
    assert found["pieces"] > 3
    # One is there from before: the writer was never told to wait.
    assert found["written"] == 1 + found["pieces"]


@pytest.mark.postgres
@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("filtered", [False, True])
def test_no_transaction_is_doubled_or_torn(filtered: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others commit seven entries at a time, some of them with ids from before."""
    monkeypatch.setattr(export, "BATCH", 50)
    make_many(700, correlation_id="before")
    going = threading.Event()
    failed: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for turn in range(10_000):
                if going.is_set():
                    return
                with transaction.atomic():
                    make_many(3, correlation_id=f"{number}-{turn}")
                    time.sleep(0.02)
                    make_many(4, correlation_id=f"{number}-{turn}")
        except BaseException as error:
            failed.append(error)
            raise
        finally:
            connections.close_all()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    try:
        counts = []
        for _ in range(8):
            entries = AuditEntry.objects.exclude(tenant="x") if filtered else AuditEntry.objects
            text = "".join(stream_csv(entries.all()))
            rows = [*csv.DictReader(io.StringIO(text, newline=""))]
            assert len({row["id"] for row in rows}) == len(rows)
            assert [row["id"] for row in rows] == sorted((row["id"] for row in rows), reverse=True)
            blocks = Counter(row["correlation_id"] for row in rows)
            assert blocks.pop("before") == 700
            assert set(blocks.values()) <= {7}
            counts.append(len(rows))
    finally:
        going.set()
        for writer in writers:
            writer.join()
    assert failed == []
    # They did write meanwhile.
    assert counts[0] < counts[-1]
