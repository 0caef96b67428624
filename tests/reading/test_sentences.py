"""An entry as a sentence."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import gettext_lazy

from audit_log import action, catalogue
from audit_log.models import AuditEntry
from audit_log.reading.sentences import address_html, sentence_html, sentence_of, told


@pytest.fixture(autouse=True)
def undone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "_declared", dict(catalogue._declared))
    catalogue._all_actions.cache_clear()
    catalogue._labels.cache_clear()


def entry(**values: Any) -> AuditEntry:
    return AuditEntry(
        **{
            "event_type": "update",
            "action": "book.update",
            "actor_repr": "ann@example.com",
            "target_type": "testapp.book",
            "target_id": "7",
            "target_repr": "Emma",
            **values,
        }
    )


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "ann@example.com changed book Emma"),
        ({"action": "book.create"}, "ann@example.com created book Emma"),
        ({"action": "book.delete"}, "ann@example.com deleted book Emma"),
        ({"actor_repr": "Ann Smith <ann@example.com>"}, "Ann Smith changed book Emma"),
        ({"actor_repr": "", "actor_type": "system"}, "system changed book Emma"),
        ({"target_repr": ""}, "ann@example.com changed book 7"),
        ({"action": "book.lend"}, "ann@example.com lent book Emma"),
        ({"action": "book.withdraw"}, "ann@example.com: Book: withdraw: Emma"),
        ({"action": "gone.away"}, "ann@example.com: gone.away: Emma"),
        ({"target_type": "gone.thing"}, "ann@example.com changed gone.thing Emma"),
        ({"target_repr": "", "target_id": ""}, "ann@example.com: Book updated"),
        ({"outcome": "failure"}, "ann@example.com: Book updated (failed): Emma"),
        ({"target_repr": "{actor} {0}"}, "ann@example.com changed book {actor} {0}"),
        ({"action": "user.log_in", "target_repr": "ann"}, "ann logged in"),
        # The name says what it is.
        ({"target_repr": "Book of Hours"}, "ann@example.com changed Book of Hours"),
        ({"target_repr": "book"}, "ann@example.com changed book"),
        ({"target_repr": "Bookends"}, "ann@example.com changed book Bookends"),
        (
            {"action": "book.lend", "target_repr": "Book 7"},
            "ann@example.com lent Book 7",
        ),
        (
            {
                "action": "group.add_permission",
                "target_type": "auth.group",
                "target_repr": "Editors",
                "changes": {"permissions": {"added": [{"id": 3, "repr": "lend"}], "removed": []}},
            },
            "ann@example.com gave Editors the permission lend",
        ),
    ],
)
def test_sentences(values: dict[str, Any], sentence: str) -> None:
    assert sentence_of(entry(**values)) == sentence


@pytest.mark.parametrize(
    ("language", "label", "sentence"),
    [
        ("en", "Book published", "ann@example.com published book Emma"),
        ("de", "Book veröffentlicht", "ann@example.com hat book Emma veröffentlicht"),
        ("es", "Book: publicación", "ann@example.com publicó book Emma"),
        ("ru", "Book: публикация", "ann@example.com: публикация — book Emma"),
    ],
)
def test_a_common_verb_needs_no_declaration(language: str, label: str, sentence: str) -> None:
    published = entry(action="book.publish")
    with translation.override(language):
        assert catalogue.label_of("book.publish") == label
        assert sentence_of(published) == sentence


@pytest.mark.parametrize("actor_id", [None, 8])
def test_somebody_else_logged_in(actor_id: int | None) -> None:
    values = {"action": "user.log_in", "target_type": "auth.user", "target_repr": "ann"}
    names = {"actor_repr": "Ann Smith <ann@example.com>", "actor_id": actor_id}
    assert sentence_of(entry(**values, **names)) == "ann logged in"


def test_who_acts_for_themselves_has_one_name() -> None:
    values = {"action": "user.log_in", "target_type": "auth.user", "target_repr": "ann"}
    names = {"actor_repr": "Ann Smith <ann@example.com>", "actor_id": 7}
    assert sentence_of(entry(**values, **names)) == "Ann Smith logged in"
    changed = {**values, "action": "user.update"}
    assert sentence_of(entry(**changed, **names)) == "Ann Smith changed user ann"


@pytest.mark.parametrize(
    ("written", "html"),
    [
        ("Ann <ann@example.com>", "ann@<wbr>example.com"),
        ("Ann <ann>", "ann"),
        ("Ann <&@b>", "&amp;@<wbr>b"),
        ("ann", ""),
    ],
)
def test_an_address_is_broken_where_people_would(written: str, html: str) -> None:
    assert address_html(entry(actor_repr=written)) == html


def test_the_label_where_the_sentence_does_not_say_it() -> None:
    assert told(entry()).further_label == "Book updated"
    assert told(entry(action="book.withdraw")).further_label == ""
    assert told(entry(outcome="failure")).further_label == ""


def test_an_action_with_a_sentence_of_its_own() -> None:
    action("book.bind", "Book bound", sentence=gettext_lazy("{actor} had {target} bound"))
    assert sentence_of(entry(action="book.bind")) == "ann@example.com had Emma bound"


def test_what_was_added_is_named() -> None:
    action("book.shelve", "Shelved", sentence="{actor} put {target} with {related}")
    items = [{"id": str(number), "repr": f"shelf {number}"} for number in range(5)]
    changes = {"shelves": {"added": items[:2], "removed": []}}
    told = sentence_of(entry(action="book.shelve", changes=changes))
    assert told == "ann@example.com put Emma with shelf 0, shelf 1"
    changes = {"shelves": {"added": items, "removed": []}}
    told = sentence_of(entry(action="book.shelve", changes=changes))
    assert told.endswith("with shelf 0, shelf 1, shelf 2 and 2 more")
    assert sentence_of(entry(action="book.shelve")) == "ann@example.com: Shelved: Emma"


def test_a_wrong_sentence_is_refused_and_a_wrong_translation_left_aside() -> None:
    with pytest.raises(ValueError, match="in braces may stand actor, type, target"):
        action("book.burn", "Burnt", sentence="{who} burnt it")
    action("book.burn", "Burnt", sentence=gettext_lazy("{who} burnt it"))
    assert sentence_of(entry(action="book.burn")) == "ann@example.com: Burnt: Emma"


def test_markup_stays_text() -> None:
    action("book.mark", "<b>", sentence="{actor} <i> {target}")
    html = sentence_html(entry(action="book.mark", target_repr="<script>", actor_repr="<a> & b"))
    assert html == "<bdi>&lt;a&gt; &amp; b</bdi> &lt;i&gt; <bdi>&lt;script&gt;</bdi>"
