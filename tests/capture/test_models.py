"""Models that come late, that Django does not manage; an app that is made ready twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection, models
from django.db.models import F
from django.test import Client

import audit_log
from audit_log import registry
from audit_log.coverage import coverage
from tests.capture.helpers import actions, entries, last
from tests.testapp.models import Author

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def table_of(model: type[models.Model]) -> Iterator[None]:
    """The table of a model that is defined inside of a test; nothing is left of it."""
    managed, model._meta.managed = model._meta.managed, True
    with connection.schema_editor() as editor:
        editor.create_model(model)
    model._meta.managed = managed
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(model)
        del apps.all_models["testapp"][model._meta.model_name]
        apps.clear_cache()
        registry.reset()


def test_model_that_comes_late():
    """Defined, and registered, when everything is running already."""

    class Latecomer(models.Model):
        name = models.CharField(max_length=20)
        number = models.CharField(max_length=4)

        class Meta:
            app_label = "testapp"

    with table_of(Latecomer):
        Latecomer.objects.create(name="a", number="1234")
        assert last().changes["number"] == {"old": None, "new": "1234"}
        audit_log.register("testapp.Latecomer", mask=["number"])
        audit_log.register(Latecomer, mask=["number"])  # twice is once
        try:
            Latecomer.objects.update(name="b", number="5678")
            assert last().changes == {
                "name": {"old": "a", "new": "b"},
                "number": {"masked": True},
            }
            with pytest.raises(ValueError, match="registered already"):
                audit_log.register("testapp.latecomer", mask=["name"])
        finally:
            del registry._declared["testapp.latecomer"]


def test_model_that_is_not_managed():
    class Foreign(models.Model):
        name = models.CharField(max_length=20)
        count = models.IntegerField(default=0)

        class Meta:
            app_label = "testapp"
            managed = False

    with table_of(Foreign):
        foreign = Foreign.objects.create(name="a")
        foreign.name = "b"
        foreign.save()
        Foreign.objects.update(count=F("count") + 1)
        Foreign.objects.bulk_create([Foreign(name="c"), Foreign(name="d")])
        Foreign.objects.filter(name="d").delete()
        foreign.delete()
        assert [
            (e.action.partition(".")[2], e.changes.get("name", {}).get("new")) for e in entries()
        ] == [
            ("create", "a"),
            ("update", "b"),
            ("update", None),
            ("create", "c"),
            ("create", "d"),
            ("delete", None),
            ("delete", None),
        ]
        assert entries()[2].changes == {"count": {"old": 0, "new": 1}}
        (found,) = (each for each in coverage() if each.label == "testapp.Foreign")
        assert [gap.code for gap in found.gaps] == ["unmanaged"]


def test_app_that_is_made_ready_twice():
    for _ in range(2):
        apps.get_app_config("audit_log").ready()
    author = Author.objects.create(name="Ann")
    Author.objects.update(name="Bea")
    author.delete()
    User.objects.create_user("ann", password="pw")
    Client().login(username="ann", password="pw")
    assert actions() == [
        "author.create",
        "author.update",
        "author.delete",
        "user.create",
        "user.log_in",
    ]
