"""What two sequences have in common, in their order, by a number of steps that is bounded.

Elements that occur once on each side hold the sequences together (patience diff, by Bram
Cohen). Between them the shortest way is looked for (E. W. Myers, "An O(ND) Difference
Algorithm", 1986), as long as it is short. What is left over counts as replaced: the answer is
always right, and only in hard cases not the shortest.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

STEPS = 1_000_000
"""What one comparison may cost besides reading both sides once: a fraction of a second."""
DETOUR = 120
"""Elements that a shortest way leaves out or takes in; its cost is the square of that."""
NEIGHBOURS = 8
"""Where no element occurs once, so many in a row may."""
FEW_KINDS = 50
"""Of fewer kinds of elements the same rows come again and again."""

Items: TypeAlias = Sequence[Hashable]


class Run(NamedTuple):
    """``length`` elements from ``old`` on that are also there from ``new`` on."""

    old: int
    new: int
    length: int


class Gap(NamedTuple):
    """A range of the old sequence and the one of the new sequence that stands in its place."""

    old: int
    old_end: int
    new: int
    new_end: int


class Aligner:
    """Compares pairs of sequences; ``steps`` is what is left of the work that it may do."""

    def __init__(self, steps: int = STEPS) -> None:
        self.steps = steps

    def runs(self, old: Items, new: Items) -> list[Run]:
        """Return what both have in common, in order, none next to another."""
        found: list[Run] = []
        waiting = [Gap(0, len(old), 0, len(new))]
        while waiting:
            gap = waiting.pop()
            same, gap = _trimmed(old, new, gap)
            found += same
            if gap.old == gap.old_end or gap.new == gap.new_end or self.steps <= 0:
                continue
            anchors = self._anchors(old, new, gap) or self._anchors(old, new, gap, NEIGHBOURS)
            if anchors:
                waiting += between(anchors, gap)
                found += anchors
            else:
                found += self._shortest(old, new, gap)
        return _joined(sorted(found))

    def _anchors(self, old: Items, new: Items, gap: Gap, width: int = 1) -> list[Run]:
        """Return the elements that occur once on each side, as many as are in one order.

        With a ``width``, those that do so together with their neighbours.
        """
        ours, theirs = old[gap.old : gap.old_end], new[gap.new : gap.new_end]
        # The first reading of both is what any comparison takes.
        is_first = len(ours) == len(old) and len(theirs) == len(new) and width == 1
        self.steps -= 0 if is_first else len(ours) + len(theirs)
        if width > 1:
            if len(set(ours)) < FEW_KINDS:
                return []
            ours, theirs = _wider(ours, width), _wider(theirs, width)
        once = _unique(ours) & _unique(theirs)
        if not once:
            return []
        places = {item: place for place, item in enumerate(ours, gap.old) if item in once}
        pairs = [
            (places[item], place) for place, item in enumerate(theirs, gap.new) if item in once
        ]
        return [Run(place, other, 1) for place, other in _increasing(pairs)]

    def _shortest(self, old: Items, new: Items, gap: Gap) -> list[Run]:
        """Return the runs of the shortest way; none where it is long."""
        width, height = gap.old_end - gap.old, gap.new_end - gap.new
        reached = {1: 0}
        trail: list[dict[int, int]] = []
        for detour in range(min(width + height, DETOUR) + 1):
            trail.append(dict(reached))
            for diagonal in range(-detour, detour + 1, 2):
                start, _previous = _entered(reached, diagonal, detour)
                x, y = start, start - diagonal
                while x < width and y < height and old[gap.old + x] == new[gap.new + y]:
                    x, y = x + 1, y + 1
                self.steps -= 1 + x - start
                reached[diagonal] = x
                if x >= width and y >= height:
                    return _walked_back(trail, gap, width, height)
            if self.steps <= 0:
                break
        return []


def between(runs: list[Run], whole: Gap) -> Iterator[Gap]:
    """Yield what lies before, between and after the runs of ``whole``, on either side."""
    old, new = whole.old, whole.new
    for run in [*runs, Run(whole.old_end, whole.new_end, 0)]:
        if run.old > old or run.new > new:
            yield Gap(old, run.old, new, run.new)
        old, new = run.old + run.length, run.new + run.length


def _unique(items: Items) -> set[Hashable]:
    return {item for item, number in Counter(items).items() if number == 1}


def _wider(items: Items, width: int) -> Items:
    return list(zip(*(items[start:] for start in range(width)), strict=False))


def _trimmed(old: Items, new: Items, gap: Gap) -> tuple[list[Run], Gap]:
    first, first_new, last, last_new = gap.old, gap.new, gap.old_end, gap.new_end
    while first < last and first_new < last_new and old[first] == new[first_new]:
        first, first_new = first + 1, first_new + 1
    while last > first and last_new > first_new and old[last - 1] == new[last_new - 1]:
        last, last_new = last - 1, last_new - 1
    same = [Run(gap.old, gap.new, first - gap.old), Run(last, last_new, gap.old_end - last)]
    return [run for run in same if run.length], Gap(first, last, first_new, last_new)


def _increasing(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest part of the pairs that increases on both sides, by patience sorting."""
    tops: list[int] = []
    piles: list[int] = []
    before: list[int] = []
    for number, (place, _other) in enumerate(pairs):
        pile = bisect_left(tops, place)
        before.append(piles[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [place]
        piles[pile : pile + 1] = [number]
    chosen = []
    number = piles[-1] if piles else -1
    while number >= 0:
        chosen.append(pairs[number])
        number = before[number]
    return chosen[::-1]


def _entered(reached: dict[int, int], diagonal: int, detour: int) -> tuple[int, int]:
    """Return where a way comes to a diagonal, and from which one."""
    if diagonal == -detour or (
        diagonal != detour and reached[diagonal - 1] < reached[diagonal + 1]
    ):
        return reached[diagonal + 1], diagonal + 1
    return reached[diagonal - 1] + 1, diagonal - 1


def _walked_back(trail: list[dict[int, int]], gap: Gap, x: int, y: int) -> list[Run]:
    runs = []
    for detour in range(len(trail) - 1, -1, -1):
        reached, diagonal = trail[detour], x - y
        start, previous = _entered(reached, diagonal, detour)
        if x > start:
            runs.append(Run(gap.old + start, gap.new + start - diagonal, x - start))
        x = reached[previous]
        y = x - previous
    return runs


def _joined(runs: list[Run]) -> list[Run]:
    joined: list[Run] = []
    for run in runs:
        last = joined[-1] if joined else None
        if last and (last.old + last.length, last.new + last.length) == (run.old, run.new):
            joined[-1] = Run(last.old, last.new, last.length + run.length)
        else:
            joined.append(run)
    return joined
