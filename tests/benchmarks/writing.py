"""Measures the writing side: every package in its own process, round by round."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from typing import Any

from tests.benchmarks.cases import CASES, Case
from tests.benchmarks.environment import checkout_key
from tests.benchmarks.processes import Target, Worker
from tests.benchmarks.web import Server


class PackageTarget(Target):
    """One package on one database of its own."""

    def __init__(self, package: str, **options: Any) -> None:
        self.package = package
        name = f"{package}_{checkout_key()}"
        super().__init__(name, project="tests.benchmarks.project", package=package, **options)


Results = dict[str, dict[str, list[dict[str, Any]]]]
"""By case and package, what each round found."""


def measure(
    targets: Sequence[PackageTarget], cases: Sequence[str], rounds: int, scale: float = 1.0
) -> tuple[Results, dict[str, dict[str, str]]]:
    """Run the cases, and return what was found and the versions and settings of each package.

    A case is done by all packages, one after the other, beginning with another one each time,
    so that what disturbs the machine disturbs all alike. ``scale`` is how many of
    each case's operations are done.
    """
    results: Results = {case: {target.package: [] for target in targets} for case in cases}
    with ExitStack() as stack:
        items = items_for(cases, scale)
        workers = [stack.enter_context(started(target, items)) for target in targets]
        versions = {worker.target.package: worker.do("versions") for worker in workers}
        servers = {}
        if "view" in cases:
            servers = {one.package: stack.enter_context(Server(one, workers=2)) for one in targets}
        # Whoever has seen enough gets what there is.
        with suppress(KeyboardInterrupt):
            for number in range(rounds):
                say(f"Round {number + 1} of {rounds}")
                for name, turn in turns(cases, number, len(workers)):
                    for worker in workers[turn:] + workers[:turn]:
                        package = worker.target.package
                        operations = sizes(CASES[name], scale)
                        if name == "view":
                            found = view(worker, servers[package], items, **operations)
                        else:
                            found = worker.do("run", case=name, **operations)
                        results[name][package].append(found)
            if "size" in cases:
                say("Sizes")
                number = sizes(CASES["size"], scale)["number"]
                for worker in workers:
                    found = {"bytes": worker.do("size", number=number)}
                    results["size"][worker.target.package].append(found)
    return {case: whole for case, found in results.items() if (whole := even(found))}, versions


def even(found: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Return what all packages have done equally often; nothing where one has not."""
    done = min(map(len, found.values()))
    return {package: rounds[:done] for package, rounds in found.items()} if done else {}


def turns(cases: Sequence[str], number: int, packages: int) -> Iterator[tuple[str, int]]:
    """Yield the cases of a round, each as often as it is done in one, and which package begins."""
    for name in cases:
        times = CASES[name].times if name != "size" else 0  # which is the same each time
        for turn in range(number * times, (number + 1) * times):
            yield name, turn % packages


def view(worker: Worker, server: Server, items: int, number: int, warm_up: int) -> dict[str, Any]:
    server.wait()
    session = worker.do("open_view", items=items)
    server.ask(warm_up, session, items)
    seconds = server.ask(number, session, items)
    records = worker.do("check", kind="view", number=number + warm_up)
    return {"seconds": seconds, "number": number, "records": records}


def sizes(case: Case, scale: float) -> dict[str, int]:
    number = max(1, round(case.number * scale))
    return {"number": number, "warm_up": min(20, number)}


def items_for(cases: Sequence[str], scale: float) -> int:
    """Return how many items the largest of the cases begins with."""
    return max(sum(sizes(CASES[case], scale).values()) for case in cases)


def started(target: PackageTarget, items: int) -> Worker:
    """Make the database, and return a process to measure in.

    Another one than that which migrates, as in production: migrations leave a process slower.
    """
    say(f"Setting up {target.package}")
    target.create()
    with Worker(target) as worker:
        worker.do("set_up", items=items)
    return Worker(target)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
