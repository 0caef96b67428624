"""Bad settings and policies: each has a check with an id of its own, and a cure."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from django.db import models
from django.test.utils import isolate_apps

import audit_log
from audit_log import registry
from audit_log.checks import install
from tests.testapp.models import Author, Book


def found(settings, value):
    settings.AUDIT_LOG = value
    return {message.id: message for message in run_checks(tags=["audit_log"])}


def test_nothing_wrong(settings):
    assert found(settings, {}) == {}
    assert (
        found(
            settings,
            {
                "MODELS": {"testapp.Author": {"mask": ["name"]}},
                "EXCLUDE_MODELS": ["auth.*", "testapp.Tag", "*"],
                "MASK_FIELDS": ["iban"],
                "MAX_VALUE_LENGTH": 5,
                "ON_ERROR": "log",
                "DATABASE": "other",
                "TRUSTED_PROXY_COUNT": 2,
                "TRUST_REQUEST_ID": True,
                "RETENTION": 30,
                "VISIBILITY": "tests.test_checks.found",
                "PAGE_SIZE": 50,
                "SETTLING_SECONDS": 0,
            },
        )
        == {}
    )
    assert found(settings, {"MODELS": ["testapp.Author"]}) == {}
    table = {"book.lend": 30, "testapp.Book": None, "access": str, "*": 365}
    assert found(settings, {"RETENTION": table}) == {}


@pytest.mark.parametrize(
    ("value", "identifier", "told", "cure"),
    [
        ([], "E001", "not a dict", "AUDIT_LOG = {"),
        ({"PAGESIZE": 5}, "E002", "'PAGESIZE'", "Did you mean 'PAGE_SIZE'?"),
        ({"MAX_VALUE_LENGTH": "5"}, "E003", "MAX_VALUE_LENGTH", "whole number from 1"),
        ({"PAGE_SIZE": 1000}, "E003", "PAGE_SIZE", "from 1 to 200"),
        ({"PAGE_SIZE": True}, "E003", "PAGE_SIZE", "whole number"),
        ({"ON_ERROR": "ignore"}, "E003", "ON_ERROR", '"raise"'),
        ({"DATABASE": "elsewhere"}, "E003", "DATABASE", "default, other"),
        ({"TRUSTED_PROXY_COUNT": -1}, "E003", "TRUSTED_PROXY_COUNT", "whole number from 0"),
        ({"TRUST_REQUEST_ID": "yes"}, "E003", "TRUST_REQUEST_ID", "True or False"),
        ({"VISIBILITY": "no.such.thing"}, "E003", "cannot be imported", "dotted path"),
        ({"VISIBILITY": 5}, "E003", "not a dotted path", "dotted path"),
        ({"VISIBILITY": "tests.test_checks.pytestmark_"}, "E003", "cannot be imported", "dotted"),
        ({"MASK_FIELDS": "password"}, "E003", "MASK_FIELDS", "list"),
        ({"MODELS": 5}, "E003", "MODELS", "list"),
        ({"MODELS": {"testapp.Author": ["name"]}}, "E003", "testapp.Author", "{}"),
        ({"RETENTION": 0}, "E003", "RETENTION", "whole number"),
        ({"RETENTION": True}, "E003", "is True", "1 to 100000"),
        ({"RETENTION": "no.such.thing"}, "E003", "cannot be imported", "dotted path"),
        ({"RETENTION": found}, "E003", "one argument, the tenant", "f(tenant)"),
        ({"RETENTION": {"*": "30"}}, "E003", "has for '*' '30'", "whole number"),
        ({"RETENTION": {"creation": 30}}, "E012", "'creation'", "event types create, update"),
        ({"RETENTION": {5: 30}}, "E012", "no rule: 5", '"*"'),
        (
            {"RETENTION": {"testapp.Book": 30, "testapp.book": 60}},
            "E012",
            "'testapp.book' more than once",
            "keep one",
        ),
        ({"RETENTION": {"book.lent": 30}}, "W006", "'book.lent'", "Did you mean 'book.lend'"),
        ({"RETENTION": {"testapp.Bok": 30}}, "W006", "'testapp.Bok'", "'testapp.Book'"),
        ({"RETENTION": {"x.yz": 30}}, "W006", "'x.yz'", "has gone from the code"),
        ({"MODELS": {"testapp.Autor": {}}}, "E004", "testapp.Autor", "'testapp.Author'"),
        ({"MODELS": ["nowhere.Nothing"]}, "E004", "nowhere.Nothing", "app_label.Model"),
        ({"EXCLUDE_MODELS": ["nowhere.*"]}, "E004", "nowhere.*", "app_label.*"),
        ({"MODELS": {"testapp.Author": {"hide": []}}}, "E005", "'hide'", "exclude"),
        ({"MODELS": {"testapp.Author": {"mask": "name"}}}, "E006", "'mask'", 'mask=["name"]'),
        ({"MODELS": {"testapp.Author": {"transitions": 5}}}, "E006", "'transitions'", "verb"),
        ({"MODELS": {"testapp.Author": {"transitions": {"name": 5}}}}, "E006", "transitions", "v"),
        ({"MODELS": {"testapp.Author": {"noun": "An Author"}}}, "E006", "'noun'", "lower case"),
        ({"MODELS": {"testapp.Author": {"verbs": {"make": "x"}}}}, "E006", "'verbs'", "create"),
        ({"MODELS": {"testapp.Author": {"verbs": {"create": "Make"}}}}, "E006", "verbs", "lower"),
        ({"MODELS": {"testapp.Author": {"tenant": 5}}}, "E006", "'tenant'", "path"),
        ({"MODELS": {"testapp.Book": {"m2m": ["tags"]}}}, "E006", "'m2m'", "adding"),
        ({"MODELS": {"testapp.Book": {"m2m": {"tags": "x"}}}}, "E006", "'m2m'", "adding"),
        ({"MODELS": {"testapp.Book": {"references": "author"}}}, "E006", "references", "list"),
        ({"MODELS": {"testapp.Author": {"exclude": ["nam"]}}}, "E007", "'nam'", "'name'"),
        ({"MODELS": {"testapp.Author": {"tenant": "nam"}}}, "E007", "'nam'", "'name'"),
        (
            {"MODELS": {"testapp.Author": {"transitions": {"nam": "x"}}}},
            "E008",
            "'nam'",
            "'name'",
        ),
        ({"MODELS": {"testapp.Book": {"transitions": {"tags": "x"}}}}, "E008", "'tags'", "m2m"),
        ({"MODELS": {"testapp.Book": {"m2m": {"tag": ("a", "b")}}}}, "E009", "'tag'", "'tags'"),
        ({"MODELS": {"testapp.Book": {"m2m": {"title": ("a", "b")}}}}, "E009", "title", "column"),
        ({"MODELS": {"testapp.Book": {"references": ["autor"]}}}, "E010", "autor", "'author'"),
        ({"MODELS": {"testapp.Book": {"references": ["title"]}}}, "E010", "title", "foreign"),
        ({"MODELS": ["audit_log.AuditEntry"]}, "E011", "audit log itself", "Leave it out"),
        ({"MODELS": {"testapp.Tag": {"noun": "author"}}}, "W001", "'author'", "noun="),
        (
            {"MODELS": ["testapp.Tag"], "EXCLUDE_MODELS": ["testapp.Tag"]},
            "W002",
            "not audited",
            "one of the two",
        ),
    ],
)
def test_each_has_an_id_and_a_cure(settings, value, identifier, told, cure):
    messages = found(settings, value)
    assert list(messages) == [f"audit_log.{identifier}"]
    message = messages[f"audit_log.{identifier}"]
    assert told in message.msg
    assert cure in message.hint


def test_every_check_is_documented():
    from pathlib import Path

    from audit_log.checks import gaps, policies, retention
    from audit_log.checks import settings as settings_checks

    docs = Path(__file__).parent.parent / "docs" / "checks.md"
    text = docs.read_text()
    for module in (gaps, policies, retention, settings_checks):
        source = Path(module.__file__).read_text()
        import re

        for identifier in set(re.findall(r'"(audit_log\.[EW]\d{3})"', source)):
            assert f"`{identifier}`" in text, identifier


def test_middleware_that_is_missing(settings):
    settings.MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware", "no.such.One"]
    assert list(found(settings, {})) == ["audit_log.W003"]
    settings.MIDDLEWARE = []
    assert found(settings, {}) == {}


def test_checks_are_registered_once():
    from django.core.checks.registry import registry as check_registry

    before = len(check_registry.registered_checks)
    install()
    assert len(check_registry.registered_checks) == before


# register()


def test_register_refuses():
    with pytest.raises(TypeError, match="unknown options \\['hide'\\]"):
        audit_log.register(Author, hide=["name"])
    with pytest.raises(ValueError, match="already, with other options"):
        audit_log.register(Book, exclude=["title"])
    with pytest.raises(ValueError, match="takes a model"):
        audit_log.register(5)
    with pytest.raises(ValueError, match="takes a model"):
        audit_log.register("Author")


@isolate_apps("tests.testapp")
def test_register_refuses_an_abstract_model():
    class Thing(models.Model):
        class Meta:
            abstract = True
            app_label = "testapp"

    with pytest.raises(ValueError, match="abstract"):
        audit_log.register(Thing)


def test_register_by_name_and_late(monkeypatch):
    monkeypatch.setattr(registry, "_declared", dict(registry._declared))
    try:
        assert audit_log.register("testapp.Author", mask=["name"]) is None
        assert registry.policy_for(Author).mask == {"name"}
        assert audit_log.register("testapp.Author", mask=["name"]) is None
    finally:
        monkeypatch.undo()
        registry.reset()
    assert registry.policy_for(Author).mask == set()
