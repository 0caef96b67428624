"""How fast a run is, how long its transactions are, and how much memory it takes.

    python -m tests.retention.pruner create NAME
    python -m tests.retention.measure NAME COUNT [ARCHIVE]

NAME is the database's, which is there; the environment chooses the server as for the tests. COUNT
entries are written, of which nine in ten are due; then they are removed.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.capture.writer import set_up


def measure(name: str, count: int, archive: str = "") -> None:
    from django.db import connection
    from django.test import override_settings

    from audit_log.management.archives import render_for
    from audit_log.models import AuditEntry
    from audit_log.retention import state
    from audit_log.retention.pruning import Run

    began = time.perf_counter()
    for _ in range(count // 50_000 or 1):
        # By another process: this one's memory is what a run takes.
        fill = [sys.executable, "-m", "tests.retention.pruner", "fill", name]
        subprocess.run([*fill, str(min(count, 50_000))], check=True)
    if connection.vendor == "postgresql":
        # As autovacuum does it for a log that has been there for longer.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE audit_log_auditentry, audit_log_auditreference")
    print(f"{count:,} entries written in {time.perf_counter() - began:.1f} s", flush=True)
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    spans: list[float] = []
    batch = state.Claim.batch

    @contextmanager
    def timed(self: Any, report: Any, end: int) -> Any:
        before = time.perf_counter()
        with batch(self, report, end):
            yield
        spans.append(time.perf_counter() - before)

    state.Claim.batch = timed  # type: ignore[method-assign]
    with override_settings(AUDIT_LOG={"RETENTION": 30}):
        before = time.perf_counter()
        planned = Run("default").plan()
        print(f"dry run: {planned.entries:,} in {time.perf_counter() - before:.1f} s", flush=True)
        before = time.perf_counter()
        path = Path(archive)
        report = Run("default").prune((path, render_for(path)) if archive else None)
        took = time.perf_counter() - before
    spans.sort()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"run: {report.entries:,} in {took:.1f} s, {report.entries / took:,.0f} a second")
    print(
        f"transactions: median {spans[len(spans) // 2] * 1000:.1f} ms, "
        f"99 % below {spans[len(spans) * 99 // 100] * 1000:.1f} ms, "
        f"longest {spans[-1] * 1000:.1f} ms"
    )
    print(f"peak memory: {(peak - idle) / 1024:.1f} MB above what it was before")
    print(f"left: {AuditEntry.objects.count():,}")


if __name__ == "__main__":
    database, entries, *rest = sys.argv[1:]
    set_up(database)
    measure(database, int(entries), *rest)
