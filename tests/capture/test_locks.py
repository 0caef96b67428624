"""Locks: none that the application's own statements would not take, and none too few."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db import connection, transaction
from django.db.models import Value
from django.db.models.functions import Concat

from tests.capture.helpers import entries, held, in_thread
from tests.testapp.models import Author, Book, Cafe, Stock

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not connection.features.has_select_for_update, reason="the database has no row locks"
    ),
]

LEVELS = ("read committed", "repeatable read")


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest) -> Iterator[str]:
    """Connections at a level of isolation, which do not wait long for locks."""
    options = connection.settings_dict["OPTIONS"]
    kept = dict(options)
    if connection.vendor == "mysql":
        options["isolation_level"] = request.param
        options["init_command"] = "SET SESSION innodb_lock_wait_timeout = 1"
    else:
        options["options"] = (
            "-c lock_timeout=1000 -c default_transaction_isolation="
            + request.param.replace(" ", "\\ ")
        )
    connection.close()
    yield request.param
    connection.close()
    options.clear()
    options.update(kept)


UPDATES: dict[str, Callable[[], int]] = {
    "by an index": lambda: Book.objects.filter(author__name="Ann").update(weight=1),
    "by a foreign key": lambda: Book.objects.filter(author=Author.objects.get(name="Ann")).update(
        weight=1
    ),
    "by no index": lambda: Book.objects.filter(pages=1).update(weight=1),
    "with an expression": lambda: Book.objects.filter(pages=1).update(
        title=Concat("title", Value("!"))
    ),
    "over inheritance": lambda: Cafe.objects.filter(seats=1).update(name="x", seats=3),
}


@pytest.mark.parametrize("name", UPDATES)
def test_update_waits_for_no_row_that_does_not_match(name, level):
    """As the update alone: what others hold and it does not hit is none of its business."""
    locking = connection.vendor == "mysql" and level == "repeatable read"
    if locking and name in {"by no index", "with an expression"}:
        pytest.skip("there, InnoDB waits for each row that it looks at, also without the log")
    ann, bea = Author.objects.create(name="Ann"), Author.objects.create(name="Bea")
    for author in (ann, bea):
        for number in range(2):
            Book.objects.create(title=str(number), author=author, pages=author.pk - ann.pk + 1)
    Cafe.objects.create(name="one", seats=1)
    Cafe.objects.create(name="two", seats=2)

    def hold() -> None:
        Book.objects.filter(
            pk__in=list(Book.objects.filter(author=bea).values_list("pk", flat=True))
        ).update(rating=1)
        Cafe.objects.filter(
            pk__in=list(Cafe.objects.filter(seats=2).values_list("pk", flat=True))
        ).update(stars=1)

    count = len(entries())
    with held(hold):
        assert UPDATES[name]() in {1, 2}
    assert len(entries()) > count


def test_upsert_of_new_rows_waits_for_no_other(level):
    """No gap between rows is locked, in which others may add theirs."""
    if connection.vendor == "mysql" and level == "repeatable read":
        pytest.skip("there, InnoDB's upsert locks the gap, also without the log")

    def upsert(sku: str) -> None:
        unique = {} if connection.vendor == "mysql" else {"unique_fields": ["sku"]}
        Stock.objects.bulk_create(
            [Stock(sku=sku, count=1)], update_conflicts=True, update_fields=["count"], **unique
        )

    upsert("a")
    upsert("z")
    with held(lambda: upsert("m")):
        upsert("l")
        upsert("n")
    assert [e.changes["sku"]["new"] for e in entries()] == ["a", "z", "m", "l", "n"]


@pytest.mark.parametrize("by", ["update", "save", "bulk_update"])
def test_row_that_is_newer_than_the_snapshot(by, level):
    """What was there already, written again, is no change, however old the snapshot is."""
    if connection.vendor != "mysql":
        pytest.skip("PostgreSQL refuses to write such a row")
    author = Author.objects.create(name="Ann")

    def rename() -> None:
        Author.objects.filter(pk=author.pk).update(name="Bea")

    with transaction.atomic():
        assert Author.objects.get().name == "Ann"  # the snapshot, at REPEATABLE READ
        in_thread(rename)
        if by == "update":
            Author.objects.update(name=Concat(Value("B"), Value("ea")))
        elif by == "save":
            author.name = Concat(Value("B"), Value("ea"))
            author.save()
        else:
            author.name = "Bea"
            Author.objects.bulk_update([author], ["name"])
    assert [entry.changes["name"] for entry in entries()] == [
        {"old": None, "new": "Ann"},
        {"old": "Ann", "new": "Bea"},
    ]
    assert Author.objects.get().name == "Bea"
