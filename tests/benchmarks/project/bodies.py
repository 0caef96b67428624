"""What the cases do: each function returns an operation, and what it is done to one by one."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from tests.benchmarks.project.models import Item, Tag

Work = tuple[Callable[[Any], Any], Iterable[Any]]

OWNERS, TAGS = 20, 40


def values(number: int) -> dict[str, Any]:
    """The fields of a new item, without those that fill themselves."""
    return {
        "name": f"Item {number}",
        "description": f"Item {number} of the catalogue, with a description of ordinary length. "
        "It goes on for a while, as such descriptions do.",
        "quantity": number % 1000,
        "price": Decimal(number % 100_000) / 100,
        "released_on": datetime.date(2020 + number % 6, 1 + number % 12, 1 + number % 28),
        "is_active": number % 3 != 0,
        "status": Item.Status.DRAFT,
        "owner_id": 1 + number % OWNERS,
        "details": {"colour": "red", "sizes": [number % 7, 2, 3], "weight": 1500},
        "email": f"item{number}@example.com",
    }


def touch(item: Item) -> None:
    """Change two fields, as a form does; ``updated_at`` is the third."""
    item.quantity += 1
    item.name = f"Item {item.pk} as of {item.quantity}"


def create(first: int, number: int) -> Work:
    def operation(one: int) -> None:
        Item.objects.create(**values(one))

    return operation, range(first, first + number)


def fetch(first: int, number: int) -> Work:
    def operation(key: int) -> None:
        item = Item.objects.get(pk=key)
        touch(item)
        item.save()

    return operation, range(first, first + number)


def save(first: int, number: int) -> Work:
    def operation(item: Item) -> None:
        touch(item)
        item.save()

    return operation, found(first, number)


def delete(first: int, number: int) -> Work:
    return Item.delete, found(first, number)


def load(first: int, number: int) -> Work:
    items = Item.objects.filter(pk__gte=first, pk__lt=first + number)

    def operation(_: None) -> None:
        assert len(list(items.all())) == number

    return operation, [None]


def m2m(first: int, number: int) -> Work:
    """Add five tags, remove two, set to two that are there and two that are not."""
    tags = list(Tag.objects.order_by("pk"))

    def operation(what: tuple[Item, str, list[Tag]]) -> None:
        item, verb, some = what
        if verb == "set":
            item.tags.set(some)
        else:
            getattr(item.tags, verb)(*some)

    def operations(item: Item) -> Iterable[tuple[Item, str, list[Tag]]]:
        start = item.pk % (TAGS - 7)
        some = tags[start : start + 7]
        return (item, "add", some[:5]), (item, "remove", some[:2]), (item, "set", some[3:])

    return operation, [one for item in found(first, number) for one in operations(item)]


def bulk_create(first: int, number: int) -> Work:
    return Item.objects.bulk_create, [new_items(first, number)]


def update(first: int, number: int) -> Work:
    """Change an indexed field of objects chosen by key, as actions of the admin do."""
    items = Item.objects.filter(pk__in=range(first, first + number))

    def operation(_: None) -> None:
        assert items.update(status=Item.Status.RETIRED) == number

    return operation, [None]


def queryset_delete(first: int, number: int) -> Work:
    items = Item.objects.filter(pk__gte=first, pk__lt=first + number)

    def operation(_: None) -> None:
        assert items.delete()[0] == number

    return operation, [None]


def new_items(first: int, number: int) -> list[Item]:
    return [Item(**values(one)) for one in range(first, first + number)]


def found(first: int, number: int) -> list[Item]:
    items = list(Item.objects.filter(pk__gte=first, pk__lt=first + number).order_by("pk"))
    assert len(items) == number
    return items


BODIES: dict[str, Callable[[int, int], Work]] = {
    one.__name__: one
    for one in (create, fetch, save, delete, load, m2m, bulk_create, update, queryset_delete)
}
