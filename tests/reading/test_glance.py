"""What changed, in a line: the fields, and their values where these are short."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.utils import translation

from audit_log.models import AuditEntry
from audit_log.reading.glance import LENGTH, fields_html


def entry(changes: dict[str, Any], **values: Any) -> AuditEntry:
    kind = {"event_type": "update", "action": "book.update", "target_type": "testapp.book"}
    return AuditEntry(changes=changes, **{**kind, **values})


def told(shown: AuditEntry) -> str:
    """The line as text."""
    return unescape(re.sub(r"<[^>]*>", "", fields_html(shown)))


def moved(old: Any, new: Any, **more: Any) -> dict[str, Any]:
    return {"old": old, "new": new, **more}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"title": moved("Emma", "Persuasion")}, "Title: Emma → Persuasion"),
        ({"is_published": moved(True, False)}, "Is published: yes → no"),
        (
            {"pages": moved(None, 12), "title": moved("", "None")},
            "Title: empty text → None, Pages: no value → 12",
        ),
        ({"gone": moved(1, 2)}, "gone: 1 → 2"),
        # What is not short is told by its name.
        ({"title": moved("x" * (LENGTH + 1), "y")}, "Title"),
        ({"title": moved("a\nb", "c")}, "Title"),
        ({"title": moved("ab", "c", truncated=True, old_sha256="00")}, "Title"),
        ({"gone": moved([1], [2])}, "gone"),
        ({"gone": moved({}, None)}, "gone"),
        ({"gone": "not what the journal writes"}, "gone"),
        ({"title": {"masked": True}}, "Title"),
        # A key says nothing without the name of the object.
        ({"author": moved(3, 4)}, "Author"),
        ({"author": moved(3, 4, old_repr="Ann", new_repr="Bo")}, "Author: Ann → Bo"),
        ({"author": moved(3, None, old_repr="Ann")}, "Author: Ann → no value"),
        ({"author": moved(3, 4, new_repr="Bo")}, "Author"),
        # What came and what went.
        ({"gone": {"added": [{"id": 1, "repr": "red"}], "removed": []}}, "gone: + red"),
        (
            {"gone": {"added": [{"id": 1, "repr": "red"}], "removed": [{"id": 2, "repr": "blue"}]}},
            "gone: + red, − blue",
        ),
        ({"gone": {"added": [{"id": n, "repr": "r"} for n in range(4)], "removed": []}}, "gone"),
        ({"gone": {"added": [{"id": 1, "repr": "x" * (LENGTH + 1)}], "removed": []}}, "gone"),
    ],
)
def test_fields_of_an_update(changes: dict[str, Any], line: str) -> None:
    assert told(entry(changes)) == line


def test_what_is_nothing_does_not_look_like_a_text_that_says_so() -> None:
    html = fields_html(entry({"title": moved("", "empty text")}))
    assert '<em class="audit-log-nothing">empty text</em>' in html
    assert "<bdi>empty text</bdi>" in html


def test_the_raw_value_of_a_choice_is_at_hand() -> None:
    shown = entry({"plan": moved("free", "pro")}, target_type="workspaces.workspace")
    assert told(shown) == "Plan: Free → Pro"
    assert '<bdi title="free">Free</bdi>' in fields_html(shown)


@pytest.mark.parametrize("event_type", ["create", "delete"])
def test_fields_of_what_comes_and_goes_are_named_alone(event_type: str) -> None:
    changes = {"title": moved(None, "Emma"), "is_published": moved(None, True)}
    assert told(entry(changes, event_type=event_type)) == "Title, Is published"


def test_no_more_than_a_few() -> None:
    changes = {f"field_{number}": moved(1, 2) for number in range(6)}
    assert told(entry(changes)) == ", ".join(
        [f"field_{number}: 1 → 2" for number in range(3)] + ["field_3: 1 → 2 and 2 more"]
    )
    assert told(entry({})) == ""


def test_markup_stays_text() -> None:
    html = fields_html(entry({"title": moved("<b>", "&"), "<i>": moved("{names}", "%s")}))
    assert "<bdi>&lt;b&gt;</bdi>" in html
    assert "<bdi>&amp;</bdi>" in html
    assert "&lt;i&gt;</bdi>: " in html
    assert "<bdi>{names}</bdi>" in html


def test_what_nobody_sees_is_spelled_out() -> None:
    assert told(entry({"title": moved("a", "a\u202e")})) == "Title: a → a[U+202E]"


def test_the_colon_is_the_language_s() -> None:
    with translation.override("fr"):
        assert "Title\u00a0: Emma → x" in told(entry({"title": moved("Emma", "x")}))
