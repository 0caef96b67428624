"""``bulk_create(update_conflicts=True)``: what came and what was met, also in races."""

from __future__ import annotations

import uuid
from importlib import import_module

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from audit_log.capture import upserting
from tests.capture.helpers import actions, entries, in_thread, last, statements
from tests.testapp.models import Author, Book, Cell, Document, Stock, Tag

pytestmark = pytest.mark.django_db(transaction=True)

needs_rivals = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite: who writes is alone"
)


def upsert(*objs, fields=("count",), unique=("sku",)):
    named = {} if connection.vendor == "mysql" else {"unique_fields": unique}
    return type(objs[0]).objects.bulk_create(
        objs, update_conflicts=True, update_fields=fields, **named
    )


def told(model="stock"):
    """Return what the entries say of the count, oldest first."""
    return [
        (e.action.partition(".")[2], e.changes["count"]["old"], e.changes["count"]["new"])
        for e in entries(target_type__endswith=model)
    ]


@pytest.fixture
def between(monkeypatch):
    """Let somebody else do something between the reading and the upsert."""

    def arrange(*works):
        waiting = list(works)
        foresee = upserting.Upsert._foresee

        def foresee_and_lose(self, *args):
            found = foresee(self, *args)
            if waiting:
                in_thread(waiting.pop(0))
            return found

        monkeypatch.setattr(upserting.Upsert, "_foresee", foresee_and_lose)

    return arrange


@needs_rivals
@pytest.mark.parametrize("count", [1, 5])
def test_row_that_comes_in_between(between, count):
    """It is told as met, also where the upsert finds it just as it would have made it."""
    between(lambda: Stock.objects.create(sku="a", count=count))
    objs = upsert(Stock(sku="a", count=5), Stock(sku="b", count=5))
    expected = [("create", None, count), ("update", count, 5), ("create", None, 5)]
    if count == 5:
        del expected[1]
    assert told() == expected
    # The instances know their keys, as Django has it.
    assert [obj.pk for obj in objs] == [Stock.objects.get(sku=sku).pk for sku in "ab"]
    assert [e.target_id for e in entries()][-1] == str(objs[1].pk)


@needs_rivals
def test_row_with_a_uuid_that_comes_in_between(between):
    key = uuid.uuid4()
    between(lambda: Document.objects.create(id=key, title="theirs"))
    upsert(Document(id=key, title="mine"), fields=["title"], unique=["id"])
    assert [e.changes["title"]["old"] for e in entries()] == [None, "theirs"]


@pytest.mark.mariadb
@pytest.mark.parametrize("early", [False, True])
def test_row_that_is_newer_than_the_snapshot(early, between, monkeypatch):
    """It is met all the same; only a read that locks shows what it held."""
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "isolation_level", "repeatable read")
    connection.close()

    def theirs():
        Stock.objects.create(sku="a", count=1)

    try:
        with transaction.atomic():
            assert Stock.objects.count() == 0
            if early:
                in_thread(theirs)
            else:
                between(theirs)
            upsert(Stock(sku="a", count=2), Stock(sku="b", count=2))
    finally:
        connection.close()
    assert told() == [("create", None, 1), ("update", 1, 2), ("create", None, 2)]


@needs_rivals
def test_row_that_goes_in_between(between):
    Stock.objects.create(sku="a", count=1)
    foresee = upserting.Upsert._foresee
    # Once it is read, it is locked: it can go before only.
    between(lambda: None)
    in_thread(lambda: Stock.objects.all().delete())
    upsert(Stock(sku="a", count=5))
    assert told() == [("create", None, 1), ("delete", 1, None), ("create", None, 5)]
    assert foresee is not upserting.Upsert._foresee


@needs_rivals
def test_transaction_of_the_caller_goes_on(between):
    between(lambda: Stock.objects.create(sku="a", count=1))
    with transaction.atomic():
        Author.objects.create(name="Ann")
        upsert(Stock(sku="a", count=5))
        Author.objects.create(name="Bea")
    assert sorted(actions()) == ["author.create"] * 2 + ["stock.create", "stock.update"]


@needs_rivals
def test_rows_that_keep_coming_in_between(monkeypatch):
    """Then nothing is changed."""
    monkeypatch.setattr(upserting.Upsert, "_foresee", lambda *args: {})
    monkeypatch.setattr(upserting.Upsert, "by_key", lambda *args: {})
    Stock.objects.create(sku="a", count=1)
    with pytest.raises(OperationalError, match="kept adding rows"):
        upsert(Stock(sku="b", count=5), Stock(sku="a", count=5))
    assert told() == [("create", None, 1)]
    assert [(s.sku, s.count) for s in Stock.objects.all()] == [("a", 1)]


def test_statements_of_an_upsert():
    Stock.objects.create(sku="a", count=1)
    with statements() as found:
        upsert(Stock(sku="a", count=2), Stock(sku="b", count=2))
    # The rows, the upsert, the entries; on MariaDB the keys of the rows before.
    assert len(found) == (4 if connection.vendor == "mysql" else 3)


@pytest.mark.skipif(connection.vendor == "postgresql", reason="PostgreSQL refuses it")
def test_one_row_twice():
    """The statement meets what it has made itself; there is one row, and one entry."""
    upsert(Stock(sku="a", count=1), Stock(sku="b", count=2), Stock(sku="a", count=3))
    assert told() == [("create", None, 3), ("create", None, 2)]
    upsert(Stock(sku="a", count=4), Stock(sku="a", count=5))
    assert told()[2:] == [("update", 3, 5)]


def test_keys_of_other_types():
    document = Document.objects.create(title="one")
    upsert(
        Document(id=document.pk, title="met"),
        Document(title="new"),
        fields=["title"],
        unique=["id"],
    )
    assert actions()[1:] == ["document.update", "document.create"]
    Cell.objects.create(row=1, column="a", text="one")
    cells = [Cell(row=1, column="a", text="met"), Cell(row=1, column="b", text="new")]
    upsert(*cells, fields=["text"], unique=("row", "column"))
    assert [e.changes["text"]["old"] for e in entries()[3:]] == [None, "one", None]


@pytest.mark.mariadb
def test_conflict_by_another_key():
    Stock.objects.create(sku="a", shop="x", shelf=1, count=1)
    upsert(Stock(sku="z", shop="x", shelf=1, count=2))
    assert told() == [("create", None, 1), ("update", 1, 2)]
    assert last().changes == {
        "count": {"old": 1, "new": 2},
        "doubled": {"old": 2, "new": 4},
    }


@pytest.mark.mariadb
def test_key_that_the_collation_takes_for_equal():
    Stock.objects.create(sku="a", count=1)
    upsert(Stock(sku="A", count=2))
    assert told() == [("create", None, 1), ("update", 1, 2)]


@pytest.mark.postgres
def test_nulls_that_are_not_distinct():
    Slot = import_module("tests.pgapp.models").Slot  # noqa: N806
    unique = ("shop", "shelf")
    upsert(Slot(shop="x", count=1), Slot(shop="x", shelf=1, count=1), unique=unique)
    upsert(Slot(shop="x", count=2), Slot(shop="x", shelf=1, count=3), Slot(shop="y"), unique=unique)
    assert told("slot") == [
        ("create", None, 1),
        ("create", None, 1),
        ("update", 1, 2),
        ("update", 1, 3),
        ("create", None, 0),
    ]


@pytest.mark.postgres
def test_key_that_a_trigger_changes():
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION lower_sku() RETURNS trigger AS $$ BEGIN NEW.sku := lower(NEW.sku);"
            " RETURN NEW; END $$ LANGUAGE plpgsql"
        )
        cursor.execute(
            "CREATE TRIGGER lower_sku BEFORE INSERT ON testapp_stock"
            " FOR EACH ROW EXECUTE FUNCTION lower_sku()"
        )
    try:
        upsert(Stock(sku="A", count=1))
        upsert(Stock(sku="A", count=2))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION lower_sku() CASCADE")
    assert told() == [("create", None, 1), ("update", 1, 2)]
    assert entries()[0].changes["sku"]["new"] == "a"


def test_batches():
    Stock.objects.bulk_create(Stock(sku=str(n), count=1) for n in range(0, 50, 2))
    Stock.objects.bulk_create(
        [Stock(sku=str(n), count=2) for n in range(50)],
        batch_size=7,
        update_conflicts=True,
        update_fields=["count"],
        **({} if connection.vendor == "mysql" else {"unique_fields": ["sku"]}),
    )
    assert len(entries(action="stock.create")) == len(entries(action="stock.update")) + 25 == 50


def test_rows_of_a_many_to_many_table():
    book, other = Book.objects.create(title="One"), Book.objects.create(title="Two")
    tag = Tag.objects.create(name="a")
    book.tags.add(tag)
    through = Book.tags.through
    upsert(
        through(book=book, tag=tag),
        through(book=other, tag=tag),
        fields=["tag"],
        unique=["book", "tag"],
    )
    assert [e.target_repr for e in entries(action="book.add_tag")] == ["One", "Two"]
    row = through.objects.get(book=book)
    # One that is pointed elsewhere loses what it had.
    upsert(
        through(pk=row.pk, book=book, tag=Tag.objects.create(name="b")),
        fields=["tag"],
        unique=["pk"],
    )
    (change,) = last().changes.values()
    assert [item["repr"] for item in change["added"]] == ["b"]
    assert [item["repr"] for item in change["removed"]] == ["a"]


def test_what_the_database_refuses():
    Stock.objects.create(sku="a", shop="x", shelf=1)
    with pytest.raises(IntegrityError):
        Stock.objects.bulk_create([Stock(sku="b"), Stock(sku=None)])
    assert actions() == ["stock.create"]


def test_summary(settings):
    settings.AUDIT_LOG = {"MODELS": {"testapp.Stock": {"bulk": "summary"}}}
    upsert(Stock(sku="a", count=1), Stock(sku="b", count=1))
    assert last().metadata == {"bulk": "upsert", "count": 2, "values": {}}


def test_rows_that_cannot_be_read(settings, monkeypatch):
    """Under ON_ERROR = "log" the upsert is done all the same."""

    def fail(*args):
        raise RuntimeError("no rows today")

    monkeypatch.setattr(upserting.Upsert, "_foresee", fail)
    with pytest.raises(RuntimeError):
        upsert(Stock(sku="a", count=1))
    assert not Stock.objects.exists()
    settings.AUDIT_LOG = {"ON_ERROR": "log"}
    (stock,) = upsert(Stock(sku="a", count=1))
    assert stock.pk == Stock.objects.get().pk
    assert entries() == []
