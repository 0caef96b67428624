from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import models
from django.test.utils import isolate_apps
from django.utils import timezone, translation
from django.utils.safestring import SafeString

from audit_log.models import AuditEntry
from audit_log.reading import display, values
from audit_log.reading.values import value_of, visible


def entry(changes: Any, target_type: str = "auth.user", **values: Any) -> AuditEntry:
    values = {"event_type": "update", "action": "user.update", **values}
    return AuditEntry(target_type=target_type, changes=changes, **values)


def only(changes: Any, **values: Any) -> display.FieldChange:
    (change,) = display.changes_of(entry(changes, **values))
    return change


def test_a_changed_field() -> None:
    change = only({"first_name": {"old": "Ann", "new": "Anne"}})
    assert change.name == "first_name"
    assert change.label == "First name"
    assert change.kind == "value"
    assert str(change.before) == "Ann"
    assert str(change.after) == "Anne"
    assert not change.truncated


def test_nothing_empty_and_the_word_look_different() -> None:
    null, empty, word = value_of(None), value_of(""), value_of("None")
    assert len({null.text, empty.text, word.text}) == 3
    assert [value.is_nothing for value in (null, empty, word)] == [True, True, False]
    # A text that reads like the description of a missing value is of another kind.
    assert value_of(null.text).text == null.text
    assert not value_of(null.text).is_nothing


@pytest.mark.parametrize(
    ("stored", "kind", "text"),
    [
        (True, "boolean", "yes"),
        (False, "boolean", "no"),
        (0, "number", "0"),
        (1.5, "number", "1.5"),
        ("9.90", "text", "9.90"),
        ([1, "a"], "json", '[\n  1,\n  "a"\n]'),
        ({}, "json", "{}"),
    ],
)
def test_values_without_a_field(stored: Any, kind: str, text: str) -> None:
    value = value_of(stored)
    assert (value.kind, value.text) == (kind, text)


def test_a_boolean_is_translated_and_keeps_its_raw_form() -> None:
    with translation.override("de"):
        value = value_of(True)
    assert value.raw == "true"


def test_choices_show_their_names_and_the_raw_value() -> None:
    field = models.IntegerField(choices=[("Open", [(1, "draft"), (2, "sent")]), (None, "–")])
    assert value_of(2, field).text == "sent"
    assert value_of(2, field).raw == "2"
    assert value_of("1", field).text == "draft"
    gone = value_of(9, field)
    assert (gone.kind, gone.text) == ("number", "9")
    assert value_of(None, field).kind == "null"
    assert value_of([2], field).kind == "json"


def test_a_choice_may_be_the_empty_text() -> None:
    field = models.CharField(choices=[("", "everybody"), ("x", "nobody")])
    assert value_of("", field).text == "everybody"


def test_text_in_json_is_quoted_so_that_it_differs_from_a_number() -> None:
    field = models.JSONField()
    assert value_of("5", field).text == '"5"'
    assert value_of(5, field).text == "5"
    assert value_of("", field).text == '""'


def test_datetimes_are_shown_in_the_reader_s_zone() -> None:
    field = models.DateTimeField()
    with timezone.override("Europe/Berlin"):
        value = value_of("2024-05-03T12:30:00.250000Z", field)
        assert value.text == "2024-05-03 14:30:00.250000 CEST"
        assert value.raw == "2024-05-03T12:30:00.250000Z"
    assert value_of("2024-05-03T12:30:00", field).text == "2024-05-03 12:30:00"


@pytest.mark.parametrize("stored", ["soon", "2024-13-40T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_what_is_no_local_time_stays_as_stored(stored: str) -> None:
    with timezone.override("Pacific/Auckland"):
        assert value_of(stored, models.DateTimeField()).text == stored


def test_related_objects_by_their_names() -> None:
    change = only({"x": {"old": None, "new": 7, "new_repr": "Acme <b>"}})
    assert change.before.kind == "null"
    assert (change.after.kind, change.after.text, change.after.raw) == ("object", "Acme <b>", "7")


def test_added_and_removed() -> None:
    change = only(
        {"groups": {"added": [{"id": "3", "repr": "Editors"}, {"id": "4"}], "removed": ["5"]}}
    )
    assert change.kind == "relation"
    assert change.label == "Groups"
    assert change.added == (display.Related("Editors", "3"), display.Related("4", "4"))
    assert change.removed == (display.Related("5", "5"),)
    assert only({"groups": {"added": "?"}}).added == ()


def test_masked() -> None:
    change = only({"password": {"masked": True}})
    assert change.kind == "masked"
    assert change.label == "Password"


def test_what_was_cut_when_it_was_stored() -> None:
    change = only({"a": {"old": "x" * 10, "new": "y", "truncated": True, "old_sha256": "ab" * 32}})
    assert change.truncated
    assert change.before.text == "x" * 10 + "…"
    assert change.before.sha256 == "ab" * 32
    assert change.after.sha256 == ""


def test_before_a_creation_and_after_a_deletion_there_is_nothing() -> None:
    created = only({"a": {"old": None, "new": None}}, event_type="create")
    assert (created.before.kind, created.after.kind) == ("absent", "null")
    deleted = only({"a": {"old": None, "new": None}}, event_type="delete")
    assert (deleted.before.kind, deleted.after.kind) == ("null", "absent")


@pytest.mark.parametrize("target_type", ["gone.model", "auth.gone", "auth", "", "a.b.c", "\u202e"])
def test_a_model_that_is_gone_shows_raw_names(target_type: str) -> None:
    change = only({"first_name": {"old": "1", "new": "2"}}, target_type=target_type)
    assert change.label == "first_name"
    assert display.model_of(target_type) is None
    assert display.type_label(target_type) == visible(target_type)


def test_a_field_that_is_gone_shows_its_raw_name() -> None:
    assert only({"shoe_size": {"old": 41, "new": 42}}).label == "shoe_size"


def test_a_relation_seen_from_the_other_side_has_no_label_of_its_own() -> None:
    assert only({"user": {"added": []}}, target_type="auth.group").label == "user"


@pytest.mark.parametrize("changes", [None, [], "text", 7])
def test_changes_that_nobody_should_have_stored(changes: Any) -> None:
    assert display.changes_of(entry(changes)) == []
    assert display.old_json(entry(changes)) == "{}"


def test_a_change_in_no_known_form_is_shown_as_it_is() -> None:
    change = only({"rows": 12})
    assert (change.kind, change.after.text) == ("value", "12")
    assert json.loads(display.new_json(entry({"rows": 12}))) == {"rows": 12}
    assert json.loads(display.old_json(entry({"rows": 12}))) == {}


def test_both_sides_as_json() -> None:
    shown = entry(
        {
            "name": {"old": "ä", "new": "ö"},
            "groups": {"added": [{"id": "1", "repr": "A"}], "removed": []},
            "password": {"masked": True},
        }
    )
    assert json.loads(display.old_json(shown)) == {
        "name": "ä",
        "groups": {"removed": []},
        "password": {"masked": True},
    }
    assert json.loads(display.new_json(shown)) == {
        "name": "ö",
        "groups": {"added": [{"id": "1", "repr": "A"}]},
        "password": {"masked": True},
    }
    assert '"name": "ö"' in display.new_json(shown)


def test_json_of_a_creation_and_of_a_deletion() -> None:
    changes = {"a": {"old": None, "new": 1}}
    assert display.old_json(entry(changes, event_type="create")) == "null"
    changes = {"a": {"old": 1, "new": None}}
    assert display.new_json(entry(changes, event_type="delete")) == "null"
    assert json.loads(display.new_json(entry(changes))) == {"a": None}


def test_names_of_targets_and_actors() -> None:
    assert display.type_label("auth.user") == "User"
    assert display.target_text(entry({}, target_repr="Ann", target_id="7")) == "Ann"
    assert display.target_text(entry({}, target_id="7")) == "7"
    assert display.actor_text(entry({}, actor_repr="Ann <a@b.c>")) == "Ann <a@b.c>"
    assert display.actor_text(entry({}, actor_type="anonymous")) == "anonymous"
    for written, parts in (
        ("Ann <a@b.c>", ("Ann", "a@b.c")),
        ("Ann <of> <a@b.c>", ("Ann <of>", "a@b.c")),
        ("<a@b.c>", ("<a@b.c>", "")),
        ("ann", ("ann", "")),
        ("A\u202e <a@b.c\u200b>", ("A[U+202E]", "a@b.c[U+200B]")),
    ):
        assert display.actor_parts(entry({}, actor_repr=written)) == parts
    assert display.actor_kind(entry({}, actor_type="robot")) == "robot"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain", "plain"),
        ("a\u202eb", "a[U+202E]b"),
        ("a\u200db", "a[U+200D]b"),
        ("نمی\u200cدانم", "نمی\u200cدانم"),
        ("👩\u200d🔬", "👩\u200d🔬"),
        ("x\x1b[31m", "x[U+001B][31m"),
        ("tag\U000e0041", "tag[U+E0041]"),
        ("10\u00a0000", "10⍽000"),
        ("a\u2009b\u202fc", "a[U+2009]b[U+202F]c"),
        ("a\u3000b", "a[U+3000]b"),
        ("山田\u3000太郎", "山田\u3000太郎"),
        ("a\ufe0f", "a[U+FE0F]"),
        ("❤\ufe0f 1\ufe0f\u20e3", "❤\ufe0f 1\ufe0f\u20e3"),
        ("❤\ufe0f\ufe01", "❤\ufe0f[U+FE01]"),
        ("葛\U000e0100", "葛\U000e0100"),
        ("\u2800\u00ad\ufeff", "[U+2800][U+00AD][U+FEFF]"),
        (" a b ", "␣a b␣"),
        ("   ", "␣␣␣"),
        ("a\n", "a↵\n"),
        ("a\r\nb", "a\nb"),
        ("a\rb", "a[U+000D]b"),
        ("\ta", "⇥a"),
    ],
)
def test_what_nobody_would_see_is_spelled_out(text: str, seen: str) -> None:
    assert visible(text) == seen


def test_spelling_out_takes_time_in_proportion_to_the_text() -> None:
    # Hung for hours where a pattern looked for spaces at the end from each space on.
    text = "x" + " " * 1_000_000 + "x"
    assert visible(text) == text


def test_what_is_visible_is_text_to_escape() -> None:
    assert type(visible(SafeString("<b>bold</b>"))) is str


def test_invisible_characters_in_json_are_escaped_and_still_the_same_value() -> None:
    value = {"a\u202e": "b\u200b\U000e0041"}
    text = display.new_json(entry({"x": {"old": None, "new": value}}))
    assert text.isascii()
    assert json.loads(text) == {"x": value}


def test_long_texts_show_where_they_differ() -> None:
    common = "word " * 1000
    change = display.changes_of(
        entry({"a": {"old": f"{common}old {common}", "new": f"{common}new {common}"}}), 200
    )[0]
    assert [part.text for part in change.before.parts if part.kind == "changed"] == ["old"]
    assert [part.text for part in change.after.parts if part.kind == "changed"] == ["new"]
    assert sum(len(part.text) for part in change.before.parts) < 300


def test_words_of_very_long_texts_are_compared_on_the_entry_s_page_alone() -> None:
    common = "word " * (values.LONG // 5)
    shown = entry({"a": {"old": f"{common}old {common}", "new": f"{common}new {common}"}})
    (change,) = display.changes_of(shown, 200)
    assert not change.before.parts
    assert "old" in change.before.text
    assert len(change.before.text) == 202
    (change,) = display.changes_of(shown)
    assert "old" in [part.text for part in change.before.parts if part.kind == "changed"]


def test_texts_without_a_common_word_are_cut_around_their_first_difference() -> None:
    old, new = "x" * 500, "x" * 250 + "y" * 250
    change = display.changes_of(entry({"a": {"old": old, "new": new}}), 100)[0]
    assert change.before.text == "…" + "x" * 100 + "…"
    assert change.after.text == "…" + "x" * 60 + "y" * 40 + "…"
    whole = display.changes_of(entry({"a": {"old": old, "new": new}}))[0]
    assert (whole.before.text, whole.after.text) == (old, new)


def test_json_is_compared_by_its_places() -> None:
    change = only(
        {
            "extra": {
                "old": {"tags": ["a", "b"], "isbn": None, "size": {"w": 1, "h": 2}},
                "new": {"tags": ["b", "c"], "isbn": "", "size": {"w": True, "h": 2}},
            }
        },
        target_type="testapp.book",
    )
    assert (change.kind, change.label) == ("json", "Extra")
    assert [(place.path, place.before.text, place.after.text) for place in change.places] == [
        ("tags[0]", '"a"', "—"),
        ("tags[1]", "—", '"c"'),
        ("isbn", "null", '""'),
        ("size.w", "1", "true"),
    ]


def test_short_texts_are_not_cut() -> None:
    change = display.changes_of(entry({"a": {"old": "a", "new": "b"}}), 100)[0]
    assert (change.before.text, change.after.text) == ("a", "b")


@isolate_apps("tests.testapp")
def test_names_are_translated_when_they_are_shown() -> None:
    from django.utils.translation import gettext_lazy

    class Thing(models.Model):
        name = models.CharField(gettext_lazy("user"), max_length=5)

        class Meta:
            app_label = "testapp"

    field = Thing._meta.get_field("name")
    with translation.override("de"):
        assert display.label_of_field(field, "name") == "Benutzer"


def test_fields_are_in_the_model_s_order_and_those_that_are_gone_at_the_end() -> None:
    shown = entry({name: {"old": 1, "new": 2} for name in ("gone", "email", "username", "away")})
    names = ["username", "email", "gone", "away"]
    assert [change.name for change in display.changes_of(shown)] == names
    assert list(json.loads(display.new_json(shown))) == names
