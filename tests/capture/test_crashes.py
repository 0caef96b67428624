"""A process that is killed, and many that write at once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

KILLS = int(os.environ.get("AUDIT_LOG_KILLS", "4"))
ROOT = Path(__file__).parent.parent.parent


def run(*arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.capture.writer", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.capture.writer", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def database(transactional_db: None, tmp_path: Path) -> Iterator[str]:
    """The name of a database with the tables, empty: the tests' own, on SQLite a file."""
    if connection.vendor != "sqlite":
        yield str(connection.settings_dict["NAME"])
        return
    name = str(tmp_path / "crash.sqlite3")
    run("create", name)
    yield name


def test_killed_at_random_points(database: str) -> None:
    """No change without its entry, no entry without its change."""
    chance = random.Random(7)
    entries = 0
    for seed in range(KILLS):
        process = start("write", database, seed)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()
        time.sleep(chance.uniform(0.05, 0.6))
        assert process.poll() is None, process.communicate()
        process.kill()
        process.communicate()
        entries = int(run("check", database))
    assert entries > KILLS


def test_many_processes_and_threads(database: str) -> None:
    """As many entries as changes, each object's entries chain, and nothing fails."""
    processes, threads, writes = 4, 8, 2
    run("shared", database)
    running = [start("load", database, seed, threads, writes) for seed in range(processes)]
    for process in running:
        out, errors = process.communicate()
        assert process.returncode == 0, errors
        assert out == ""
    run("check_load", database, processes * threads, writes)
