"""What two sequences have in common."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit_log.reading.alignment import DETOUR, STEPS, Aligner, Gap, Run, between

few = st.lists(st.sampled_from("abc"), max_size=30)
many = st.lists(st.integers(0, 40), max_size=60)


def rebuilt(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Hashable]:
    """The new sequence, made of the old one and of what stands in the gaps."""
    whole = Gap(0, len(old), 0, len(new))
    runs = Aligner().runs(old, new)
    parts = [(run.new, old[run.old : run.old + run.length]) for run in runs]
    parts += [(gap.new, new[gap.new : gap.new_end]) for gap in between(runs, whole)]
    return [item for _place, part in sorted(parts, key=lambda part: part[0]) for item in part]


@given(few, few)
def test_the_new_sequence_is_what_stayed_and_what_came(old: list[str], new: list[str]) -> None:
    assert rebuilt(old, new) == new
    assert rebuilt(new, old) == old


@given(many, many)
def test_also_of_elements_that_occur_once(old: list[int], new: list[int]) -> None:
    assert rebuilt(old, new) == new


@given(many)
def test_the_same_is_one_run(items: list[int]) -> None:
    assert Aligner().runs(items, list(items)) == ([Run(0, 0, len(items))] if items else [])


@given(many, st.integers(0, 60), st.integers(0, 60))
def test_what_was_cut_out_is_all_that_differs(items: list[int], first: int, last: int) -> None:
    first, last = sorted((min(first, len(items)), min(last, len(items))))
    runs = Aligner().runs(items, items[:first] + items[last:])
    assert sum(run.length for run in runs) == len(items) - (last - first)


class Counted(str):
    """A text that counts how often it is compared."""

    __slots__ = ()
    comparisons = 0

    def __eq__(self, other: object) -> bool:
        Counted.comparisons += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


SIZE = 40_000
WORDS = [f"w{number % 977 * number % 1931}" for number in range(SIZE)]
UNIQUE = [f"u{number}" for number in range(SIZE)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (WORDS, WORDS[::-1]),
        (UNIQUE, UNIQUE[::-1]),
        (WORDS, [*WORDS[SIZE // 2 :], *WORDS[: SIZE // 2]]),
        (WORDS, [word + "x" if place % 50 == 0 else word for place, word in enumerate(WORDS)]),
        (["a", "b"] * (SIZE // 2), ["b", "a"] * (SIZE // 2)),
        (["a"] * SIZE, ["a", "b"] * (SIZE // 2)),
        (UNIQUE, [f"v{number}" for number in range(SIZE)]),
    ],
    ids=["reversed", "unique", "moved", "edited", "swapped", "repeated", "another"],
)
def test_work_is_bounded_however_they_differ(old: list[str], new: list[str]) -> None:
    ours, theirs = [Counted(word) for word in old], [Counted(word) for word in new]
    Counted.comparisons = 0
    aligner = Aligner()
    aligner.runs(ours, theirs)
    # What is over may be one more look at a gap.
    assert aligner.steps > -4 * SIZE - DETOUR * SIZE // 10
    # Quadratic work would be 1,600,000,000.
    assert Counted.comparisons < STEPS + 20 * SIZE


def test_a_few_changes_in_a_long_repetitive_sequence_are_found() -> None:
    old = ["a", "b", "c", "d"] * 10_000
    new = list(old)
    for place in (10, 20_001, 39_000):
        new[place] = "x"
    runs = Aligner().runs(old, new)
    assert sum(run.length for run in runs) == len(old) - 3
