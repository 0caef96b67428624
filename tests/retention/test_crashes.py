"""A run that is killed at any moment: nothing is lost, nothing is twice, nothing is half-done."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from audit_log.models import AuditEntry, AuditReference
from tests.retention.helpers import archived

KILLS = int(os.environ.get("AUDIT_LOG_KILLS", "4"))
ROOT = Path(__file__).parent.parent.parent
COUNT = 2000
DUE = 1800


def start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.retention.pruner", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(*arguments: object, status: int = 0) -> str:
    process = start(*arguments)
    out, errors = process.communicate()
    assert process.returncode == status, errors
    return out


@pytest.fixture
def database(transactional_db: None, tmp_path: Path) -> Iterator[str]:
    """The name of a database with entries; this process looks into it, too."""
    if connection.vendor != "sqlite":
        name = str(connection.settings_dict["NAME"])
        finish("fill", name, COUNT)
        yield name
        return
    name = str(tmp_path / "crash.sqlite3")
    finish("create", name)
    finish("fill", name, COUNT)
    connections["default"].close()
    kept = connections["default"]
    mine = kept.copy("default")
    mine.settings_dict = {**kept.settings_dict, "NAME": name, "OPTIONS": {"timeout": 60}}
    connections["default"] = mine
    yield name
    mine.close()
    connections["default"] = kept


def everything() -> set[str]:
    entries = AuditEntry.objects.exclude(action="audit_log.prune")
    return {str(key) for key in entries.values_list("pk", flat=True)}


def check(path: Path, before: set[str]) -> None:
    """All that is gone is in the file, once, and nothing else; the entries say the same."""
    remaining, found = everything(), archived(path)
    assert len(found) == len(set(found))
    assert set(found) == before - remaining
    assert len(remaining) == COUNT - DUE
    keys = {str(key) for key in AuditReference.objects.values_list("entry_id", flat=True)}
    assert keys <= remaining
    runs = AuditEntry.objects.filter(action="audit_log.prune").order_by("id")
    assert sum(run.metadata["removed"] for run in runs) == DUE
    assert [run.metadata.get("interrupted") for run in runs][-1] is None
    data, end = path.read_bytes(), 0
    for part in filter(None, (run.metadata.get("archive") for run in runs)):
        assert part["start"] == end
        end = part["end"]
        assert sha256(data[part["start"] : end]).hexdigest() == part["sha256"]
    assert end == len(data)


def test_killed_at_random_points(database: str, tmp_path: Path) -> None:
    chance = random.Random(7)
    path, before = tmp_path / "log.jsonl", everything()
    for _ in range(KILLS):
        process = start("prune", database, path, 20)
        assert process.stderr is not None
        process.stderr.readline()
        time.sleep(chance.uniform(0, 0.1))
        process.kill()
        process.communicate()
        if process.returncode == 0:
            break
        # What is gone is in the file at any moment; more may be, until the next run.
        assert before - everything() <= set(archived(path))
    finish("prune", database, path, 20)
    check(path, before)


@pytest.mark.parametrize("point", ["archived", "removed", "committed"])
def test_killed_at_the_worst_points(database: str, tmp_path: Path, point: str) -> None:
    path, before = tmp_path / "log.jsonl.gz", everything()
    finish("prune", database, path, 100, point, status=-signal.SIGKILL)
    gone = {"archived": 200, "removed": 200, "committed": 300}[point]
    assert len(before - everything()) == gone
    assert len(archived(path)) == 300
    finish("prune", database, path, 100)
    check(path, before)
    killed = AuditEntry.objects.filter(action="audit_log.prune").order_by("id")[0]
    assert (killed.metadata["interrupted"], killed.metadata["removed"]) == ("killed", gone)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop(database: str, tmp_path: Path, number: Any) -> None:
    path, before = tmp_path / "log.csv.gz", everything()
    process = start("prune", database, path, 5)
    assert process.stderr is not None
    process.stderr.readline()
    process.send_signal(number)
    out, _errors = process.communicate()
    assert process.returncode == 128 + number
    assert "not finished (stopped): run it again." in out
    # The run has told of itself, and its file is whole, without any further run.
    run = AuditEntry.objects.get(action="audit_log.prune")
    assert (run.outcome, run.metadata["interrupted"]) == ("failure", "stopped")
    assert set(archived(path)) == before - everything()
    assert 0 < run.metadata["removed"] == len(archived(path)) < DUE
    finish("prune", database, path, 500)
    check(path, before)
