"""Random programs of ORM operations: the log replayed is the tables, and nothing else is in it."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit_log.models import AuditEntry, AuditReference
from tests.capture.replay import replay, stored
from tests.testapp.models import (
    Author,
    Book,
    Cafe,
    Club,
    Country,
    Dossier,
    Membership,
    Note,
    Person,
    Place,
    Restaurant,
    Stock,
    Tag,
)

# From what nothing refers to, to what is referred to.
MODELS = (
    Book.tags.through,
    Person.friends.through,
    Membership,
    Note,
    Dossier,
    Book,
    Tag,
    Author,
    Country,
    Stock,
    Person,
    Club,
    Cafe,
    Restaurant,
    Place,
)
PROGRAMS = int(os.environ.get("AUDIT_LOG_PROGRAMS", "150"))


class Failed(Exception):
    """A block that fails on purpose."""


def pick(model: Any, number: int) -> Any:
    """Return some row of a model, or ``None``."""
    found = list(model._base_manager.order_by("pk"))
    return found[number % len(found)] if found else None


def save(model: Any, number: int, values: dict[str, Any], fields: list[str] | None) -> None:
    instance = pick(model, number)
    if instance is not None:
        for name, value in values.items():
            setattr(instance, name, value)
        instance.save(update_fields=fields)


def write_stale(number: int, first: str, second: str) -> None:
    one, two = pick(Author, number), pick(Author, number)
    if one is not None:
        one.name, two.name = first, second
        one.save()
        two.save()


def delete(model: Any, number: int) -> None:
    instance = pick(model, number)
    if instance is not None:
        instance.delete()


def relate(operation: str, number: int, others: list[int], reverse: bool) -> None:
    owner_model, other_model = (Tag, Book) if reverse else (Book, Tag)
    owner = pick(owner_model, number)
    found = [other for other in (pick(other_model, n) for n in others) if other is not None]
    if owner is None:
        return
    manager = owner.books if reverse else owner.tags
    if operation == "clear":
        manager.clear()
    elif operation == "set":
        manager.set(found)
    else:
        getattr(manager, operation)(*found)


def befriend(operation: str, one: int, two: int) -> None:
    first, second = pick(Person, one), pick(Person, two)
    if first is not None:
        getattr(first.friends, operation)(second)


def join(operation: str, one: int, two: int, role: str) -> None:
    person, club = pick(Person, one), pick(Club, two)
    if person is None or club is None:
        return
    if operation == "add":
        person.groups.add(club, through_defaults={"role": role})
    elif operation == "set":
        person.groups.set([club])
    else:
        person.groups.remove(club)


def upsert(skus: list[str], count: int, ignore: bool) -> None:
    objs = [Stock(sku=sku, count=count) for sku in dict.fromkeys(skus)]
    if ignore:
        Stock.objects.bulk_create(objs, ignore_conflicts=True)
        return
    unique = {} if connection.vendor == "mysql" else {"unique_fields": ["sku"]}
    Stock.objects.bulk_create(objs, update_conflicts=True, update_fields=["count"], **unique)


def bulk_update(names: list[str]) -> None:
    found = list(Author.objects.order_by("pk")[: len(names)])
    for author, name in zip(found, names, strict=False):
        author.name = name
    Author.objects.bulk_update(found, ["name"])


def assign(number: int, author: int, title: str) -> None:
    save(Book, number, {"author": pick(Author, author), "title": title}, None)


def own(author: int, text: str) -> None:
    Dossier.objects.create(owner=pick(Author, author), text=text)


def note(place: int, text: str) -> None:
    Note.everything.create(place=pick(Place, place), text=text)


text = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
number = st.integers(0, 3)
code = st.sampled_from(["a", "b", "c"])
price = st.one_of(
    st.decimals(-999, 999, places=2), st.integers(-99, 99), st.sampled_from(["1.5", "0", "-2.25"])
)
json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-99, 99), text, st.floats(-9, 9, width=16)),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(text, inner, max_size=2)),
    max_leaves=4,
).filter(lambda value: value is not None)


relations = st.sampled_from(["add", "remove", "set", "clear"])
numbers = st.lists(number, max_size=3)
names = st.lists(text, min_size=1, max_size=3)


def call(function: Any, *arguments: Any) -> Any:
    return st.tuples(st.just(function), st.tuples(*arguments))


BOOKS = [
    call(lambda name: Author.objects.create(name=name), text),
    call(lambda name: Tag.objects.create(name=name), text),
    call(
        lambda title, p, extra: Book.objects.create(title=title, price=p, extra=extra),
        text,
        price,
        json,
    ),
    call(assign, number, number, text),
    call(lambda n, p: save(Book, n, {"price": p}, ["price"]), number, price),
    call(lambda n, e: save(Book, n, {"extra": e}, None), number, json),
    call(lambda n: save(Book, n, {"price": F("price") + 1}, None), number),
    call(lambda n, flag: save(Book, n, {"is_published": flag}, None), number, st.booleans()),
    call(lambda n: save(Book, n, {}, None), number),
    call(lambda p: Book.objects.update(price=p), price),
    call(lambda: Book.objects.update(price=F("price") / 3)),
    call(lambda t: Book.objects.filter(is_published=True).update(title=t, pages=1), text),
    call(relate, relations, number, numbers, st.booleans()),
    call(relate, relations, number, numbers, st.booleans()),
    call(own, number, text),
    call(delete, st.sampled_from([Author, Book, Tag, Dossier]), number),
    call(lambda m: m._base_manager.all().delete(), st.sampled_from([Author, Book, Tag])),
]
TAGS = [
    call(lambda name: Tag.objects.create(name=name), text),
    call(lambda title: Book.objects.create(title=title), text),
    call(relate, relations, number, numbers, st.booleans()),
    call(relate, relations, number, numbers, st.booleans()),
    call(delete, st.sampled_from([Book, Tag]), number),
]
AUTHORS = [
    call(lambda name: Author.objects.create(name=name), text),
    call(write_stale, number, text, text),
    call(lambda names: Author.objects.bulk_create([Author(name=n) for n in names]), names),
    call(bulk_update, names),
    call(own, number, text),
    call(delete, st.sampled_from([Author, Dossier]), number),
]
KEYS = [
    call(lambda c, name: Country(code=c, name=name).save(), code, text),
    call(lambda c, name: Country.objects.create(code=c, name=name), code, text),
    call(lambda c, d: Country.objects.filter(code=c).update(code=d), code, code),
    call(lambda c: Country.objects.filter(code=c).delete(), code),
    call(
        lambda c, name: Country.objects.update_or_create(code=c, defaults={"name": name}),
        code,
        text,
    ),
    call(upsert, st.lists(code, min_size=1, max_size=3), number, st.booleans()),
    call(lambda: Stock.objects.update(count=F("count") + 1)),
    call(lambda c: Stock.objects.filter(sku=c).delete(), code),
]
PLACES = [
    call(lambda name: Place.objects.create(name=name), text),
    call(lambda name: Restaurant.objects.create(name=name, stars=1), text),
    call(lambda name: Cafe.objects.create(name=name, stars=1, seats=2), text),
    call(lambda n, name: save(Cafe, n, {"name": name, "seats": 5}, None), number, text),
    call(lambda n, name: save(Restaurant, n, {"name": name}, ["name"]), number, text),
    call(lambda n, name: save(Place, n, {"name": name}, None), number, text),
    call(lambda stars: Restaurant.objects.update(stars=stars, name="updated"), number),
    call(lambda: Place.objects.update(name=Concat(F("name"), Value("!")))),
    call(note, number, text),
    call(delete, st.sampled_from([Cafe, Restaurant, Place, Note]), number),
    call(lambda m: m._base_manager.all().delete(), st.sampled_from([Cafe, Restaurant, Place])),
]
PEOPLE = [
    call(lambda name: Person.objects.create(name=name), text),
    call(lambda name: Club.objects.create(name=name), text),
    call(befriend, st.sampled_from(["add", "remove"]), number, number),
    call(join, st.sampled_from(["add", "remove", "set"]), number, number, text),
    call(delete, st.sampled_from([Person, Club, Membership]), number),
    call(lambda m: m._base_manager.all().delete(), st.sampled_from([Person, Club])),
]


def blocks(operation: Any) -> Any:
    """Return programs of an operation, some of them in nested blocks that may fail."""
    return st.recursive(
        st.lists(operation, max_size=6),
        lambda inner: st.lists(
            st.one_of(operation, st.tuples(st.just("atomic"), st.tuples(st.booleans(), inner))),
            max_size=6,
        ),
        max_leaves=5,
    )


def about(operations: list[Any]) -> Any:
    operation = st.one_of(operations)
    return blocks(operation)


# Mostly about few models, so that operations meet each other's rows.
THEMES = (BOOKS, TAGS, AUTHORS, KEYS, PLACES, PEOPLE)
program = st.one_of(*map(about, THEMES), about([each for theme in THEMES for each in theme]))


def run(steps: list[Any]) -> None:
    for function, arguments in steps:
        if function == "atomic":
            fails, inner = arguments
            try:
                with transaction.atomic():
                    run(inner)
                    if fails:
                        raise Failed
            except Failed:
                pass
            continue
        try:
            # What the database refuses must not spoil what follows; alone, it is autocommit.
            if connection.in_atomic_block:
                with transaction.atomic():
                    function(*arguments)
            else:
                function(*arguments)
        except DatabaseError:
            pass


def begin() -> None:
    """Make rows for the program to find."""
    authors = [Author.objects.create(name=name) for name in "AB"]
    books = [Book.objects.create(title=name, author=authors[0]) for name in "CD"]
    books[0].tags.add(*[Tag.objects.create(name=name) for name in "EF"])
    Country.objects.create(code="a", name="G")
    Stock.objects.create(sku="a", count=1)
    Cafe.objects.create(name="H", stars=1, seats=1)
    Restaurant.objects.create(name="I", stars=2)
    people = [Person.objects.create(name=name) for name in "KL"]
    people[0].friends.add(people[1])
    people[0].groups.add(Club.objects.create(name="M"))


def empty() -> None:
    for model in (AuditReference, AuditEntry, *MODELS):
        model._base_manager.all()._raw_delete("default")


@pytest.mark.django_db(transaction=True)
@settings(
    max_examples=PROGRAMS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(program)
def test_replayed_log_is_the_tables(program: list[Any]) -> None:
    empty()
    try:
        begin()
        run(program)
        audited = [model for model in MODELS if not model._meta.auto_created]
        assert replay() == {label: found for label, found in stored(*audited).items() if found}
        for entry in AuditEntry.objects.all():
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
