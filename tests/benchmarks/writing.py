"""Measures the writing side: every package in its own process, round by round."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from tests.benchmarks.cases import CASES, Case
from tests.benchmarks.packages import BARE
from tests.benchmarks.processes import Target, Worker

Results = dict[str, dict[str, list[dict[str, Any]]]]
"""By case and package, what each round found."""


def measure(
    targets: Sequence[Target], cases: Sequence[str], rounds: int, scale: float = 1.0
) -> tuple[Results, dict[str, dict[str, str]]]:
    """Run the cases, and return what was found and the versions and settings of each package.

    In a round every case is done by all packages, one after the other, beginning with another
    one each time, so that what disturbs the machine disturbs all alike. ``scale`` is how many of
    each case's operations are done.
    """
    results: Results = {case: {target.package: [] for target in targets} for case in cases}
    with ExitStack() as stack:
        workers = [stack.enter_context(started(target)) for target in targets]
        versions = {worker.target.package: worker.do("versions") for worker in workers}
        for number in range(rounds):
            say(f"Round {number + 1} of {rounds}")
            turn = number % len(workers)
            for name in cases:
                for worker in workers[turn:] + workers[:turn]:
                    found = worker.do("run", case=name, **sizes(CASES[name], scale))
                    results[name][worker.target.package].append(found)
    return results, versions


def sizes(case: Case, scale: float) -> dict[str, int]:
    number = max(1, round(case.number * scale))
    return {"number": number, "warm_up": min(20, number)}


def started(target: Target) -> Worker:
    """Make the database, and return a process to measure in.

    Another one than that which migrates, as in production: migrations leave a process slower.
    """
    say(f"Setting up {target.package}")
    target.create()
    with Worker(target) as worker:
        worker.do("set_up")
    return Worker(target)


def sizes_of_entries(targets: Sequence[Target], number: int) -> Mapping[str, float]:
    """Return the bytes that an entry of an update takes, by package."""
    found = {}
    for target in targets:
        if target.package != BARE:
            with started(target) as worker:
                found[target.package] = worker.do("size", number=number)
    return found


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
