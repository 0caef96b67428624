"""Which words of two texts differ."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit_log.reading.text_differences import MOST, Part, differences

WORDS = st.sampled_from(["cat", "dog", " ", "\n", ".", "7", "7.5", "東", "京", "\u0130", ", "])


def told(parts: tuple[Part, ...]) -> str:
    """The parts as one text, changes in brackets, what is folded as "…"."""
    marks = {"same": "{}", "changed": "[{}]", "folded": "…"}
    return "".join(marks[part.kind].format(part.text) for part in parts)


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        ("the old cat", "the new cat", "the [old] cat", "the [new] cat"),
        ("the cat", "the cat sat", "the cat", "the cat[ sat]"),
        ("pay 1.50 now", "pay 1.60 now", "pay [1.50] now", "pay [1.60] now"),
        ("call v2beta now", "call v3beta now", "call [v2beta] now", "call [v3beta] now"),
        ("one two three four", "one 2 3 four", "one [two three] four", "one [2 3] four"),
        ("line a\nline b\n", "line a\nline c\n", "line a\nline [b]\n", "line a\nline [c]\n"),
        ("東京の天気は晴れ", "東京の天気は雨れ", "東京の天気は[晴]れ", "東京の天気は[雨]れ"),
        ("Ann", "Anne", "", ""),
        ("12.50", "14.50", "", ""),
        ("2026-03-01", "2026-04-01", "", ""),
        ("nothing at all", "everything else entirely", "", ""),
    ],
)
def test_words(old: str, new: str, before: str, after: str) -> None:
    ours, theirs = differences(old, new)
    assert (told(ours), told(theirs)) == (before, after)


@given(st.lists(WORDS, max_size=40).map("".join), st.lists(WORDS, max_size=40).map("".join))
def test_the_parts_are_the_whole_text(old: str, new: str) -> None:
    for parts, whole in zip(differences(old, new), (old, new), strict=True):
        if parts and all(part.kind != "folded" for part in parts):
            assert "".join(part.text for part in parts) == whole


def test_what_is_the_same_is_folded() -> None:
    common = "lorem ipsum dolor " * 60_000
    old, new = f"{common}sit {common}", f"{common}sat {common}"
    before, after = differences(old, new)
    assert told(before).count("…") == told(after).count("…") == 2
    assert "[sit]" in told(before)
    assert "[sat]" in told(after)
    assert len(told(before)) < 200
    assert [part.text for part in before if part.kind == "folded"] == [
        "1,079,940 characters unchanged",
        "1,079,941 characters unchanged",
    ]


def test_the_number_of_parts_is_bounded() -> None:
    words = [f"word{number}" for number in range(10_000)]
    edited = [f"{word}x" if number % 2 else word for number, word in enumerate(words)]
    before, _after = differences(" ".join(words), " ".join(edited))
    assert len(before) <= 6 * MOST
    assert "".join(part.text for part in before) == " ".join(words)


def test_so_many_characters_and_no_more() -> None:
    words = [f"word{number}" for number in range(10_000)]
    edited = [f"{word}x" if number % 2 else word for number, word in enumerate(words)]
    before, after = differences(" ".join(words), " ".join(edited), 500)
    assert 500 <= sum(len(part.text) for part in before) < 700
    assert before[-1] == after[-1] == Part("folded", "…")


def told_by_calls(old: str, new: str) -> tuple[tuple[Part, ...], int]:
    """The parts, and how many functions of Python it took: work that no other load changes."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        ours, theirs = differences(old, new)
    finally:
        sys.setprofile(before)
    return (*ours, *theirs), calls


LETTERS = "abcdefgh"
MEGABYTE = " ".join(
    "".join(LETTERS[(number * 7919 // 8**place) % 8] for place in range(2 + number % 7))
    for number in range(166_000)
)[:1_000_000]


def lines_of(text: str) -> str:
    return "\n".join(text[start : start + 80] for start in range(0, len(text), 80))


def edited(text: str, every: int) -> str:
    words = text.split(" ")
    return " ".join(w if place % every else f"{w}x" for place, w in enumerate(words))


@pytest.mark.parametrize(
    ("old", "new", "most"),
    [
        (MEGABYTE, edited(MEGABYTE, 500), 60_000),
        (lines_of(MEGABYTE), lines_of(edited(MEGABYTE, 500)), 400_000),
        (MEGABYTE, edited(MEGABYTE, 2), 1_300_000),
        (MEGABYTE, MEGABYTE[500_000:] + MEGABYTE[:500_000], 60_000),
    ],
    ids=["words", "lines", "every second word", "moved"],
)
def test_a_megabyte_takes_little_work(old: str, new: str, most: int) -> None:
    """A million calls take less than a second."""
    parts, calls = told_by_calls(old, new)
    assert any(part.kind == "changed" for part in parts)
    assert calls < most
