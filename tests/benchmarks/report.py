"""Figures for people: Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from tests.benchmarks.cases import CASES
from tests.benchmarks.packages import BARE, PACKAGES

Rounds = Sequence[Mapping[str, Any]]


def ratios(rounds: Rounds, bare: Rounds, clock: str) -> tuple[float, float, float]:
    """Return the ratio of the medians, and the least and the most of the rounds' own ratios."""
    of_rounds = [one[clock] / other[clock] for one, other in zip(rounds, bare, strict=True)]
    middle = median(one[clock] for one in rounds) / median(one[clock] for one in bare)
    return middle, min(of_rounds), max(of_rounds)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def writing(results: Mapping[str, Any], database: str, clock: str = "seconds") -> str:
    """Return the table of the writing side, in units of bare Django.

    ``clock`` is ``seconds``, or ``cpu``: the work of the process alone, without the server's.
    """
    packages = [name for name in next(iter(results.values())) if name != BARE]
    rows = []
    for case, by_package in results.items():
        goal = CASES[case].goals[database == "postgres"]
        row = [CASES[case].title, f"≤ {goal}" if goal else "", per_operation(case, by_package)]
        for package in packages:
            middle, least, most = ratios(by_package[package], by_package[BARE], clock)
            spread = f"{middle:.2f} ({least:.2f}–{most:.2f})"
            if CASES[case].kind in PACKAGES[package].misses:
                own = by_package[package][0]["records"]
                spread = f"none; by its own call {spread}" if own else "none"
            row.append(spread)
        rows.append(row)
    return table(["case", "goal", BARE, *packages], rows)


def per_operation(case: str, by_package: Mapping[str, Any]) -> str:
    seconds = median(one["seconds"] / one["number"] for one in by_package[BARE])
    return f"{seconds * 1e6:.3g} µs"


def conditions(machine: Mapping[str, str], versions: Mapping[str, Mapping[str, str]]) -> str:
    """Return what the figures were measured on, as a list."""
    lines = [f"- {name}: {value}" for name, value in machine.items()]
    told: dict[str, str] = {}
    for found in versions.values():
        told.update(found)
    return "\n".join([*lines, *(f"- {name}: {value}" for name, value in told.items())])
