"""Bulk operations: an entry a row that changed, no query a row."""

from __future__ import annotations

import decimal
import re

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import FieldDoesNotExist
from django.db import (
    DatabaseError,
    IntegrityError,
    NotSupportedError,
    OperationalError,
    connection,
    models,
    transaction,
)
from django.db.models import Case, Count, Exists, F, Func, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Concat, Lower, Now, Random, Upper

from audit_log.capture import before_after, inserting, matching
from audit_log.models import AuditEntry
from tests.capture.helpers import actions, entries, last, statements
from tests.testapp.models import (
    Author,
    Book,
    Cafe,
    Cell,
    Country,
    Document,
    Dossier,
    Note,
    Odd,
    Place,
    Restaurant,
    Stock,
    Tag,
)

pytestmark = pytest.mark.django_db

# MariaDB's rows are locked by keys that are found before.
FINDS_KEYS = connection.vendor == "mysql"


def told(**filters):
    """Return (text, changes) of the entries, oldest first."""
    return [(e.target_repr, e.changes) for e in entries(**filters)]


@pytest.fixture
def countries():
    made = Country.objects.bulk_create(
        [Country(code=code, name=f"Country {code}") for code in "abcd"]
    )
    assert actions() == ["country.create"] * 4
    return made


@pytest.fixture
def batch(monkeypatch):
    """Batches of two, so that few rows are many."""
    for module, name in ((matching, "BATCH"), (matching, "KEYS"), (inserting, "BATCH")):
        monkeypatch.setattr(module, name, 2)


# update()


def test_update_of_some_rows(countries):
    with statements() as found:
        assert Country.objects.filter(code__in=["a", "c"]).update(name="X") == 2
    assert len(found) == 3 + FINDS_KEYS  # rows, UPDATE, entries
    assert [(e.target_id, e.changes) for e in entries(event_type="update")] == [
        ("a", {"name": {"old": "Country a", "new": "X"}}),
        ("c", {"name": {"old": "Country c", "new": "X"}}),
    ]


def test_update_to_the_same_leaves_nothing(countries):
    assert Country.objects.update(name="X") == 4
    assert Country.objects.update(name="X") == 4
    assert len(entries(event_type="update")) == 4
    assert Country.objects.filter(code="zz").update(name="Y") == 0


def test_update_with_an_expression(countries):
    Country.objects.update(name=Concat(F("name"), Value("!")))
    assert [e.changes["name"]["new"] for e in entries(event_type="update")] == [
        f"Country {code}!" for code in "abcd"
    ]
    Country.objects.update(name=Case(When(code="a", then=Value("A")), default=Upper(F("name"))))
    assert last().changes["name"] == {"old": "Country d!", "new": "COUNTRY D!"}


def test_update_of_the_column_in_the_filter(countries):
    Country.objects.filter(name="Country a").update(name="Z")
    assert last().changes == {"name": {"old": "Country a", "new": "Z"}}
    Country.objects.filter(name__startswith="Country").update(name=F("code"))
    assert len(entries(event_type="update")) == 4


@pytest.mark.parametrize("batch", [5, 1000])
def test_condition_that_holds_for_other_rows_each_time(batch, monkeypatch):
    """It is asked once, and those rows are updated and told."""
    monkeypatch.setattr(matching, "BATCH", batch)
    Author.objects.bulk_create([Author(name="a") for _ in range(40)])
    before = len(entries())
    count = Author.objects.alias(r=Random()).filter(r__gt=0.5).update(name="b")
    changed = Author.objects.filter(name="b").values_list("pk", flat=True)
    assert sorted(int(e.target_id) for e in entries()[before:]) == sorted(changed)
    assert count == len(changed) > 5
    assert Author.objects.alias(r=Random()).filter(r__gt=2).update(name="c") == 0


@pytest.mark.parametrize(
    ("condition", "volatile"),
    [
        (Q(released__lt=Now()), True),
        (~Q(Q(pages=1) | Q(released__gt=F("released") - Now())), True),
        (Q(author__in=Author.objects.filter(name=Cast(Now(), models.CharField()))), True),
        (Exists(Book.objects.filter(pk=OuterRef("pk"), released__lt=Now())), True),
        (Q(pk__in=RawSQL("SELECT 1", [])), True),
        (Q(title=Func("title", function="SHUFFLE")), True),
        (Q(title=Lower("title"), author__in=Author.objects.filter(name="x")), False),
    ],
)
def test_conditions_that_may_hold_for_others(condition, volatile):
    found = matching.Matching(Book.objects.filter(condition), ["id"], {})
    assert found.is_volatile is volatile


def test_update_with_a_join_and_a_subquery():
    ann, bea = Author.objects.create(name="Ann"), Author.objects.create(name="Bea")
    Book.objects.create(title="One", author=ann)
    Book.objects.create(title="Two", author=bea)
    Book.objects.filter(author__name="Ann").update(pages=3)
    assert (last().target_repr, last().changes) == ("One", {"pages": {"old": None, "new": 3}})
    name = Author.objects.filter(pk=OuterRef("author_id")).values("name")[:1]
    Book.objects.update(title=Subquery(name))
    assert [(e.changes["title"]["old"], e.changes["title"]["new"]) for e in entries()[-2:]] == [
        ("One", "Ann"),
        ("Two", "Bea"),
    ]
    Author.objects.annotate(n=Count("book")).filter(n=1, name="Bea").update(name="B")
    assert last().changes == {"name": {"old": "Bea", "new": "B"}}
    Book.objects.filter(author__isnull=False).distinct().update(pages=9)
    assert len(entries(action="book.update")) == 5


def test_update_takes_transitions_and_references():
    author = Author.objects.create(name="Ann")
    Book.objects.create(title="One", author=author)
    Book.objects.update(is_published=True)
    assert last().action == "book.publish"
    assert last().references.get().target_id == str(author.pk)
    bea = Author.objects.create(name="Bea")
    Book.objects.update(author=bea)
    assert last().changes["author"] == {"old": author.pk, "new": bea.pk}
    assert last().references.count() == 2
    Book.objects.update(author_id=author.pk)
    assert last().changes["author"]["new"] == author.pk


def test_update_of_given_and_rounded_values():
    Book.objects.create(title="One")
    Book.objects.update(price="1.5", pages="7", secret_token="x")
    assert last().changes == {
        "price": {"old": "0.00", "new": "1.50"},
        "pages": {"old": None, "new": 7},
        "secret_token": {"masked": True},
    }
    Book.objects.update(price=F("price") / 7)
    assert decimal.Decimal(last().changes["price"]["new"]) == Book.objects.get().price
    assert len(last().changes["price"]["new"]) == 4


def test_update_of_what_is_generated():
    Odd.objects.create(base=1)
    Odd.objects.update(base=4)
    assert last().changes == {"base": {"old": 1, "new": 4}, "doubled": {"old": 2, "new": 8}}


def test_update_of_a_key(countries):
    Country.objects.filter(code="a").update(code="z")
    entry = last()
    assert (entry.target_id, entry.changes) == ("z", {"code": {"old": "a", "new": "z"}})
    assert AuditEntry.objects.for_target("testapp.country", "a").first() == entry
    Country.objects.update(code=Concat(F("code"), Value("1")))
    assert max(e.target_id for e in entries(event_type="update")) == "z1"
    author = Author.objects.create(pk=1, name="Ann")
    Author.objects.filter(pk=author.pk).update(id=F("id") + 100)
    assert (last().target_id, last().changes) == ("101", {"id": {"old": 1, "new": 101}})
    Cell.objects.create(row=1, column="A", text="x")
    Cell.objects.update(row=2)
    assert last().target_id == '["2", "A"]'


def test_update_over_inheritance():
    Cafe.objects.create(name="Blau", stars=3, seats=20)
    Cafe.objects.filter(stars=3).update(name="Rot", seats=21)
    assert last().changes == {
        "name": {"old": "Blau", "new": "Rot"},
        "seats": {"old": 20, "new": 21},
    }
    assert last().target_type == "testapp.cafe"
    Restaurant.objects.update(stars=F("stars") + 1)
    assert last().changes == {"stars": {"old": 3, "new": 4}}
    assert len(AuditEntry.objects.for_object(Place.objects.get())) == 3
    assert len(AuditEntry.objects.for_object(Cafe.objects.get())) == 3


def test_update_refuses_as_django_does(countries):
    with pytest.raises(TypeError, match="slice"):
        Country.objects.all()[:2].update(name="x")
    with pytest.raises(FieldDoesNotExist):
        Country.objects.update(nothing="x")
    with pytest.raises(NotSupportedError):
        Country.objects.all().union(Country.objects.all()).update(name="x")
    assert entries(event_type="update") == []


def test_update_that_fails(countries):
    with pytest.raises(DatabaseError), transaction.atomic():
        Country.objects.update(code="same")
    assert entries(event_type="update") == []


def test_update_of_excluded_columns(settings, countries):
    settings.AUDIT_LOG = {"MODELS": {"testapp.Country": {"exclude": ["name"]}}}
    with statements() as found:
        Country.objects.update(name="x")
    assert len(found) == 1


def test_update_in_batches(countries, batch):
    with statements() as found:
        assert Country.objects.update(name="X") == 4
    assert sorted(e.target_id for e in entries(event_type="update")) == list("abcd")
    assert len(found) <= 8
    Country.objects.exclude(code="b").update(name=F("code"))
    assert [e.changes["name"]["new"] for e in entries(event_type="update")[4:]] == list("acd")


def test_update_of_a_queryset_that_loads_more(countries):
    book = Book.objects.create(title="One", author=Author.objects.create(name="Ann"))
    Book.objects.select_related("author").prefetch_related("tags").only("title").update(pages=1)
    assert last().changes == {"pages": {"old": None, "new": 1}}
    Book.objects.values("title").filter(pk=book.pk).update(pages=2)
    Book.objects.order_by("-title").update(pages=3)
    assert last().changes == {"pages": {"old": 2, "new": 3}}


def test_update_reads_what_it_needs(monkeypatch):
    """Texts, JSON and bytes that it does not change only once something asks for them."""
    Dossier.objects.bulk_create(Dossier(text=f"long {n}") for n in range(3))
    Book.objects.create(title="One", blob=b"x", extra={"a": 1})
    with statements() as found:
        Book.objects.update(pages=3)
        Dossier.objects.update(owner=None)
    assert not [sql for sql in found if re.search(r"SELECT.*\b(blob|extra|text)\b", sql)]
    Book.objects.update(extra={"a": 2})
    assert last().changes == {"extra": {"old": {"a": 1}, "new": {"a": 2}}}
    # What a text asks for is read with the rows from then on: no query a row.
    monkeypatch.setattr(Dossier, "__str__", lambda self: self.text)
    counts = []
    for name in ("Ann", "Bea"):
        owner = Author.objects.create(name=name)
        with statements() as found:
            Dossier.objects.update(owner=owner)
        counts.append(len(found))
        assert [e.target_repr for e in entries()[-3:]] == ["long 0", "long 1", "long 2"]
    assert counts[0] == counts[1] + 2


@pytest.mark.django_db(transaction=True)
def test_rows_that_come_in_between_are_not_missed(monkeypatch, countries):
    """A row that another transaction adds is either left alone or told of."""
    if not connection.features.has_select_for_update:
        pytest.skip("the database has no row locks: the write lock keeps others out")
    import threading

    from django.db import connections

    def add(code):
        def work():
            Country.objects.create(code=code, name="new")
            connections.close_all()

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    batches = matching.Matching.batches
    wanted = [2, 1]

    def batches_and_more(self):
        yield from batches(self)
        if wanted:
            add(f"n{wanted.pop()}")

    monkeypatch.setattr(matching.Matching, "batches", batches_and_more)
    # Few rows: what came in between is left alone.
    Country.objects.update(name="X")
    assert len(entries(event_type="update")) == Country.objects.filter(name="X").count() == 4
    # Many rows: all is done again, and what came in between is told of.
    for name in ("BATCH", "KEYS"):
        monkeypatch.setattr(matching, name, 2)
    count = len(entries(event_type="update"))
    assert Country.objects.update(name="Y") == Country.objects.filter(name="Y").count() == 6
    assert len(entries(event_type="update")) - count == 6
    monkeypatch.setattr(before_after, "ATTEMPTS", 1)
    wanted.append(3)
    with pytest.raises(OperationalError, match="kept adding rows"):
        Country.objects.update(name="Z")
    assert not Country.objects.filter(name="Z").exists()
    assert len(entries(event_type="update")) - count == 6


def test_summary_and_off(settings):
    settings.AUDIT_LOG = {"MODELS": {"testapp.Country": {"bulk": "summary", "mask": ["name"]}}}
    Country.objects.bulk_create([Country(code=c, name=c) for c in "abc"])
    assert last().metadata == {"bulk": "create", "count": 3, "values": {}}
    Country.objects.update(name="x")
    entry = last()
    assert (entry.action, entry.target_id) == ("country.update", "")
    assert entry.changes == {}
    assert entry.metadata["values"] == {"name": {"masked": True}}
    Country.objects.filter(code="zz").update(name="x")
    assert len(entries()) == 2
    settings.AUDIT_LOG = {"MODELS": {"testapp.Country": {"bulk": "summary"}}}
    Country.objects.update(name=Upper("name"))
    assert "Upper" in last().metadata["values"]["name"]
    settings.AUDIT_LOG = {"MODELS": {"testapp.Country": {"bulk": "off"}}}
    Country.objects.update(name="y")
    Country.objects.bulk_create([Country(code="d", name="d")])
    assert len(entries()) == 3


# bulk_update()


def test_bulk_update(countries):
    for country in countries[:3]:
        country.name = f"New {country.code}"
    countries[1].name = "Country b"
    with statements() as found:
        assert Country.objects.bulk_update(countries, ["name"]) == 4
    assert [(e.target_id, e.changes["name"]["new"]) for e in entries(event_type="update")] == [
        ("a", "New a"),
        ("c", "New c"),
    ]
    assert len(found) == 4 + FINDS_KEYS  # rows, UPDATE, rows again, entries


# bulk_create()


def test_bulk_create():
    with statements() as found:
        made = Author.objects.bulk_create([Author(name=name) for name in "abc"])
    assert len(found) == 2
    assert [(e.target_id, e.changes) for e in entries()] == [
        (str(author.pk), {"name": {"old": None, "new": author.name}}) for author in made
    ]
    assert Author.objects.bulk_create([]) == []
    assert Author.objects.bulk_create(Author(name=name) for name in "d")[0].pk


def test_bulk_create_of_what_only_the_database_knows(batch):
    Odd.objects.bulk_create([Odd(shout="a", base="5"), Odd(shout="b"), Odd(shout="c")])
    assert entries()[0].changes["shout"]["new"] == "A"
    assert entries()[0].changes["base"]["new"] == 5
    assert entries()[0].changes["doubled"]["new"] == 10
    assert entries()[2].changes["greeting"]["new"] == "hello"


def test_bulk_create_with_keys_of_their_own():
    Document.objects.bulk_create([Document(title="x"), Document(title="y")])
    assert {e.target_id for e in entries()} == {str(d.pk) for d in Document.objects.all()}


def test_bulk_create_that_ignores_conflicts(countries):
    Country.objects.bulk_create(
        [Country(code="a", name="met"), Country(code="e", name="new")], ignore_conflicts=True
    )
    assert (last().target_id, last().changes["name"]["new"]) == ("e", "new")
    assert len(entries()) == 5
    Country.objects.bulk_create([Country(code="a", name="met")], ignore_conflicts=True)
    assert len(entries()) == 5


def test_bulk_create_that_updates_conflicts():
    Stock.objects.create(sku="a", count=1)
    Stock.objects.create(sku="b", count=2)
    unique = {} if connection.vendor == "mysql" else {"unique_fields": ["sku"]}
    Stock.objects.bulk_create(
        [Stock(sku="a", count=5), Stock(sku="b", count=2), Stock(sku="c", count=3)],
        update_conflicts=True,
        update_fields=["count"],
        **unique,
    )
    found = entries()[2:]
    assert [(e.action, e.changes.get("count")) for e in found] == [
        ("stock.update", {"old": 1, "new": 5}),
        ("stock.create", {"old": None, "new": 3}),
    ]
    assert found[0].changes["doubled"] == {"old": 2, "new": 10}
    assert found[0].target_id == str(Stock.objects.get(sku="a").pk)


def test_bulk_create_that_updates_conflicts_of_two_columns():
    Stock.objects.create(sku="a", shop="x", shelf=1, count=1)
    unique = {} if connection.vendor == "mysql" else {"unique_fields": ["shop", "shelf"]}
    Stock.objects.bulk_create(
        [Stock(sku="b", shop="x", shelf=1, count=9), Stock(sku="c", shop="x", shelf=2)],
        update_conflicts=True,
        update_fields=["count"],
        **unique,
    )
    assert [e.action for e in entries()] == ["stock.create", "stock.update", "stock.create"]
    assert entries()[1].changes["count"] == {"old": 1, "new": 9}


def test_bulk_create_by_key_that_updates_conflicts(countries):
    unique = {} if connection.vendor == "mysql" else {"unique_fields": ["pk"]}
    Country.objects.bulk_create(
        [Country(code="a", name="A"), Country(code="z", name="Z")],
        update_conflicts=True,
        update_fields=["name"],
        **unique,
    )
    assert [(e.action, e.target_id) for e in entries()[4:]] == [
        ("country.update", "a"),
        ("country.create", "z"),
    ]


def test_bulk_create_that_fails(countries):
    with pytest.raises(IntegrityError), transaction.atomic():
        Country.objects.bulk_create([Country(code="x", name=""), Country(code="a", name="")])
    assert len(entries()) == 4


def test_rows_of_a_many_to_many_table():
    book = Book.objects.create(title="One")
    tags = Tag.objects.bulk_create([Tag(name=name) for name in "ab"])
    through = Book.tags.through
    through.objects.create(book=book, tag=tags[0])
    assert last().changes["tags"]["added"][0]["repr"] == "a"
    rows = [through(book=book, tag=tag) for tag in tags]
    through.objects.bulk_create(rows, ignore_conflicts=True)
    assert [item["repr"] for item in last().changes["tags"]["added"]] == ["b"]
    assert len(entries(action="book.add_tag")) == 2


# Related managers and the rest that ends here


def test_related_managers():
    place = Place.objects.create(name="Blau")
    notes = Note.everything.bulk_create([Note(text=text) for text in "abc"])
    place.notes.add(*notes[:2])
    assert [e.changes["place"] for e in entries(action="note.update")] == [
        {"old": None, "new": place.pk}
    ] * 2
    place.notes.set(notes[1:])
    assert [(e.target_id, e.changes["place"]["new"]) for e in entries(action="note.update")][
        2:
    ] == [
        (str(notes[0].pk), None),
        (str(notes[2].pk), place.pk),
    ]
    place.notes.remove(notes[1])
    place.notes.clear()
    place.notes.create(text="d")
    assert last().action == "note.create"
    assert len(entries(action="note.update")) == 6


def test_manager_that_hides_rows():
    note = Note.everything.create(text="a", is_hidden=True)
    note.text = "b"
    note.save()
    assert last().changes == {"text": {"old": "a", "new": "b"}}
    Note.visible.update(text="c")
    assert len(entries()) == 2
    Note.everything.update(text="c")
    assert last().changes == {"text": {"old": "b", "new": "c"}}
    note.delete()
    assert last().action == "note.delete"


def test_set_null_is_told_once():
    place = Place.objects.create(name="Blau")
    Note.everything.create(text="a", place=place)
    place.delete()
    assert actions().count("note.update") == 1


@pytest.mark.django_db(transaction=True)
def test_asynchronous_variants():
    async def work():
        author = await Author.objects.acreate(name="a")
        author.name = "b"
        await author.asave()
        await Author.objects.aupdate(name="c")
        await Author.objects.abulk_create([Author(name="d")])
        await Author.objects.aget_or_create(name="e")
        await Author.objects.aupdate_or_create(name="e", defaults={"name": "f"})
        await Author.objects.filter(name="d").adelete()
        await author.adelete()
        found = [a async for a in Author.objects.all()]
        found[0].name = "g"
        await Author.objects.abulk_update(found, ["name"])
        book = await Book.objects.acreate(title="x")
        await book.tags.aadd(await Tag.objects.acreate(name="t"))
        await book.tags.aclear()

    async_to_sync(work)()
    assert actions() == [
        "author.create",
        "author.update",
        "author.update",
        "author.create",
        "author.create",
        "author.update",
        "author.delete",
        "author.delete",
        "author.update",
        "book.create",
        "tag.create",
        "book.add_tag",
        "book.remove_tag",
    ]


def test_queryset_delete_of_what_has_a_tenant():
    owner = Author.objects.create(name="acme")
    Dossier.objects.bulk_create([Dossier(owner=owner), Dossier(owner=owner)])
    Dossier.objects.all().delete()
    assert [e.tenant for e in entries(action="case_file.delete")] == ["acme", "acme"]


def test_no_query_a_row():
    Author.objects.bulk_create([Author(name=str(n)) for n in range(500)])
    with statements() as found:
        Author.objects.update(name=Concat(F("name"), Value("!")))
    many = len(found)
    Author.objects.all()[:1]
    with statements() as found:
        Author.objects.filter(name="7!").update(name=Concat(F("name"), Value("!")))
    few = len(found)
    assert many <= few + 500 * 18 // connection.ops.bulk_batch_size(["x"] * 18, [None] * 500) + 1
    assert len(entries(event_type="update")) == 501
