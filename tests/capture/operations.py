"""What random programs do: each way that the ORM has to write.

Numbers pick rows among those that there are, so that a program goes on whatever became of them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from asgiref.sync import async_to_sync
from django.core import serializers
from django.db import connection, transaction
from django.db.models import OuterRef, Subquery

from tests.testapp.models import (
    Author,
    Binding,
    Book,
    Club,
    Document,
    Dossier,
    Node,
    Note,
    Person,
    Place,
    Pledge,
    Portrait,
    Sheet,
    Sticker,
    Stock,
    Tag,
)


class Failed(Exception):
    """Something that fails on purpose."""


def pick(model: Any, number: int, using: str = "default") -> Any:
    """Return some row of a model, or ``None``."""
    found = list(model._base_manager.using(using).order_by("pk"))
    return found[number % len(found)] if found else None


def some(model: Any, numbers: list[int]) -> list[Any]:
    """Return some rows, each once."""
    found = [row for row in (pick(model, number) for number in numbers) if row is not None]
    return list({row.pk: row for row in found}.values())


def wait(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call an asynchronous method."""

    async def call() -> Any:
        return await function(*args, **kwargs)

    return async_to_sync(call)()


# Instances


def create(model: Any, values: dict[str, Any], using: str = "default") -> None:
    model._base_manager.using(using).create(**values)


def save(
    model: Any, number: int, values: dict[str, Any], fields: Any = None, using: str = "default"
) -> None:
    instance = pick(model, number, using)
    if instance is not None:
        for name, value in values.items():
            setattr(instance, name, value)
        instance.save(update_fields=fields)


def save_by_parents_key(model: Any, number: int, name: str) -> None:
    """As a copy that is made by keys: the links to the parents are not set."""
    found = pick(model, number)
    if found is not None:
        links = {f.name for f in model._meta.concrete_fields if f.remote_field}
        fields = [f.attname for f in model._meta.concrete_fields if f.name not in links]
        model(**{name: getattr(found, name) for name in fields} | {"name": name}).save()


def save_async(model: Any, number: int, values: dict[str, Any]) -> None:
    instance = pick(model, number)
    if instance is not None:
        for name, value in values.items():
            setattr(instance, name, value)
        wait(instance.asave)


def save_stale(number: int, first: str, second: str) -> None:
    one, two = pick(Author, number), pick(Author, number)
    if one is not None:
        one.name, two.name = first, second
        one.save()
        two.save()
        two.save()


def save_deferred(number: int, title: str, loads: bool) -> None:
    key = getattr(pick(Book, number), "pk", None)
    for book in Book.objects.filter(pk=key).only("title", "author"):
        if loads:
            assert book.price is not None
        book.title = title
        book.save()


def save_refreshed(number: int, name: str) -> None:
    author = pick(Author, number)
    if author is not None:
        author.name = "not this"
        author.refresh_from_db()
        author.save()
        author.name += name
        author.save()


def save_locked(number: int, name: str) -> None:
    with transaction.atomic():
        author = Author.objects.select_for_update().order_by("pk").first()
        if author is not None:
            author.name = name
            author.save()


def save_copy(model: Any, number: int, how: str) -> None:
    """Save a row once more, under another key or, by force, under its own."""
    instance = pick(model, number)
    if instance is None:
        return
    if how == "another key":
        instance.pk = instance.pk[:5] + "x" if isinstance(instance.pk, str) else instance.pk + 1
    elif how == "no key":
        instance.pk = None
        instance._state.adding = True
    instance.save(force_insert=how == "by force")


def save_elsewhere(number: int, name: str) -> None:
    author = pick(Author, number)
    if author is not None:
        author.name = name
        author.save(using="other")


def delete(model: Any, number: int, using: str = "default") -> None:
    instance = pick(model, number, using)
    if instance is not None:
        instance.delete()


def delete_async(model: Any, number: int) -> None:
    instance = pick(model, number)
    if instance is not None:
        wait(instance.adelete)


def delete_twice(number: int) -> None:
    one, two = pick(Tag, number), pick(Tag, number)
    if one is not None:
        one.delete()
        two.delete()


def delete_child_only(model: Any, number: int) -> None:
    instance = pick(model, number)
    if instance is not None:
        instance.delete(keep_parents=True)


def load(model: Any, number: int, fields: dict[str, Any]) -> None:
    """Load a row from a fixture, with other values."""
    instance = pick(model, number)
    if instance is not None:
        (data,) = serializers.serialize("python", [instance])
        data["fields"] |= fields
        for loaded in serializers.deserialize("python", [data]):
            loaded.save()


# Relations


def change_related(manager: Any, operation: str, objects: list[Any]) -> None:
    method = getattr(manager, operation)
    if operation in {"aset", "aclear", "aadd", "aremove"}:
        method = functools.partial(wait, method)
    if operation in {"set", "aset"}:
        method(objects, clear=len(objects) == 1)
    elif operation in {"clear", "aclear"}:
        method()
    else:
        method(*objects)


def relate(operation: str, number: int, others: list[int], reverse: bool) -> None:
    owner = pick(Tag if reverse else Book, number)
    if owner is not None:
        manager = owner.books if reverse else owner.tags
        change_related(manager, operation, some(Book if reverse else Tag, others))


def relate_notes(operation: str, number: int, others: list[int]) -> None:
    place = pick(Place, number)
    if place is not None:
        change_related(place.notes, operation, some(Note, others))


def cite(operation: str, number: int, others: list[int], reverse: bool) -> None:
    if pick(Sheet, 1) is None:
        Sheet.objects.create(text="new")
    owner = pick(Document if reverse else Sheet, number)
    if owner is not None:
        manager = owner.quoted_by if reverse else owner.sources
        change_related(manager, operation, some(Sheet if reverse else Document, others))


def relate_stickers(operation: str, number: int, others: list[int]) -> None:
    place = pick(Place, number)
    if place is not None:
        change_related(place.stickers, operation, some(Sticker, others))


def through_notes(operation: str, number: int, text: str) -> None:
    place = pick(Place, number)
    if place is None:
        return
    if operation == "create":
        place.notes.create(text=text)
    elif operation == "update":
        place.notes.update(text=text)
    else:
        place.notes.update_or_create(text=text, defaults={"is_hidden": True})


def befriend(operation: str, one: int, others: list[int]) -> None:
    first = pick(Person, one)
    if first is not None:
        change_related(first.friends, operation, some(Person, others))


def join(operation: str, one: int, others: list[int], role: str) -> None:
    person, clubs = pick(Person, one), some(Club, others)
    if person is None:
        return
    if operation == "add":
        person.groups.add(*clubs, through_defaults={"role": role})
    else:
        change_related(person.groups, operation, clubs)


def write_between(operation: str, number: int, tag: int) -> None:
    """Write a row of a many-to-many table by hand."""
    through = Book.tags.through
    row, other, book = pick(through, number), pick(Tag, tag), pick(Book, number)
    if operation == "update":
        through.objects.filter(pk=getattr(row, "pk", None)).update(tag=other)
    elif operation == "delete":
        through.objects.filter(tag=other).delete()
    elif operation == "save" and row is not None and other is not None:
        row.tag = other
        row.save()
    elif operation == "bulk_create" and book is not None:
        rows = [through(book=book, tag=each) for each in Tag.objects.all()]
        through.objects.bulk_create(rows, ignore_conflicts=True)


# Many rows


def upsert(skus: list[str], count: int, how: str) -> None:
    objs = [Stock(sku=sku, count=count) for sku in dict.fromkeys(skus)]
    if how == "ignore":
        Stock.objects.bulk_create(objs, ignore_conflicts=True)
        return
    unique = {} if connection.vendor == "mysql" else {"unique_fields": ["sku"]}
    create = Stock.objects.bulk_create
    if how == "async":
        create = functools.partial(wait, Stock.objects.abulk_create)
    size = 2 if how == "batches" else None
    create(objs, batch_size=size, update_conflicts=True, update_fields=["count"], **unique)


def upsert_documents(title: str) -> None:
    found = [Document(id=each.pk, title=title) for each in Document.objects.order_by("pk")[:2]]
    unique = {} if connection.vendor == "mysql" else {"unique_fields": ["id"]}
    Document.objects.bulk_create(
        [*found, Document(title=title)], update_conflicts=True, update_fields=["title"], **unique
    )


def bulk_update(model: Any, field: str, values: list[Any], how: str) -> None:
    found = list(model._base_manager.order_by("pk")[: len(values)])
    for instance, value in zip(found, values, strict=False):
        setattr(instance, field, value)
    if how == "async":
        wait(model._base_manager.abulk_update, found, [field])
    else:
        size = 1 if how == "batches" else None
        model._base_manager.bulk_update(found, [field], batch_size=size)


def in_async(queryset: Callable[[], Any], method: str, **values: Any) -> None:
    wait(getattr(queryset(), method), **values)


def titles_by_author() -> None:
    name = Author.objects.filter(pk=OuterRef("author_id")).values("name")[:1]
    Book.objects.filter(author__isnull=False).update(title=Subquery(name))


# Objects that point to others


def assign(number: int, author: int, title: str) -> None:
    save(Book, number, {"author": pick(Author, author), "title": title})


def own(author: int, text: str) -> None:
    Dossier.objects.create(owner=pick(Author, author), text=text)


def note(place: int, text: str) -> None:
    Note.everything.create(place=pick(Place, place), text=text)


def bind(document: int, colour: str) -> None:
    found = pick(Document, document)
    if found is not None:
        Binding.objects.update_or_create(document=found, defaults={"colour": colour})


def stick(place: int, text: str) -> None:
    Sticker.objects.create(content=pick(Place, place), text=text)


def grow(parent: int, name: str) -> None:
    Node.objects.create(parent=pick(Node, parent), name=name)


def move(number: int, parent: int) -> None:
    save(Node, number, {"parent": pick(Node, parent)})


def paint(author: int, style: str) -> None:
    sitter = pick(Author, author)
    if sitter is not None:
        Portrait.objects.update_or_create(author=sitter, defaults={"style": style})


def pledge(club: int, former: int, patron: int, venue: int) -> None:
    Pledge.objects.create(
        club=pick(Club, club),
        former_club=pick(Club, former),
        # Those that they protect do not go.
        patron=pick(Person, patron) if patron == 1 else None,
        venue=pick(Place, venue) if venue == 1 else None,
    )


def create_later(name: str) -> None:
    """Once this transaction is committed, if it is."""
    transaction.on_commit(lambda: create(Author, {"name": name}))


def with_receiver(signal: Any, model: Any, at: int, work: Any) -> None:
    """Do something while a receiver of the host fails when it is called for the n-th time."""
    function, arguments = work
    calls: list[Any] = []

    def receive(**kwargs: Any) -> None:
        calls.append(kwargs)
        if len(calls) > at:
            raise Failed

    signal.connect(receive, sender=model)
    try:
        function(*arguments)
    finally:
        signal.disconnect(receive, sender=model)
