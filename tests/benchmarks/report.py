"""Figures for people: Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median, quantiles
from typing import Any

from tests.benchmarks.cases import CASES
from tests.benchmarks.packages import BARE, PACKAGES

Rounds = Sequence[Mapping[str, Any]]


def ratios(rounds: Rounds, bare: Rounds, clock: str) -> tuple[float, float, float]:
    """Return the median of the rounds' ratios, and the quartiles below and above it.

    Of ratios, not of seconds: what disturbs the machine for a while disturbs both alike.
    """
    return quartiles([one[clock] / other[clock] for one, other in zip(rounds, bare, strict=True)])


def quartiles(figures: Sequence[float]) -> tuple[float, float, float]:
    """Return the median, and the quartiles below and above it."""
    if len(figures) == 1:
        return figures[0], figures[0], figures[0]
    low, middle, high = quantiles(figures, n=4, method="inclusive")
    return middle, low, high


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def writing(results: Mapping[str, Any], database: str, clock: str = "seconds") -> str:
    """Return the table of the writing side, in units of bare Django.

    ``clock`` is ``seconds``, or ``cpu``: the work of the process alone, without the server's.
    """
    packages = [name for name in next(iter(results.values()), {}) if name != BARE]
    rows = []
    for case, found in results.items():
        budget = CASES[case].budget[database == "postgres"]
        sign = "≥" if case == "view" else "≤"
        row = [CASES[case].title, f"{sign} {budget}" if budget else "", unit(case, found[BARE])]
        row += [cell(case, package, found[package], found[BARE], clock) for package in packages]
        rows.append(row)
    return table(["case", "budget", BARE, *packages], rows)


def unit(case: str, rounds: Rounds) -> str:
    """Return what it takes without any package."""
    if case == "size":
        return ""
    seconds = median(one["seconds"] / one["number"] for one in rounds)
    return f"{1 / seconds:.0f}/s" if case == "view" else f"{seconds * 1e6:.3g} µs"


def cell(case: str, package: str, rounds: Rounds, bare: Rounds, clock: str) -> str:
    if case == "size":
        return f"{rounds[0]['bytes']:.0f}"
    if case == "view":
        middle, most, least = (1 / ratio for ratio in ratios(rounds, bare, "seconds"))
    else:
        middle, least, most = ratios(rounds, bare, clock)
    text = f"{middle:.2f} ({least:.2f}–{most:.2f})"
    if CASES[case].kind not in PACKAGES[package].misses:
        return text
    return f"none; by its own call {text}" if rounds[0]["records"] else "none"


def configured(packages: Iterable[str]) -> str:
    """Return how each package is set up, as a list."""
    notes = {name: PACKAGES[name].note for name in packages}
    return "\n".join(f"- {name}: {note}." for name, note in notes.items() if note)


def conditions(machine: Mapping[str, str], versions: Mapping[str, Mapping[str, str]]) -> str:
    """Return what the figures were measured on, as a list."""
    lines = [f"- {name}: {value}" for name, value in machine.items()]
    told: dict[str, str] = {}
    for found in versions.values():
        told.update(found)
    return "\n".join([*lines, *(f"- {name}: {value}" for name, value in told.items())])
