"""A process that prunes, run by the tests that kill it.

    python -m tests.retention.pruner create NAME
    python -m tests.retention.pruner fill NAME COUNT
    python -m tests.retention.pruner prune NAME ARCHIVE BATCH [POINT]

NAME is the database's; the environment chooses the server as for the tests. At a POINT the
process kills itself: ``archived`` (the batch is in the file, and not gone), ``removed`` (gone, and
not committed), ``committed`` (and nothing after it), each in its third batch.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from tests.capture.writer import create, set_up


def fill(count: str) -> None:
    """Write entries that are due, each third with a reference, and a few that are not."""
    import datetime

    from django.utils import timezone

    from audit_log.models import AuditEntry, AuditReference

    now = timezone.now()
    entries = [
        AuditEntry(
            occurred_at=now - datetime.timedelta(days=31 if number % 10 else 1, seconds=number),
            event_type="update",
            action="book.update",
            target_type="testapp.book",
            target_id=str(number),
            changes={"title": {"old": "x" * 200, "new": str(number)}},
        )
        for number in range(int(count))
    ]
    AuditEntry.objects.bulk_create(entries, batch_size=500)
    AuditReference.objects.bulk_create(
        [
            AuditReference(entry=one, target_type="testapp.author", target_id="1")
            for one in entries[::3]
        ],
        batch_size=500,
    )


def die_at(point: str) -> None:
    """Let the process be killed at a point of its third batch."""
    from contextlib import contextmanager

    from audit_log.retention import pruning, state

    counts = dict.fromkeys(("archived", "removed", "committed"), 0)

    def reach(name: str) -> None:
        counts[name] += 1
        if name == point and counts[name] == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    add, remove, batch = pruning.Archive.add, pruning.remove, state.Claim.batch

    def adding(self: Any, entries: Any) -> int:
        end = add(self, entries)
        reach("archived")
        return end

    def removing(ids: Any, using: str) -> Any:
        removed = remove(ids, using)
        reach("removed")
        return removed

    @contextmanager
    def in_batch(self: Any, report: Any, end: int) -> Any:
        with batch(self, report, end):
            yield
        reach("committed")

    pruning.Archive.add = adding  # type: ignore[method-assign]
    pruning.remove = removing
    state.Claim.batch = in_batch  # type: ignore[method-assign]


def prune(archive: str, batch: str, point: str = "") -> None:
    """Remove what is older than 30 days, as ``manage.py prune_audit_log`` does."""
    from django.core.management import execute_from_command_line
    from django.test import override_settings

    if point:
        die_at(point)
    options = ["--no-input", "--database", "default", "--verbosity", "2", "--skip-checks"]
    options += ["--archive", archive, "--batch-size", batch]
    with override_settings(AUDIT_LOG={"RETENTION": 30}):
        execute_from_command_line(["manage.py", "prune_audit_log", *options])


if __name__ == "__main__":
    mode, database, *rest = sys.argv[1:]
    set_up(database)
    modes: dict[str, Any] = {"create": create, "fill": fill, "prune": prune}
    modes[mode](*rest)
