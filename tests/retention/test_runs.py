"""Runs that meet, that end early, that fail, that are killed."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import OperationalError, transaction
from django.utils import timezone

import audit_log
from audit_log import removal
from audit_log.management.archives import render_for
from audit_log.models import PruningState
from audit_log.retention import pruning, state
from audit_log.retention.pruning import Run
from tests.reading.helpers import make_many, make_user
from tests.retention.helpers import DAY, aged, archived, left, prune, run, told

pytestmark = pytest.mark.django_db(databases=["default", "other"])


def test_stopped_between_two_batches() -> None:
    make_many(5, occurred_at=timezone.now() - 31 * DAY)
    stop = threading.Event()

    def stop_after_two(report: Any) -> None:
        if report.entries == 4:
            stop.set()

    report = run(batch_size=2, stop=stop, progress=stop_after_two).prune(pause=0.001)
    assert report.interrupted == "stopped"
    assert len(left()) == 1
    (entry,) = told()
    assert (entry.outcome, entry.metadata["interrupted"]) == ("failure", "stopped")
    assert entry.metadata["removed"] == 4
    assert run().prune().entries == 1
    assert [entry.metadata["removed"] for entry in told()] == [4, 1]


def test_what_fails_ends_the_run_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    make_many(3, occurred_at=timezone.now() - 31 * DAY)

    def fails(report: Any) -> None:
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError):
        run(batch_size=2, progress=fails).prune()
    (entry,) = told()
    assert entry.metadata["interrupted"] == "RuntimeError: no more"
    assert entry.metadata["removed"] == 2
    assert len(left()) == 1


def failing_removal(monkeypatch: pytest.MonkeyPatch, times: int, *, after: bool = False) -> None:
    """Let the first removals fail, before or after they are done."""
    failures = iter(range(times))
    real = removal.remove

    def fail(ids: Any, using: str) -> Any:
        removed = real(ids, using)
        if next(failures, None) is not None:
            raise OperationalError("deadlock detected")
        return removed

    monkeypatch.setattr(pruning, "remove", fail)
    monkeypatch.setattr(pruning.time, "sleep", lambda seconds: None)


def test_a_deadlock_is_tried_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    entries = make_many(2, occurred_at=timezone.now() - 31 * DAY)
    failing_removal(monkeypatch, 3)
    path = tmp_path / "log.jsonl.gz"
    prune(archive=str(path), database=["default"])
    assert left() == []
    assert sorted(archived(path)) == sorted(str(entry.pk) for entry in entries)
    (entry,) = told()
    assert entry.metadata["removed"] == 2


def test_not_for_ever(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    make_many(2, occurred_at=timezone.now() - 31 * DAY)
    failing_removal(monkeypatch, 100)
    path = tmp_path / "log.jsonl"
    with pytest.raises(CommandError, match="default: deadlock detected"):
        prune(archive=str(path), database=["default"])
    assert len(left()) == 2
    assert path.read_bytes() == b""
    (entry,) = told()
    assert entry.metadata["interrupted"] == "OperationalError: deadlock detected"


def test_a_commit_that_nobody_answered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    entries = make_many(2, occurred_at=timezone.now() - 31 * DAY)
    real = state.Claim.batch
    failures = iter([True])

    @contextmanager
    def committed_and_lost(self: Any, report: Any, end: int) -> Any:
        batches = self.batches
        with real(self, report, end):
            yield
        if next(failures, False):
            self.batches = batches
            raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(state.Claim, "batch", committed_and_lost)
    monkeypatch.setattr(pruning.time, "sleep", lambda seconds: None)
    path = tmp_path / "log.jsonl"
    prune(archive=str(path), database=["default"])
    assert left() == []
    assert sorted(archived(path)) == sorted(str(entry.pk) for entry in entries)
    (entry,) = told()
    assert entry.metadata["removed"] == 2


def test_entries_that_somebody_else_removes_meanwhile(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one, two = make_many(2, occurred_at=timezone.now() - 31 * DAY)
    add = pruning.Archive.add
    once = iter([True])

    def add_and_lose(self: Any, entries: Any) -> int:
        end = add(self, entries)
        if next(once, False):
            removal.remove([one.pk], "default")
        return end

    monkeypatch.setattr(pruning.Archive, "add", add_and_lose)
    path = tmp_path / "log.jsonl"
    prune(archive=str(path), database=["default"])
    assert left() == []
    assert archived(path) == [str(two.pk)]
    assert told()[0].metadata["removed"] == 1


def as_killed(batch: int, monkeypatch: pytest.MonkeyPatch, **options: Any) -> None:
    """Leave things as a process does that is killed in its batch of that number."""

    class Killed(BaseException):
        pass

    def leave(self: Run) -> None:
        self._claim.forget()
        if self._archive is not None and self._archive._file is not None:
            self._archive._file.close()

    count = iter(range(1, 1000))
    real = pruning.remove

    def killed(ids: Any, using: str) -> Any:
        if next(count) == batch:
            raise Killed
        return real(ids, using)

    with monkeypatch.context() as patch:
        patch.setattr(pruning, "remove", killed)
        patch.setattr(Run, "_end", leave)
        with pytest.raises(Killed):
            prune(batch_size=1, database=["default"], **options)


def test_after_a_run_was_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    entries = make_many(5, occurred_at=timezone.now() - 31 * DAY)
    ids = [str(entry.pk) for entry in sorted(entries, key=lambda entry: entry.pk)]
    user = make_user("ann")
    path = tmp_path / "log.csv.gz"
    with audit_log.context(actor=user, reason="spring cleaning"):
        as_killed(3, monkeypatch, archive=str(path))
    assert told() == []
    # The third is in the file, and in the log still.
    assert archived(path) == ids[:3]
    assert len(left()) == 3
    prune(archive=str(path), database=["default"])
    assert left() == []
    assert sorted(archived(path)) == ids
    killed, finished = told()
    assert (killed.metadata["removed"], finished.metadata["removed"]) == (2, 3)
    assert (killed.metadata["interrupted"], killed.outcome) == ("killed", "failure")
    assert (killed.actor_id, killed.reason) == (user.pk, "spring cleaning")
    assert killed.metadata["archive"]["sha256"] is not None
    assert finished.metadata["archive"]["start"] == killed.metadata["archive"]["end"]


def test_killed_and_another_archive(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    make_many(3, occurred_at=timezone.now() - 31 * DAY)
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    as_killed(2, monkeypatch, archive=str(first))
    prune(archive=str(second), database=["default"])
    assert (len(archived(first)), len(archived(second))) == (1, 2)


def test_killed_and_the_archive_is_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make_many(3, occurred_at=timezone.now() - 31 * DAY)
    path = tmp_path / "first.jsonl"
    as_killed(2, monkeypatch, archive=str(path))
    end = PruningState.objects.get().archive_end
    path.unlink()
    prune(database=["default"])
    # How much of it is true can be told all the same.
    assert told()[0].metadata["archive"] == {
        "path": str(path),
        "start": 0,
        "end": end,
        "sha256": None,
    }


def test_killed_before_its_first_batch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    make_many(2, occurred_at=timezone.now() - 31 * DAY)
    path = tmp_path / "log.csv"
    as_killed(1, monkeypatch, archive=str(path))
    prune(archive=str(path), database=["default"])
    assert len(archived(path)) == 2
    assert [entry.metadata["removed"] for entry in told()] == [0, 2]


def test_two_runs_at_once() -> None:
    make_many(3, occurred_at=timezone.now() - 31 * DAY)

    def meet(report: Any) -> None:
        with pytest.raises(CommandError, match=r"default: A run is at work .* process \d+ on "):
            prune(database=["default"])

    run(batch_size=1, progress=meet).prune()
    assert left() == []
    assert len(told()) == 1


def test_alive_as_far_as_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    aged(31)
    as_killed(1, monkeypatch)
    rows = PruningState.objects
    # On another machine it may be alive: for some minutes.
    rows.update(host="elsewhere")
    with pytest.raises(CommandError, match="A run is at work"):
        prune(database=["default"])
    rows.update(seen_at=timezone.now() - state.LEASE)
    prune(database=["default"])
    assert left() == []
    # On this one a process that is not there is dead, and one that is there may be another.
    aged(31)
    as_killed(1, monkeypatch)
    rows.update(process=1)
    with pytest.raises(CommandError, match="A run is at work"):
        prune(database=["default"])
    rows.update(process=2**22 + 7)
    prune(database=["default"])
    assert left() == []


def test_a_run_that_was_taken_for_dead(tmp_path: Path) -> None:
    make_many(3, occurred_at=timezone.now() - 31 * DAY)
    path = tmp_path / "log.jsonl"
    seen: list[int] = []

    def taken_over(report: Any) -> None:
        seen.append(report.entries)
        PruningState.objects.update(host="elsewhere", seen_at=timezone.now() - state.LEASE)
        prune(database=["default"])

    with pytest.raises(state.Superseded):
        run(batch_size=1, progress=taken_over).prune((path, render_for(path)))
    assert seen == [1]
    assert left() == []
    assert len(archived(path)) == 1
    assert [entry.metadata["removed"] for entry in told()] == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_not_inside_a_transaction() -> None:
    aged(31)
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        run().prune()
    assert len(left()) == 1
