"""Holds: what they keep, who placed them, and that the log says so."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

import audit_log
from audit_log.models import AuditEntry, AuditHold, AuditReference
from audit_log.retention import Retention, hold, kept_until, release
from tests.reading.helpers import make, make_user
from tests.testapp.models import Author, Book, Cafe, Place

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("a_month"),
]
DAY = datetime.timedelta(days=1)
NAIVE = datetime.datetime(2026, 1, 1)  # noqa: DTZ001  # is what is refused


@pytest.fixture
def a_month() -> Any:
    with override_settings(AUDIT_LOG={"RETENTION": 30}):
        yield


def is_held(entry: AuditEntry) -> bool:
    return kept_until(entry) is None


def test_an_object_as_target_and_as_reference() -> None:
    author = Author.objects.create(name="Eliot")
    book = Book.objects.create(title="Middlemarch", author=author)
    hold(author, reason="case 7")
    entries = AuditEntry.objects.for_object(author)
    assert entries.count() == 2
    assert all(map(is_held, entries))
    assert not is_held(make(target_type="testapp.author", target_id="0"))
    assert not is_held(make(target_type="testapp.book", target_id=str(author.pk + book.pk)))


def test_all_of_the_history_with_inheritance() -> None:
    cafe = Cafe.objects.create(name="Central", seats=5)
    place = Place.objects.get(pk=cafe.pk)
    place.name = "Centraal"
    place.save()
    hold(cafe, reason="case 7")
    entries = AuditEntry.objects.for_object(cafe)
    assert entries.filter(target_type="testapp.place").exists()
    assert all(map(is_held, entries))


def test_an_object_that_is_gone() -> None:
    make(target_type="oldapp.thing", target_id="7")
    hold(("oldapp.Thing", "7"), reason="case 7")
    assert is_held(AuditEntry.objects.get(target_type="oldapp.thing"))


@pytest.mark.parametrize(
    ("named", "held", "free"),
    [
        ({"tenant": "acme"}, {"tenant": "acme"}, {"tenant": "Acme"}),
        ({"actor": 7}, {"actor_id": 7}, {"actor_id": 8}),
        ({"actor": "7"}, {"actor_id": 7}, {}),
        ({"correlation_id": "c1"}, {"correlation_id": "c1"}, {"correlation_id": "c2"}),
        ({"tenant": "a", "actor": 7}, {"tenant": "a", "actor_id": 7}, {"tenant": "a"}),
        ({"tenant": "a", "actor": 7}, {"tenant": "a", "actor_id": 7}, {"actor_id": 7}),
    ],
)
def test_what_can_be_named(named: Any, held: Any, free: Any) -> None:
    hold(reason="case 7", **named)
    assert is_held(make(**held))
    assert not is_held(make(**free))


def test_times_include_both_ends() -> None:
    now = timezone.now()
    hold(reason="case 7", since=now - 3 * DAY, until=now - DAY)
    for days, held in [(0.99, False), (1, True), (2, True), (3, True), (3.01, False)]:
        assert is_held(make(occurred_at=now - days * DAY)) == held, days


def test_one_of_several_holds_is_enough() -> None:
    hold(reason="a", tenant="acme", until=timezone.now() - 9 * DAY)
    hold(reason="b", tenant="acme", actor=7)
    assert is_held(make(tenant="acme", actor_id=7))
    assert not is_held(make(tenant="acme", actor_id=8))


def test_released() -> None:
    entry = make(tenant="acme")
    first, second = hold(reason="a", tenant="acme"), hold(reason="b", tenant="acme")
    release(first)
    assert is_held(entry)
    release(second)
    assert not is_held(entry)
    assert kept_until(entry) == entry.occurred_at + 30 * DAY
    # Once is enough.
    moment = second.released_at
    release(second)
    assert second.released_at == moment


def test_who_and_why_is_in_the_log() -> None:
    user = make_user("ann")
    with audit_log.context(actor=user):
        held = hold(reason="case 7", tenant="acme")
        release(held)
    held.refresh_from_db()
    assert (held.placed_by, held.released_by) == ("ann", "ann")
    placed, released = AuditEntry.objects.for_object(held).order_by("id")
    assert (placed.action, placed.action_label) == ("audit_log.hold", "Hold placed")
    assert (released.action, released.action_label) == ("audit_log.release", "Hold released")
    assert placed.actor_id == released.actor_id == user.pk
    assert placed.changes["reason"] == {"old": None, "new": "case 7"}
    # Whether the tenant's own people learn of it, is not for the log to say.
    assert placed.tenant == ""
    assert not AuditReference.objects.exists()
    # Whatever happens to a hold is in the log, also by the ORM alone.
    AuditHold.objects.update(tenant="")
    AuditHold.objects.all().delete()
    told = AuditEntry.objects.for_target("audit_log.audithold", placed.target_id)
    assert [entry.action for entry in told[:2]] == [
        "audit_log.remove_hold",
        "audit_log.change_hold",
    ]


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({}, "Say what is held"),
        ({"tenant": "acme", "reason": " "}, "needs a reason"),
        ({"obj": ("testapp.bok", "7")}, "target_type: No model is called “testapp.bok”"),
        ({"obj": ("testapp.book", "")}, "both"),
        ({"obj": Author(name="unsaved")}, "without a primary key"),
        ({"since": NAIVE}, "since: Give a time with its time zone"),
        (
            {
                "since": datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC),
                "until": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
            },
            "until: The end is before",
        ),
        ({"tenant": "x" * 101}, "tenant: .*at most 100"),
        ({"actor": "ann"}, "expected a number"),
    ],
)
def test_what_makes_no_sense_is_refused(named: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        hold(**{"reason": "case 7"} | named)
    assert not AuditHold.objects.exists()


def test_a_page_costs_one_query(django_assert_num_queries: Any) -> None:
    for number in range(20):
        make(references=[("auth.group", str(number))])
    hold(("auth.group", "3"), reason="case 7")
    entries = list(AuditEntry.objects.filter(action="user.create").prefetch_related("references"))
    with django_assert_num_queries(1):
        retention = Retention()
        assert sum(retention.kept_until(entry) is None for entry in entries) == 1
    with override_settings(AUDIT_LOG={}), django_assert_num_queries(0):
        assert Retention().kept_until(entries[0]) is None
