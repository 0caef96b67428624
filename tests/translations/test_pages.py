"""Readers in each language: every page in each of its states, and nothing in English."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import ngettext, to_language

from audit_log import catalogue as actions
from audit_log.models import AuditHold
from audit_log.reading.sentences import sentence_of
from example_project import settings as example
from example_project.demo.story import tell
from tests.admin.conftest import READ, Login, entry_url, make_entry, make_user, sign_in, text
from tests.browser.states import STATES
from tests.translations.marked import (
    LANGUAGES,
    PLACEHOLDER,
    catalogue,
    messages,
    texts,
    texts_of,
)

LONG = 12
"""Letters after which no text is in a page by chance."""
NAMES_OF_FIELDS = {"Value", "reason", "tenant"}
"""In the example, which stays English, and as programs have them, in titles."""
NAMES = dict(zip(LANGUAGES, map(to_language, LANGUAGES), strict=True))

each_language = pytest.mark.parametrize("language", LANGUAGES)


def english_in(html: str, language: str) -> set[str]:
    """The texts of ours in a page that are not in that language."""
    seen = texts_of(html)
    everything = "\n".join(seen)
    found = set()
    for message in messages(catalogue(language)):
        translated = " ".join(texts(message.string))
        for english in texts(message.id):
            parts = [part.strip() for part in PLACEHOLDER.split(english)]
            long = [part for part in parts if len(part) >= LONG and part not in translated]
            is_whole = english in seen and english not in {translated, *NAMES_OF_FIELDS}
            if is_whole or any(part in everything for part in long):
                found.add(english)
    return found


@pytest.fixture
def systems(transactional_db: None, settings: Any) -> None:
    """The example's four systems, with eight weeks behind them."""
    settings.AUDIT_LOG = example.AUDIT_LOG
    settings.LOGIN_URL = example.LOGIN_URL
    settings.TEMPLATES = example.TEMPLATES
    tell()


@pytest.fixture
def client(db: None, login: Login) -> Client:
    """Somebody who reads the log and is no staff."""
    return login(make_user("ruth", READ))


@pytest.mark.sqlite
@pytest.mark.urls("example_project.urls")
def test_pages(systems: None) -> None:
    users = get_user_model().objects
    english: dict[str, set[str]] = {}
    for state in STATES:
        client = Client()
        who = users.filter(username=state.who).first() or make_user(state.who, is_staff=True)
        sign_in(client, who)
        address = state.address()
        for language, name in NAMES.items():
            with state.prepared(), translation.override(name):
                answer = client.get(address)
            assert answer.status_code == state.status, state.name
            if found := english_in(text(answer), language):
                english[f"{state.name}, {language}"] = found
    assert english == {}


@each_language
def test_release_of_a_hold(admin: Client, language: str) -> None:
    hold = AuditHold.objects.create(reason="Case 2026-17", target_type="testapp.book")
    address = reverse("admin:audit_log_audithold_release", args=[hold.pk])
    with translation.override(NAMES[language]):
        assert english_in(text(admin.get(address)), language) == set()
        page = text(admin.post(address, follow=True))
    assert english_in(page, language) == set()


def test_english_is_found() -> None:
    several = "%(number)s entries of one request or run"
    html = f"<p>Reload</p><p title='{several.replace('%(number)s', '12')}'></p>"
    assert english_in(html, "ru") == {"Reload", several}
    assert english_in("<p>Reloaded</p><p>Обновить</p>", "ru") == set()


@each_language
def test_each_number_has_its_form(language: str) -> None:
    several = [
        message for message in messages(catalogue(language)) if isinstance(message.id, tuple)
    ]
    for message in several:
        for number in (0, 1, 2, 5, 11, 21, 22, 25, 1_000_000):
            with translation.override(NAMES[language]):
                told = ngettext(*message.id, number)
            assert told in message.string
            assert told not in message.id


@pytest.mark.parametrize(
    ("language", "number", "told"),
    [
        ("de", 1, "1 Eintrag"),
        ("de", 0, "0 Einträge"),
        ("es", 1, "1 entrada"),
        ("es", 3, "3 entradas"),
        ("fr", 0, "0 entrée"),
        ("fr", 2, "2 entrées"),
        ("ru", 21, "21 запись"),
        ("ru", 3, "3 записи"),
        ("ru", 11, "11 записей"),
        ("zh-hans", 1, "1 个条目"),
        ("zh-hans", 7, "7 个条目"),
    ],
)
def test_number_of_entries(client: Client, language: str, number: int, told: str) -> None:
    for _ in range(number):
        make_entry()
    with translation.override(language):
        assert told in texts_of(text(client.get("/audit-log/")))


SENTENCES = {
    "en": "Rita changed book Middlemarch",
    "de": "Rita hat book Middlemarch geändert",
    "es": "Rita modificó book Middlemarch",
    "fr": "Rita a modifié\u00a0: book Middlemarch",
    "ru": "Rita: изменение — book Middlemarch",
    "zh-hans": "Rita 修改了 book Middlemarch",
}
EVENT_TYPES = {
    "en": "update",
    "de": "Ändern",
    "es": "modificación",
    "fr": "modification",
    "ru": "изменение",
    "zh-hans": "修改",
}
HEADINGS = {
    "en": "What happened",
    "de": "Was geschah",
    "es": "Qué ocurrió",
    "fr": "Ce qui s’est passé",
    "ru": "Что произошло",
    "zh-hans": "发生了什么",
}
LABELS = {
    "en": "Book updated",
    "de": "Book geändert",
    "es": "Book: modificación",
    "fr": "Book\u00a0: modification",
    "ru": "Book: изменение",
    "zh-hans": "Book 已修改",
}


def test_space_that_french_puts_before_a_colon_is_no_data(admin: Client) -> None:
    entry = make_entry()
    with translation.override("fr"):
        for address in ("/audit-log/", f"/audit-log/entries/{entry.pk}/", entry_url(entry)):
            html = text(admin.get(address))
            assert LABELS["fr"] in html, address
            assert "⍽" not in html


@pytest.mark.django_db
@pytest.mark.parametrize("process", ["en", "ru"])
def test_what_is_declared_lazily_follows_the_reader(settings: Any, process: str) -> None:
    settings.LANGUAGE_CODE = process
    entry = make_entry(actor_repr="Rita <rita@example.com>")
    for language in [*SENTENCES, *reversed(SENTENCES)]:
        with translation.override(language):
            assert actions.label_of("book.update") == LABELS[language]
            assert sentence_of(entry) == SENTENCES[language]


def test_each_request_has_its_language(client: Client, settings: Any) -> None:
    """Readers of one process, one after the other: nothing keeps the language of the first."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.middleware.locale.LocaleMiddleware"]
    make_entry(actor_repr="Rita <rita@example.com>")
    for language in [*SENTENCES, *reversed(SENTENCES)]:
        accepted = {"accept-language": language}
        html = text(client.get("/audit-log/", headers=accepted))
        page = texts_of(re.sub("</?bdi>", "", html))
        assert set(EVENT_TYPES.values()) & set(page) == {EVENT_TYPES[language]}
        assert set(HEADINGS.values()) & set(page) == {HEADINGS[language]}
        assert " ".join(SENTENCES[language].split()) in page
        (row,) = client.get("/api/audit-log/entries/", headers=accepted).json()["results"]
        assert row["action_label"] == LABELS[language]
        assert row["sentence"] == SENTENCES[language]
