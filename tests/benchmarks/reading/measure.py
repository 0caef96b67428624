"""Measures the reading side: pages and exports of the same log, round by round."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.environment import ROOT
from tests.benchmarks.processes import Failed, Target, Worker
from tests.benchmarks.web import Server
from tests.benchmarks.writing import say

Figures = list[dict[str, Any]]

PATIENCE = 3.0
"""Seconds after which a page is not asked for again."""
EVERY = 4
"""After how many pages the one that they are compared with is asked for again."""
REQUIREMENTS = ("djangorestframework>=3.16", "django-filter>=25", "uvicorn>=0.30")


def log_target(rows: int, seed: int, **options: Any) -> Target:
    """Return a log of ``rows`` entries; what is generated alike is shared and kept."""
    sources = sorted(ROOT.glob("audit_log/**/migrations/*.py"))
    sources += sorted((ROOT / "tests/benchmarks/reading/project").glob("*.py"))
    digest = hashlib.sha256()
    for source in sources:
        if source.stem not in {"worker", "pages", "exporting", "urls", "settings"}:
            digest.update(source.read_bytes())
    name = f"log_{rows}_{seed}_{digest.hexdigest()[:8]}"
    return Target(name, project="tests.benchmarks.reading.project", **options)


@contextlib.contextmanager
def opened(target: Target, rows: int, seed: int, folder: Path) -> Iterator[Worker]:
    """Start a process that reads the log; it is generated where it is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{Path(target.name).stem}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (target.exists() and _is_whole(target)):
            say(f"Generating {rows:,} entries, seed {seed}")
            target.create()
            with Worker(target) as worker:
                worker.do("generate", rows=rows, seed=seed)
    with Worker(target) as worker:
        yield worker


def _is_whole(target: Target) -> bool:
    with Worker(target) as worker:
        return bool(worker.do("is_generated"))


def measure_pages(worker: Worker, rows: int, rounds: int, groups: Sequence[str]) -> Figures:
    """Return each page's queries and seconds, and what Django's own list took at that time."""
    worker.do("session")
    pages = worker.do("pages", rows=rows)
    pages = [page for page in pages if not groups or page["group"].startswith((*groups, "plain"))]
    for page in pages:
        page |= worker.do("count", url=page["url"]) | {"seconds": [], "units": []}
    for number in range(rounds):
        say(f"Pages, round {number + 1} of {rounds}")
        for position, page in enumerate(pages):
            if position % EVERY == 0:
                unit = worker.do("get", url=pages[0]["url"])
            if sum(page["seconds"]) < PATIENCE:
                page["seconds"].append(worker.do("get", url=page["url"]))
                page["units"].append(unit)
    return pages


def measure_first_pages(large: Worker, small: Worker, rounds: int, rows: dict[str, int]) -> Figures:
    """Return the first pages' seconds in a large and in a small log."""
    found: Figures = []
    workers = {"large": large, "small": small}
    urls: dict[str, dict[str, str]] = {}
    for size, worker in workers.items():
        worker.do("session")
        for page in worker.do("pages", rows=rows[size]):
            if page["name"] == "first page":
                urls.setdefault(f"{page['group']}: {page['name']}", {})[size] = page["url"]
    for name, by_size in urls.items():
        seconds: dict[str, list[float]] = {"large": [], "small": []}
        for _ in range(rounds + 1):
            for size, url in by_size.items():
                seconds[size] += [workers[size].do("get", url=url) for _ in range(5)]
        # The first of each are warming up.
        found.append({"name": name, **{size: taken[5:] for size, taken in seconds.items()}})
    return found


def measure_exports(worker: Worker, rows: int, rounds: int) -> dict[str, Figures]:
    """Return seconds and peak memory of each way to export, the database's own first."""
    target = worker.target
    session = worker.do("session")
    found: dict[str, Figures] = {}
    with Server(target) as wsgi, Server(target, asgi=True) as asgi:
        servers = {"WSGI": wsgi, "ASGI": asgi}
        for server in servers.values():
            server.wait()
            server.download("/api/entries/?page_size=1", session)
        idle = {name: server.peak() for name, server in servers.items()}
        for number in range(rounds):
            say(f"Exports, round {number + 1} of {rounds}")
            at_rest = _in_process(target, "idle")["peak"]
            for what in ("database", "csv", "jsonl"):
                name = what if what == "database" else f"command, {what}"
                one = _in_process(target, what)
                found.setdefault(name, []).append({**one, "idle": at_rest, "rows": rows})
            for name, server in servers.items():
                for kind in ("csv", "jsonl"):
                    lines, seconds = server.download(f"/api/entries/export.{kind}", session)
                    if lines < rows:
                        raise Failed(f"{name}, {kind}: {lines} lines of {rows} entries")
                    one = {"seconds": seconds, "rows": rows, "idle": idle[name]}
                    found.setdefault(f"{name}, {kind}", []).append({**one, "peak": server.peak()})
    return found


def _in_process(target: Target, what: str) -> dict[str, Any]:
    done = subprocess.run(
        [target.python, "-m", f"{target.project}.exporting", what],
        env=target.environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failed(f"the export ({what}) failed: see above")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result
