"""What a run asks of others, and of the machine."""

from __future__ import annotations

import gc
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone

from audit_log.management.archives import render_for
from audit_log.models import AuditEntry
from audit_log.retention import hold, pruning, release
from tests.reading.helpers import make, make_many, unaudited
from tests.retention.helpers import DAY, left, run
from tests.testapp.models import Author


class Other(threading.Thread):
    """Somebody else's work, on a connection of its own."""

    def __init__(self, work: Any) -> None:
        super().__init__()
        self.work = work
        self.failure: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            if connections["default"].vendor == "postgresql":
                with connections["default"].cursor() as cursor:
                    cursor.execute("SET lock_timeout = '5s'")
            self.work()
        except BaseException as failure:  # noqa: BLE001  # told where it is waited for
            self.failure = failure
        finally:
            connections.close_all()

    def is_done(self, within: float) -> bool:
        self.join(within)
        if self.failure is not None:
            raise self.failure
        return not self.is_alive()


def during_a_batch(monkeypatch: pytest.MonkeyPatch, look: Any) -> None:
    """Look while the entries of a batch are removed and the transaction is open."""
    real = pruning.remove

    def remove(ids: Any, using: str) -> Any:
        removed = real(ids, using)
        look()
        return removed

    monkeypatch.setattr(pruning, "remove", remove)


@pytest.mark.postgres
@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    old = timezone.now() - 31 * DAY
    make_many(50, occurred_at=old)
    make(occurred_at=old, references=[("auth.group", "1")])
    neighbours = [
        make(occurred_at=timezone.now() - days * DAY, references=[("auth.group", "1")])
        for days in (29.9, 0)
    ]

    def work() -> None:
        with transaction.atomic():
            author = Author.objects.create(name="Eliot")
            author.name = "George Eliot"
            author.save()
            # As old as what goes, and beside it in every index.
            make(occurred_at=old, references=[("auth.group", "1")])
            make(occurred_at=timezone.now() - 100 * DAY, references=[("auth.group", "1")])
            assert AuditEntry.objects.filter(references__target_id="1").count() >= 4
            assert AuditEntry.objects.select_for_update().get(pk=neighbours[0].pk)

    others: list[Other] = []

    def look() -> None:
        if not others:
            others.append(Other(work))
            assert others[0].is_done(within=4)

    during_a_batch(monkeypatch, look)
    run().prune()
    assert len(others) == 1


@pytest.mark.postgres
@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_a_hold_waits_for_the_batch_and_the_next_waits_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with unaudited():
        make_many(4, occurred_at=timezone.now() - 31 * DAY, tenant="acme")
        released = hold(reason="an old case", tenant="acme")
        release(released)
        others: list[Other] = []

        def look() -> None:
            if not others:
                others.append(Other(lambda: hold(reason="a new case", tenant="acme")))
                assert not others[0].is_done(within=0.3)

        during_a_batch(monkeypatch, look)

        def then(report: Any) -> None:
            assert others[0].is_done(within=5)

        report = run(batch_size=2, progress=then).prune()
    assert (report.entries, report.held) == (2, 2)
    assert sum(entry.tenant == "acme" for entry in left()) == 2


def peak_of(count: int, path: Path) -> int:
    """The memory that a run needs at most, in bytes."""
    with unaudited():
        changes = {"text": {"old": None, "new": "x" * 500}}
        make_many(count, occurred_at=timezone.now() - 31 * DAY, changes=changes)
        tracemalloc.start()
        try:
            # Without the cycles that the collector has not come to yet.
            done = run(batch_size=200, progress=lambda report: gc.collect())
            assert done.prune((path, render_for(path))).entries == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


@pytest.mark.django_db
def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    peak_of(200, tmp_path / "first.jsonl.gz")
    small = peak_of(1_000, tmp_path / "small.jsonl.gz")
    large = peak_of(4_000, tmp_path / "large.jsonl.gz")
    assert large < small * 1.2
