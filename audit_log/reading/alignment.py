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
AT_ONCE = 64
"""Elements that are compared together."""
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
        found, whole = _trimmed(old, new, Gap(0, len(old), 0, len(new)))
        # What stands first is looked at first: where the steps do not suffice, it is told apart.
        # Both ends of a gap differ, or a run would reach into it.
        waiting = [whole] if _is_open(whole) else []
        while waiting and self.steps > 0:
            gap = waiting.pop()
            anchors = self._anchors(old, new, gap) or self._anchors(old, new, gap, NEIGHBOURS)
            if anchors:
                waiting += reversed([one for one in between(anchors, gap) if _is_open(one)])
                found += anchors
            else:
                found += self._shortest(old, new, gap)
        return _joined(sorted(found))

    def _anchors(self, old: Items, new: Items, gap: Gap, width: int = 1) -> list[Run]:
        """Return the runs around elements that occur once on each side, in one order.

        With a ``width``, around those that do so together with their neighbours.
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
        return list(_grown(old, new, gap, _increasing(pairs)))

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


def _is_open(gap: Gap) -> bool:
    """Whether there may be anything in common in a gap whose ends differ."""
    width, height = gap.old_end - gap.old, gap.new_end - gap.new
    return width > 1 < height or min(width, height) == 1 < max(width, height) - 1


def _unique(items: Items) -> set[Hashable]:
    return {item for item, number in Counter(items).items() if number == 1}


def _wider(items: Items, width: int) -> Items:
    return list(zip(*(items[start:] for start in range(width)), strict=False))


def _trimmed(old: Items, new: Items, gap: Gap) -> tuple[list[Run], Gap]:
    head = _alike_from(old, new, gap.old, gap.new, gap)
    rest = Gap(gap.old + head, gap.old_end, gap.new + head, gap.new_end)
    tail = _alike_until(old, new, gap.old_end, gap.new_end, rest)
    rest = Gap(rest.old, gap.old_end - tail, rest.new, gap.new_end - tail)
    same = [Run(gap.old, gap.new, head), Run(rest.old_end, rest.new_end, tail)]
    return [run for run in same if run.length], rest


def _grown(old: Items, new: Items, gap: Gap, pairs: list[tuple[int, int]]) -> Iterator[Run]:
    """Yield a run for each pair of the same elements that no run before it has reached."""
    rest = gap
    for place, other in pairs:
        if place < rest.old or other < rest.new:
            continue
        back = _alike_until(old, new, place, other, rest)
        length = back + _alike_from(old, new, place, other, rest)
        run = Run(place - back, other - back, length)
        yield run
        rest = Gap(run.old + length, gap.old_end, run.new + length, gap.new_end)


def _alike_from(old: Items, new: Items, place: int, other: int, within: Gap) -> int:
    """Return how many elements are the same from here on."""
    most = min(within.old_end - place, within.new_end - other)
    length = 0
    # Many at a time, as long as it goes.
    while (
        length + AT_ONCE <= most
        and old[place + length : place + length + AT_ONCE]
        == new[other + length : other + length + AT_ONCE]
    ):
        length += AT_ONCE
    while length < most and old[place + length] == new[other + length]:
        length += 1
    return length


def _alike_until(old: Items, new: Items, place: int, other: int, within: Gap) -> int:
    """Return how many elements are the same up to here."""
    most = min(place - within.old, other - within.new)
    length = 0
    while (
        length + AT_ONCE <= most
        and old[place - length - AT_ONCE : place - length]
        == new[other - length - AT_ONCE : other - length]
    ):
        length += AT_ONCE
    while length < most and old[place - length - 1] == new[other - length - 1]:
        length += 1
    return length


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
