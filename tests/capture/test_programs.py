"""Random programs of ORM operations: the log replayed is the tables, and nothing else is in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.exceptions import MultipleObjectsReturned, ObjectDoesNotExist
from django.db import DatabaseError, connection, connections, transaction
from hypothesis import HealthCheck, given, settings

from audit_log.models import AuditEntry, AuditReference
from tests.capture.operations import Failed
from tests.capture.programs import MODELS, program
from tests.capture.replay import replay, stored
from tests.testapp.models import (
    Author,
    Binding,
    Book,
    Cafe,
    Cell,
    Club,
    Country,
    Document,
    Node,
    Note,
    Odd,
    Person,
    Pledge,
    Portrait,
    Restaurant,
    Sheet,
    Sticker,
    Stock,
    Tag,
)

REFUSED = (Failed, DatabaseError, MultipleObjectsReturned, ObjectDoesNotExist)
TABLES: dict[str, Any] = {"default": MODELS, "other": (Author,)}
PROGRAMS = int(os.environ.get("AUDIT_LOG_PROGRAMS", "150"))


def run(steps: list[Any]) -> None:
    for function, arguments in steps:
        if isinstance(function, str):
            fails, inner = arguments
            try:
                with block(function):
                    run(inner)
                    if fails:
                        raise Failed
            except REFUSED:
                pass  # a constraint that is checked when the transaction ends, say
            continue
        try:
            # What the database refuses must not spoil what follows; alone, it is autocommit.
            if is_in_transaction():
                with transaction.atomic(), transaction.atomic(using="other"):
                    function(*arguments)
            else:
                function(*arguments)
        except REFUSED:
            pass


def is_in_transaction() -> bool:
    # Without autocommit SQLite has no savepoints.
    by_hand = not connection.get_autocommit() and connection.vendor != "sqlite"
    return connection.in_atomic_block or by_hand


@contextmanager
def block(kind: str) -> Iterator[None]:
    outermost = connection.get_autocommit() and not connection.in_atomic_block
    if kind == "other":
        with transaction.atomic(using="other"):
            yield
    elif kind == "by hand" and outermost:
        with by_hand():
            yield
    elif not (connection.in_atomic_block or connection.get_autocommit()) and (
        connection.vendor == "sqlite"
    ):
        yield
    else:
        with transaction.atomic(durable=kind == "durable" and outermost):
            yield


@contextmanager
def by_hand() -> Iterator[None]:
    transaction.set_autocommit(False)
    try:
        yield
        transaction.commit()
    except BaseException:
        transaction.rollback()
        raise
    finally:
        transaction.set_autocommit(True)


def begin() -> None:
    """Make rows for the program to find."""
    authors = [Author.objects.create(name=name) for name in "AB"]
    books = [Book.objects.create(title=name, author=authors[0]) for name in "CD"]
    books[0].tags.add(*[Tag.objects.create(name=name) for name in "EF"])
    Portrait.objects.create(author=authors[1])
    Author.objects.using("other").create(name="Z")
    Country.objects.create(code="a", name="G")
    Cell.objects.create(row=1, column="a", text="N")
    document = Document.objects.create(title="O")
    Sheet.objects.create(document=document).sources.add(document)
    Binding.objects.create(document=document)
    Odd.objects.create(shout="p")
    Stock.objects.create(sku="a", count=1)
    cafe = Cafe.objects.create(name="H", stars=1, seats=1)
    Restaurant.objects.create(name="I", stars=2)
    Sticker.objects.create(content=cafe.place_ptr)
    Note.everything.bulk_create([Note(text="Q", place=cafe), Note(text="R")])
    people = [Person.objects.create(name=name) for name in "KL"]
    people[0].friends.add(people[1])
    clubs = [Club.objects.create(name=name) for name in "MS"]
    people[0].groups.add(clubs[0])
    Pledge.objects.create(club=clubs[0], former_club=clubs[0])
    root = Node.objects.create(name="T")
    Node.objects.create(name="U", parent=root)


def empty() -> None:
    for using, models in TABLES.items():
        # Rows that refer to one another go at once.
        with connections[using].constraint_checks_disabled(), transaction.atomic(using=using):
            for model in (AuditReference, AuditEntry, *models):
                model._base_manager.using(using).all()._raw_delete(using)


@pytest.mark.django_db(transaction=True, databases=["default", "other"])
@settings(
    max_examples=PROGRAMS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(program)
def test_replayed_log_is_the_tables(program: list[Any]) -> None:
    empty()
    try:
        with transaction.atomic(), transaction.atomic(using="other"):
            begin()
        run(program)
        for using, models in TABLES.items():
            audited = [model for model in models if not model._meta.auto_created]
            kept = stored(*audited, using=using)
            assert replay(using) == {label: found for label, found in kept.items() if found}
            for entry in AuditEntry.objects.using(using):
                assert entry.changes or entry.event_type != "update"
    finally:
        empty()


@pytest.mark.django_db
def test_replay_finds_what_is_missing() -> None:
    author = Author.objects.create(name="Ann")
    assert replay() == stored(Author)
    Author.objects.filter(pk=author.pk)._update([(Author._meta.get_field("name"), None, "Bea")])
    assert replay() != stored(Author)
    author.name = "Cleo"
    author.save()
    with pytest.raises(AssertionError):
        replay()
