"""Historical models, which data migrations write with."""

from __future__ import annotations

import logging

import pytest
from django.apps import apps
from django.db import transaction
from django.db.migrations.state import ProjectState

from audit_log.capture import tables
from tests.capture.helpers import actions, last
from tests.testapp.models import Author

pytestmark = pytest.mark.django_db


@pytest.fixture
def author(monkeypatch):
    monkeypatch.setattr(tables, "_ready", set())
    return ProjectState.from_apps(apps).apps.get_model("testapp", "Author")


def test_data_migrations_are_recorded(author):
    made = author.objects.create(name="Ann")
    made.name = "Bea"
    made.save()
    assert actions() == ["author.create", "author.update"]
    assert last().target_type == "testapp.author"
    assert tables._ready == {"default"}


def test_not_before_the_log_has_its_tables(author, monkeypatch, caplog):
    monkeypatch.setattr(
        "django.db.backends.base.introspection.BaseDatabaseIntrospection.table_names",
        lambda self: ["testapp_author"],
    )
    with caplog.at_level(logging.WARNING, "audit_log"):
        author.objects.create(name="Ann")
    assert actions() == []
    assert "before the audit log has its tables" in caplog.text


def test_transition_that_calls_what_models_of_migrations_lack(author, settings):
    def verb(instance):
        return instance.shouting()

    settings.AUDIT_LOG = {"MODELS": {"testapp.Author": {"transitions": {"name": verb}}}}
    made = author.objects.create(name="Ann")
    made.name = "Bea"
    made.save()
    author.objects.update(name="Cleo")
    assert actions() == ["author.create", "author.update", "author.update"]
    # Where the model has all its methods, it is a mistake.
    with pytest.raises(AttributeError), transaction.atomic():
        Author.objects.update(name="Dora")
    assert actions() == ["author.create", "author.update", "author.update"]
