"""Levels of isolation, fixtures."""

from __future__ import annotations

import json
import threading

import pytest
from django.core.management import call_command
from django.db import (
    OperationalError,
    connection,
    connections,
    transaction,
)

from audit_log.models import AuditEntry
from tests.capture.helpers import actions, entries, last
from tests.testapp.models import Author, Cafe, Restaurant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_levels_of_isolation(level):
    """A transaction that has to be tried again leaves one set of entries."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite is serializable, always")
    author = Author.objects.create(name="Ann")

    def set_level():
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(
                    f"SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL {level}"
                )
            else:
                cursor.execute(f"SET SESSION TRANSACTION ISOLATION LEVEL {level}")

    def meanwhile():
        other = Author.objects.get(pk=author.pk)
        other.name = "meanwhile"
        other.save()
        connections.close_all()

    set_level()
    attempts = 0
    interfered = level != "SERIALIZABLE" or connection.vendor == "postgresql"
    try:
        while True:
            attempts += 1
            try:
                with transaction.atomic():
                    mine = Author.objects.get(pk=author.pk)
                    if attempts == 1 and interfered:
                        thread = threading.Thread(target=meanwhile)
                        thread.start()
                        thread.join()
                    mine.name = "mine"
                    mine.save()
                break
            except OperationalError:
                assert attempts < 3
    finally:
        connection.close()
    told = [e.changes["name"] for e in entries()[1:]]
    if interfered:
        assert told == [
            {"old": "Ann", "new": "meanwhile"},
            {"old": "meanwhile", "new": "mine"},
        ]
    else:
        assert told == [{"old": "Ann", "new": "mine"}]


def test_fixtures(tmp_path):
    Cafe.objects.create(name="Blau", stars=3, seats=20)
    Author.objects.create(name="Ann")
    fixture = tmp_path / "data.json"
    call_command("dumpdata", "testapp", output=str(fixture))
    count = AuditEntry.objects.count()
    call_command("loaddata", str(fixture), verbosity=0)
    assert AuditEntry.objects.count() == count  # nothing changed
    data = json.loads(fixture.read_text())
    for item in data:
        if item["model"] == "testapp.place":
            item["fields"]["name"] = "Rot"
        if item["model"] == "testapp.cafe":
            item["fields"]["seats"] = 21
    fixture.write_text(json.dumps(data))
    call_command("loaddata", str(fixture), verbosity=0)
    assert [(e.action, e.changes) for e in entries()[count:]] == [
        ("place.update", {"name": {"old": "Blau", "new": "Rot"}}),
        ("cafe.update", {"seats": {"old": 20, "new": 21}}),
    ]
    assert (last().actor_type, last().actor_repr) == ("command", "loaddata")
    Restaurant.objects.all().delete()
    call_command("loaddata", str(fixture), verbosity=0)
    assert sorted(actions()[-3:]) == ["cafe.create", "place.create", "restaurant.create"]


def test_entries_can_be_dumped_and_loaded(tmp_path):
    Author.objects.create(name="Ann")
    # Django's JSON cuts datetimes to milliseconds, its XML does not.
    fixture = tmp_path / "log.xml"
    call_command("dumpdata", "audit_log", format="xml", output=str(fixture))
    before = list(AuditEntry.objects.values())
    AuditEntry.objects.all()._raw_delete("default")
    call_command("loaddata", str(fixture), verbosity=0)
    assert list(AuditEntry.objects.values()) == before
