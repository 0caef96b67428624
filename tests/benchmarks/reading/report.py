"""The reading side's figures for people: Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

from tests.benchmarks.reading.measure import Figures
from tests.benchmarks.report import quartiles, table

MOST_QUERIES = 6
BUDGET = 1.5


def pages(figures: Figures) -> str:
    """Return what each page takes, in units of the first page of Django's own list."""
    rows = []
    groups: dict[str, Figures] = {}
    for page in figures:
        if "pairs" in page["group"]:
            groups.setdefault(page["group"], []).append(page)
        else:
            rows.append([f"{page['group']}: {page['name']}", *_figures(page)])
    for group, found in groups.items():
        found.sort(key=_ratio)
        for name, page in (("median", found[len(found) // 2]), ("slowest", found[-1])):
            rows.append([f"{group}: {name} ({page['name']})", *_figures(page)])
        slow = [page["name"] for page in found if _ratio(page) > BUDGET]
        most = max(page["queries"] for page in found)
        count = f"{len(slow)} of {len(found)}"
        rows.append([f"{group}: over {BUDGET}", f"≤ {most}", count, ", ".join(slow[-12:])])
    return table(["page", "queries", "ms", "Django's own list = 1"], rows)


def _ratio(page: Mapping[str, Any]) -> float:
    return median(one / unit for one, unit in zip(page["seconds"], page["units"], strict=True))


def _figures(page: Mapping[str, Any]) -> list[str]:
    found = [one / unit for one, unit in zip(page["seconds"], page["units"], strict=True)]
    middle, low, high = quartiles(found)
    mark = "" if page["group"] == "plain" or middle <= BUDGET else " ✗"
    many = "" if page["queries"] <= MOST_QUERIES else " ✗"
    return [
        f"{page['queries']}{many}",
        f"{median(page['seconds']) * 1000:.1f}",
        f"{middle:.2f} ({low:.2f}–{high:.2f}){mark}",
    ]


def first_pages(figures: Figures, rows: Mapping[str, int]) -> str:
    """Return what first pages take in a large log, in units of a small one."""
    large, small = (f"{rows[size]:,} entries, ms" for size in ("large", "small"))
    lines = []
    for page in figures:
        taken = {size: median(page[size]) for size in ("large", "small")}
        ratio = taken["large"] / taken["small"]
        lines.append(
            [page["name"], *(f"{one * 1000:.1f}" for one in taken.values()), f"{ratio:.2f}"]
        )
    return table(["page", large, small, "ratio"], lines)


def exports(figures: Mapping[str, Figures]) -> str:
    """Return rows a second, beside the database's own, and the memory above an idle process."""
    own = median(one["rows"] / one["seconds"] for one in figures["database"])
    lines = []
    for name, rounds in figures.items():
        speed = median(one["rows"] / one["seconds"] for one in rounds)
        memory = max(one["peak"] - one["idle"] for one in rounds) / 2**20
        lines.append([name, f"{speed:,.0f}", f"{speed / own:.2f}", f"{memory:.0f}"])
    return table(["export", "rows/s", "the database's own = 1", "peak above idle, MiB"], lines)
