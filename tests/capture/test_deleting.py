"""Deletes leave the last values of every row that went."""

from __future__ import annotations

import pytest
from django.db import connection, models, transaction
from django.db.models import ProtectedError, RestrictedError
from django.db.models.signals import post_delete, pre_delete

from audit_log.models import AuditEntry
from tests.capture.helpers import actions, entries, last, statements
from tests.testapp.models import (
    Author,
    Book,
    Cafe,
    Club,
    Country,
    Dossier,
    Membership,
    Node,
    Person,
    Place,
    Pledge,
    Portrait,
    Restaurant,
    Tag,
)

pytestmark = pytest.mark.django_db


def deleted() -> list[tuple[str, str]]:
    return [(e.action, e.target_repr) for e in entries() if e.event_type == "delete"]


def test_last_values():
    book = Book.objects.create(title="One", pages=3, secret_token="x")
    key = book.pk
    book.delete()
    entry = last()
    assert (entry.action, entry.event_type, entry.target_id) == ("book.delete", "delete", str(key))
    assert entry.target_repr == "One"
    assert entry.changes["title"] == {"old": "One", "new": None}
    assert entry.changes["secret_token"] == {"masked": True}


def test_values_are_those_of_the_database_not_of_a_stale_instance():
    country = Country.objects.create(code="de", name="Germany")
    stale = Country.objects.get()
    country.name = "Deutschland"
    country.save()
    stale.name = "never saved"
    stale.delete()
    assert last().changes["name"] == {"old": "Deutschland", "new": None}


def test_what_was_gone_already_is_not_deleted_again():
    country = Country.objects.create(code="de", name="Germany")
    twin = Country.objects.get()
    country.delete()
    assert twin.delete() == (0, {"testapp.Country": 0})
    assert actions() == ["country.create", "country.delete"]


def test_cascade_with_the_childrens_last_values():
    author = Author.objects.create(name="Ann")
    for title in ("One", "Two"):
        Book.objects.create(title=title, author=author)
    author.delete()
    assert sorted(deleted()) == [
        ("author.delete", "Ann"),
        ("book.delete", "One"),
        ("book.delete", "Two"),
    ]
    assert entries(action="book.delete")[0].changes["author"]["old"] is not None


def test_what_is_protected_stays_and_nothing_is_told():
    """PROTECT and RESTRICT stop a deletion before it has begun."""
    ann, place = Person.objects.create(name="Ann"), Place.objects.create(name="Blau")
    Pledge.objects.create(patron=ann, venue=place)
    count = len(entries())
    with pytest.raises(ProtectedError):
        ann.delete()
    with pytest.raises(RestrictedError):
        Place.objects.all().delete()
    assert len(entries()) == count
    assert Person.objects.count() == Place.objects.count() == 1


def test_each_way_to_lose_a_foreign_key():
    """SET(…) and SET_DEFAULT are updates, one for each field that is set."""
    club = Club.objects.create(name="A")
    pledge = Pledge.objects.create(club=club, former_club=club)
    club.delete()
    last_resort = Club.objects.get()
    assert [(e.action, e.target_id) for e in entries()[2:]] == [
        ("club.create", str(last_resort.pk)),
        *[("pledge.update", str(pledge.pk))] * 2,
        ("club.delete", entries()[0].target_id),
    ]
    told = {}
    for entry in entries(action="pledge.update"):
        assert len(entry.changes) == 1
        told |= entry.changes
    assert {name: change["new"] for name, change in told.items()} == {
        "club": last_resort.pk,
        "former_club": None,
    }


def test_tree_goes_with_its_root():
    root = Node.objects.create(name="root")
    for name in "ab":
        Node.objects.create(name=name, parent=Node.objects.create(name=name * 2, parent=root))
    root.delete()
    assert len(deleted()) == 5
    assert sorted(e.changes["name"]["old"] for e in entries(event_type="delete")) == [
        "a",
        "aa",
        "b",
        "bb",
        "root",
    ]


def test_object_whose_key_is_another_object():
    author = Author.objects.create(name="Ann")
    portrait = Portrait.objects.create(author=author, style="oil")
    assert (last().action, last().target_id) == ("portrait.create", str(author.pk))
    portrait.style = "ink"
    portrait.save()
    assert last().changes == {"style": {"old": "oil", "new": "ink"}}
    author.delete()
    assert sorted(deleted()) == [
        ("author.delete", "Ann"),
        ("portrait.delete", f"Portrait object ({portrait.pk})"),
    ]


def test_queryset_takes_the_fast_path():
    for number in range(5):
        Country.objects.create(code=str(number), name=f"Country {number}")
    with statements() as found:
        assert Country.objects.filter(code__in=["1", "3"]).delete() == (2, {"testapp.Country": 2})
    assert len(found) == 2
    assert [e.changes["name"]["old"] for e in entries(event_type="delete")] == [
        "Country 1",
        "Country 3",
    ]


def test_nothing_deleted_leaves_nothing():
    assert Country.objects.filter(code="zz").delete() == (0, {})
    assert Country.objects.all().delete() == (0, {})
    assert entries() == []


def test_more_rows_than_a_batch():
    author = Author.objects.create(name="Ann")
    AuditEntry.objects.count()
    for number in range(250):
        Book.objects.create(title=str(number), author=author)
    author.delete()
    assert len(entries(action="book.delete")) == 250
    assert {e.target_repr for e in entries(action="book.delete")} == {str(n) for n in range(250)}


def test_filter_over_a_join():
    ann, bea = Author.objects.create(name="Ann"), Author.objects.create(name="Bea")
    Book.objects.create(title="One", author=ann)
    Book.objects.create(title="Two", author=bea)
    Book.objects.filter(author__name="Ann").delete()
    assert deleted() == [("book.delete", "One")]
    person, club = Person.objects.create(name="Ann"), Club.objects.create(name="C")
    Membership.objects.create(person=person, club=club)
    Membership.objects.filter(person__name="Ann", club__name="C").delete()
    assert last().action == "membership.delete"
    assert last().changes["person"]["old"] == person.pk


@pytest.mark.parametrize("by", ["instance", "queryset", "parent", "grandparents"])
def test_inheritance_is_one_story(by):
    cafe = Cafe.objects.create(name="Blau", stars=3, seats=20)
    key = str(cafe.pk)
    place = Place.objects.get()
    if by == "instance":
        cafe.delete()
    elif by == "queryset":
        Cafe.objects.all().delete()
    elif by == "parent":
        Restaurant.objects.get().delete()
    else:
        Place.objects.all().delete()
    assert not Place.objects.exists()
    assert deleted() == [("cafe.delete", "Blau")]
    assert {name: c["old"] for name, c in last().changes.items()} == {
        "name": "Blau",
        "stars": 3,
        "seats": 20,
    }
    assert last().target_id == key
    assert len(AuditEntry.objects.for_object(place)) == 2


def test_child_goes_and_parent_stays():
    restaurant = Restaurant.objects.create(name="Blau", stars=3)
    restaurant.delete(keep_parents=True)
    assert Place.objects.count() == 1
    assert deleted() == [("restaurant.delete", "Blau")]
    # What the parent's row holds, it goes on holding.
    assert last().changes == {"stars": {"old": 3, "new": None}}


def test_set_null_is_an_update_of_the_row_that_it_hits():
    owner = Author.objects.create(name="Ann")
    dossier = Dossier.objects.create(owner=owner, text="x")
    Dossier.objects.create(owner=Author.objects.create(name="Bea"))
    key = owner.pk
    owner.delete()
    update = entries(event_type="update")
    assert [(e.action, e.target_id) for e in update] == [("case_file.update", str(dossier.pk))]
    assert update[0].changes == {"owner": {"old": key, "new": None}}
    assert deleted() == [("author.delete", "Ann")]


def test_set_null_of_many_rows():
    owner = Author.objects.create(name="Ann")
    for _ in range(120):
        Dossier.objects.create(owner=owner)
    Author.objects.all().delete()
    assert len(entries(event_type="update")) == 120


def test_relations_of_what_stays():
    one, two = Book.objects.create(title="One"), Book.objects.create(title="Two")
    tag = Tag.objects.create(name="new")
    tag.books.add(one, two)
    tag.delete()
    removed = entries(action="book.remove_tag")
    assert sorted(e.target_repr for e in removed) == ["One", "Two"]
    assert [item["repr"] for item in removed[0].changes["tags"]["removed"]] == ["new"]
    # The relations of what goes itself go without saying.
    one.tags.add(Tag.objects.create(name="old"))
    one.delete()
    assert last().action == "book.delete"


def test_text_is_made_while_it_can_be(monkeypatch):
    author = Author.objects.create(name="Ann")
    Book.objects.create(title="One", author=author)
    monkeypatch.setattr(Book, "__str__", lambda self: f"{self.title} by {self.author.name}")
    Author.objects.all().delete()
    # Django deletes the author first: the foreign key may be null.
    assert sorted(deleted()) == [("author.delete", "Ann"), ("book.delete", "One by Ann")]


def test_delete_inside_a_receiver():
    author = Author.objects.create(name="Ann")
    Country.objects.create(code="de", name="Germany")

    def receiver(sender, instance, **kwargs):
        Country.objects.all().delete()

    pre_delete.connect(receiver, sender=Author)
    try:
        author.delete()
    finally:
        pre_delete.disconnect(receiver, sender=Author)
    assert actions()[2:] == ["country.delete", "author.delete"]
    assert connection.execute_wrappers == []


def test_failure_half_way_leaves_nothing():
    author = Author.objects.create(name="Ann")
    Book.objects.create(title="One", author=author)

    def receiver(sender, instance, **kwargs):
        raise RuntimeError("no")

    post_delete.connect(receiver, sender=Author)
    try:
        with pytest.raises(RuntimeError), transaction.atomic():
            author.delete()
    finally:
        post_delete.disconnect(receiver, sender=Author)
    assert deleted() == []
    assert Book.objects.count() == 1
    assert connection.execute_wrappers == []


def test_django_is_as_fast_as_without_us():
    """No receiver is connected, so what Django may delete at once, it does."""
    collector = models.deletion.Collector(using="default")
    assert collector.can_fast_delete(Country.objects.all())
