"""Figures for people: Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from tests.benchmarks.cases import CASES
from tests.benchmarks.packages import BARE, PACKAGES

NONE = "none"


def ratios(
    rounds: Sequence[Mapping[str, Any]], bare: Sequence[Mapping[str, Any]], what: str
) -> Any:
    """Return the ratio of the medians, and the least and the most of the rounds' own ratios."""
    of_rounds = [one[what] / other[what] for one, other in zip(rounds, bare, strict=True)]
    middle = median(one[what] for one in rounds) / median(one[what] for one in bare)
    return middle, min(of_rounds), max(of_rounds)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def captured(package: str, case: str) -> bool:
    return package == BARE or CASES[case].kind not in PACKAGES[package].misses


def writing(results: Mapping[str, Any], database: str) -> str:
    """Return the table of the writing side, in units of bare Django."""
    packages = list(next(iter(results.values())))
    head = ["case", "goal", "bare"]
    head += [name for name in packages if name != BARE]
    rows = []
    for case, by_package in results.items():
        goal = CASES[case].goals[database == "postgres"]
        row = [CASES[case].title, f"≤ {goal}" if goal else "", f"{per_operation(case, by_package)}"]
        for package in packages:
            if package == BARE:
                continue
            middle, least, most = ratios(by_package[package], by_package[BARE], "seconds")
            text = f"{middle:.2f} ({least:.2f}–{most:.2f})"
            if not captured(package, case):
                text = f"{NONE} ({middle:.2f})"
            row.append(text)
        rows.append(row)
    return table(head, rows)


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
