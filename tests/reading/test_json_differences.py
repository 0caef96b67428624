"""Where two JSON values differ."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit_log.reading.json_differences import DEPTH, MOST, places

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.floats(0, 2) | st.text("ab.[", max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab.[", max_size=2), inner),
    max_leaves=12,
)


def told(old: Any, new: Any) -> list[tuple[str, str, str]]:
    return [(place.path, place.before.text, place.after.text) for place in places(old, new)[0]]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 2}, [("a", "1", "2")]),
        ({"a": 1}, {"b": 1}, [("a", "1", "—"), ("b", "—", "1")]),
        ({"a": None}, {}, [("a", "null", "—")]),
        (
            {"a": {"b": [1, {"c": "x"}]}},
            {"a": {"b": [1, {"c": "y"}]}},
            [("a.b[1].c", '"x"', '"y"')],
        ),
        ({"a": [1]}, {"a": {"0": 1}}, [("a", "[\n  1\n]", '{\n  "0": 1\n}')]),
        ({"a b": 1, "": 2}, {"a b": 2, "": 2}, [('["a b"]', "1", "2")]),
        ({"x\u202e": 1}, {"x\u202e": 2}, [('["x\\u202e"]', "1", "2")]),
        ([1, 2, 3], [1, 3], [("[1]", "2", "—")]),
        ([1, 3], [1, 2, 3], [("[1]", "—", "2")]),
        ([[1], [2]], [[1], [3]], [("[1][0]", "2", "3")]),
        ([1, 1.0, True], [1.0, 1, True], [("[0]", "—", "1.0"), ("[1]", "1.0", "—")]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ("a", "b", []),
        (None, {"a": 1}, []),
        ({"a": 1}, [1], []),
    ],
)
def test_places(old: Any, new: Any, expected: list[tuple[str, str, str]]) -> None:
    assert sorted(told(old, new)) == sorted(expected)


@given(st.dictionaries(st.text("ab", max_size=2), JSON))
def test_the_same_has_no_places(value: dict[str, Any]) -> None:
    assert told(value, json.loads(json.dumps(value))) == []


@given(*[st.dictionaries(st.text("ab", max_size=2), JSON)] * 2)
def test_what_differs_has_places(old: dict[str, Any], new: dict[str, Any]) -> None:
    texts = {json.dumps(value, sort_keys=True) for value in (old, new)}
    assert bool(told(old, new)) == (len(texts) > 1)


def test_the_number_of_places_is_bounded() -> None:
    shown, more = places(list(range(5_000)), [-number - 1 for number in range(5_000)])
    assert (len(shown), more) == (MOST, 4_900)


def test_what_lies_too_deep_is_compared_as_a_whole() -> None:
    old, new = 1, 2
    for _level in range(DEPTH + 5):
        old, new = {"a": old}, {"a": new}
    ((place,), more) = places(old, new)
    assert (place.path, more) == (".".join("a" * (DEPTH + 1)), 0)
