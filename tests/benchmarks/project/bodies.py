"""What the cases do: each function prepares its objects and returns what is timed."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.benchmarks.project.models import Basket, Item, Tag

Body = Callable[[], None]

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
        "details": {"colour": "red", "sizes": [number % 7, 2, 3], "weight": 1.5},
        "email": f"item{number}@example.com",
    }


def touch(item: Item) -> None:
    """Change two fields, as a form does; ``updated_at`` is the third."""
    item.quantity += 1
    item.name = f"Item {item.pk} as of {item.quantity}"


def create(first: int, number: int) -> Body:
    def body() -> None:
        for one in range(first, first + number):
            Item.objects.create(**values(one))

    return body


def fetch(first: int, number: int) -> Body:
    def body() -> None:
        for key in range(first, first + number):
            item = Item.objects.get(pk=key)
            touch(item)
            item.save()

    return body


def save(first: int, number: int) -> Body:
    items = items_of(first, number)

    def body() -> None:
        for item in items:
            touch(item)
            item.save()

    return body


def delete(first: int, number: int) -> Body:
    items = items_of(first, number)

    def body() -> None:
        for item in items:
            item.delete()

    return body


def load(first: int, number: int) -> Body:
    found = Item.objects.filter(pk__gte=first, pk__lt=first + number)

    def body() -> None:
        assert len(list(found.all())) == number

    return body


def m2m(first: int, number: int) -> Body:
    """Add five tags, remove two, set to two that are there and two that are not."""
    baskets = list(Basket.objects.filter(pk__gte=first, pk__lt=first + number).order_by("pk"))
    assert len(baskets) == number
    tags = list(Tag.objects.order_by("pk"))

    def body() -> None:
        for basket in baskets:
            start = basket.pk % (TAGS - 7)
            some = tags[start : start + 7]
            basket.tags.add(*some[:5])
            basket.tags.remove(*some[:2])
            basket.tags.set(some[3:])

    return body


def bulk_create(first: int, number: int) -> Body:
    items = [Item(**values(one)) for one in range(first, first + number)]

    def body() -> None:
        Item.objects.bulk_create(items)

    return body


def update(first: int, number: int) -> Body:
    found = Item.objects.filter(pk__gte=first, pk__lt=first + number)

    def body() -> None:
        assert found.update(status=Item.Status.RETIRED) == number

    return body


def queryset_delete(first: int, number: int) -> Body:
    found = Item.objects.filter(pk__gte=first, pk__lt=first + number)

    def body() -> None:
        assert found.delete()[0] == number

    return body


def items_of(first: int, number: int) -> list[Item]:
    items = list(Item.objects.filter(pk__gte=first, pk__lt=first + number).order_by("pk"))
    assert len(items) == number
    return items


BODIES: dict[str, Callable[[int, int], Body]] = {
    "create": create,
    "fetch": fetch,
    "save": save,
    "delete": delete,
    "load": load,
    "m2m": m2m,
    "bulk_create": bulk_create,
    "update": update,
    "queryset_delete": queryset_delete,
}
