"""The catalogues: whole, well formed, compiled."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from tests.translations.marked import (
    LANGUAGES,
    PACKAGE,
    PLACEHOLDER,
    catalogue,
    compiled,
    key_of,
    marked,
    messages,
    path_of,
    plural_forms,
    templates,
    texts,
    untagged,
)

REFRESH = "see docs/translations.md for how to bring the catalogues up to date"
NO_WORDS = {"(CSV)", "app-audit_log model-auditentry audit-log-page"}
"""The name of a format, and those of classes."""

each_language = pytest.mark.parametrize("language", LANGUAGES)


def test_these_are_the_languages() -> None:
    assert tuple(sorted(path.name for path in (PACKAGE / "locale").iterdir())) == LANGUAGES


@each_language
def test_every_marked_text_is_translated_and_nothing_else(language: str) -> None:
    code, catalogue_ = marked(), catalogue(language)
    known = {key_of(message) for message in messages(catalogue_)}
    missing = [f"{where}: {key[1]!r}" for key, where in code.items() if key not in known]
    assert not missing, f"not in the catalogue ({REFRESH}):\n" + "\n".join(missing)
    assert known - code.keys() == set(), f"no longer in the code ({REFRESH})"
    assert not catalogue_.obsolete, f"no longer in the code ({REFRESH})"
    empty = [message.id for message in messages(catalogue_) if not all(texts(message.string))]
    assert not empty, "not translated"
    fuzzy = [message.id for message in messages(catalogue_) if message.fuzzy]
    assert not fuzzy, "guessed by msgmerge: translate them, and remove the mark “fuzzy”"


def test_the_code_marks_what_it_is_known_to_mark() -> None:
    """Each way of marking is found."""
    keys = marked().keys()
    assert ("", "Audit log") in keys
    assert ("", "Nothing is shown until this is put right:") in keys
    assert ("", ("%(number)s entry", "%(number)s entries")) in keys
    assert ("", "Time (%(zone)s)") in keys
    one, several = "%(more)s more difference in this value", "%(more)s more differences"
    assert ("", (one, f"{several} in this value")) in keys
    assert ("action", "Log in") in keys
    assert ("button", "Filter") in keys


@each_language
def test_placeholders_are_the_same(language: str) -> None:
    for message in messages(catalogue(language)):
        expected = set(PLACEHOLDER.findall(texts(message.id)[-1]))
        for text in texts(message.string):
            assert set(PLACEHOLDER.findall(text)) == expected, (message.id, text)
            assert text.strip() == text, (message.id, text)


@each_language
def test_plural_forms_are_those_of_django(language: str) -> None:
    catalogue_ = catalogue(language)
    assert plural_forms(catalogue_) == plural_forms(compiled(language, "django"))
    count = int(re.search(r"nplurals=(\d)", plural_forms(catalogue_))[1])
    several = [message for message in messages(catalogue_) if isinstance(message.id, tuple)]
    assert several
    assert {len(message.string) for message in several} == {count}


@each_language
def test_compiled_is_what_is_written(language: str) -> None:
    def content(message: Message) -> tuple[object, ...]:
        return key_of(message), texts(message.string)

    written = {content(message) for message in messages(catalogue(language))}
    assert {content(message) for message in messages(compiled(language))} == written, REFRESH


@each_language
def test_files_do_not_change_without_cause(language: str) -> None:
    assert "\n#:" not in path_of(language).read_text("utf-8"), "write them with --no-location"


@pytest.mark.parametrize("path", templates(), ids=lambda path: path.name)
def test_templates_have_no_text_that_is_not_marked(path: Path) -> None:
    plain = [text for text in untagged(path) if re.search(r"[^\W\d_]", text)]
    assert not [text for text in plain if text not in NO_WORDS]


def test_text_outside_of_tags_is_found(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(
        '{% load i18n %}<h1 title="Heading">{% translate "Fine" %}</h1>'
        '<p class="quiet">Not {{ this }}</p>'
        "{% blocktranslate %}But {{ that }}{% endblocktranslate %}",
        "utf-8",
    )
    assert untagged(path) == ["Heading", "Not"]
