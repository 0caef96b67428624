"""Many-to-many: from both sides, what the database really gained and lost."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType

from audit_log.models import AuditEntry
from tests.capture.helpers import actions, entries, last, statements
from tests.testapp.models import Author, Book, Club, Document, Person, Place, Sheet, Sticker, Tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def book():
    return Book.objects.create(title="One")


@pytest.fixture
def tags():
    return [Tag.objects.create(name=name) for name in "abc"]


def told():
    """Return what was told of relations: action, target, added, removed."""
    return [
        (
            e.action,
            e.target_repr,
            "".join(item["repr"] for item in change["added"]),
            "".join(item["repr"] for item in change["removed"]),
        )
        for e in entries()
        for change in e.changes.values()
        if "added" in change
    ]


def test_add_remove_set_clear(book, tags):
    a, b, c = tags
    book.tags.add(a, b)
    book.tags.add(a)  # it has it
    book.tags.remove(c)  # it has it not
    book.tags.remove(a, c)
    book.tags.set([b, c])
    book.tags.set([b, c])
    book.tags.clear()
    book.tags.clear()
    assert told() == [
        ("book.add_tag", "One", "ab", ""),
        ("book.remove_tag", "One", "", "a"),
        ("book.add_tag", "One", "c", ""),
        ("book.remove_tag", "One", "", "bc"),
    ]
    assert last().event_type == "update"


def test_set_that_adds_and_removes(book, tags):
    a, b, c = tags
    book.tags.set([a, b])
    book.tags.set([b, c])
    assert told()[1:] == [("book.remove_tag", "One", "", "a"), ("book.add_tag", "One", "c", "")]


def test_other_side_tells_of_the_objects_that_have_the_field(book, tags):
    two = Book.objects.create(title="Two")
    a = tags[0]
    a.books.add(book, two)
    a.books.remove(two)
    a.books.set([two])
    a.books.clear()
    assert told() == [
        ("book.add_tag", "One", "a", ""),
        ("book.add_tag", "Two", "a", ""),
        ("book.remove_tag", "Two", "", "a"),
        ("book.remove_tag", "One", "", "a"),
        ("book.add_tag", "Two", "a", ""),
        ("book.remove_tag", "Two", "", "a"),
    ]


def test_refers_to_the_related(book, tags):
    book.author = Author.objects.create(name="Ann")
    book.save()
    book.tags.add(tags[0])
    assert set(last().references.values_list("target_type", "target_id")) == {
        ("testapp.tag", str(tags[0].pk)),
        ("testapp.author", str(book.author.pk)),
    }
    assert AuditEntry.objects.for_object(tags[0]).first() == last()


def test_through_the_related_managers(book, tags):
    made = book.tags.create(name="made")
    assert told() == [("book.add_tag", "One", "made", "")]
    assert entries(target_id=str(made.pk), action="tag.create")


def test_through_rows_written_directly(book, tags):
    Book.tags.through.objects.filter(book=book).delete()
    book.tags.add(*tags)
    Book.tags.through.objects.filter(tag=tags[1]).delete()
    assert told()[-1] == ("book.remove_tag", "One", "", "b")


def test_symmetrical_tells_both_sides():
    ann, bea = Person.objects.create(name="Ann"), Person.objects.create(name="Bea")
    ann.friends.add(bea)
    bea.friends.remove(ann)
    assert sorted(told()[:2]) == [
        ("person.update", "Ann", "Bea", ""),
        ("person.update", "Bea", "Ann", ""),
    ]
    assert sorted(told()[2:]) == [
        ("person.update", "Ann", "", "Bea"),
        ("person.update", "Bea", "", "Ann"),
    ]


def test_through_model_has_entries_of_its_own():
    ann, club = Person.objects.create(name="Ann"), Club.objects.create(name="C")
    ann.groups.add(club, through_defaults={"role": "chair"})
    assert last().action == "membership.create"
    assert last().changes["role"] == {"old": None, "new": "chair"}
    ann.groups.remove(club)
    assert last().action == "membership.delete"
    assert told() == []
    assert actions().count("membership.create") == 1


def test_excluded_and_masked(book, tags, settings):
    settings.AUDIT_LOG = {"MODELS": {"testapp.Book": {"exclude": ["tags"]}}}
    book.tags.add(*tags)
    book.tags.clear()
    assert told() == []
    settings.AUDIT_LOG = {"MODELS": {"testapp.Book": {"mask": ["tags"]}}}
    book.tags.add(*tags)
    assert last().changes == {"tags": {"masked": True}}


def test_permissions_and_groups_of_users():
    user, group = User.objects.create(username="ann"), Group.objects.create(name="staff")
    group.user_set.add(user)
    assert told() == [("user.add_to_group", "ann", "staff", "")]
    assert AuditEntry.objects.for_object(group).first() == last()


def test_many_are_told_a_thousand_at_a_time(book):
    """One entry with all of them would be of any size."""
    tags = Tag.objects.bulk_create(Tag(name=str(number)) for number in range(2500))
    with statements() as found:
        book.tags.add(*tags)
    told = entries(action="book.add_tag")
    assert [len(entry.changes["tags"]["added"]) for entry in told] == [1000, 1000, 500]
    assert len(found) < 60
    book.tags.clear()
    removed = entries(action="book.remove_tag")
    assert sum(len(entry.changes["tags"]["removed"]) for entry in removed) == 2500


def test_keys_that_are_stored_in_another_form():
    sheet, one, two = Sheet.objects.create(), *(Document.objects.create() for _ in range(2))
    key = {str(one.pk): "one", str(two.pk): "two"}
    before = len(entries())
    sheet.sources.add(one, two)
    one.quoted_by.remove(sheet)
    sheet.sources.set([one])
    sheet.sources.through.objects.update(document=two)
    sheet.sources.clear()
    sheet.sources.through.objects.create(sheet=sheet, document=one)
    one.delete()
    told = entries()[before:-1]
    assert {e.target_repr for e in told} == {str(sheet)}
    changes = [e.changes["sources"] for e in told]
    assert [
        [sorted(key[item["id"]] for item in change[side]) for side in ("added", "removed")]
        for change in changes
    ] == [
        [["one", "two"], []],
        [[], ["one"]],
        [[], ["two"]],
        [["one"], []],
        [["two"], ["one"]],
        [[], ["two"]],
        [["one"], []],
        [[], ["one"]],
    ]
    assert all(item["repr"] for c in changes for side in c.values() for item in side)


# Generic foreign keys


def refers_to(entry):
    return sorted(entry.references.values_list("target_type", "target_id"))


def test_generic_foreign_key_refers_to_its_object():
    one, two = (Place.objects.create(name=name) for name in ("One", "Two"))
    sticker = Sticker.objects.create(content=one)
    assert refers_to(last()) == [("testapp.place", str(one.pk))]
    sticker.content = two
    sticker.save()
    both = [("testapp.place", str(one.pk)), ("testapp.place", str(two.pk))]
    assert refers_to(last()) == both
    assert AuditEntry.objects.for_object(one).first() == last()
    Sticker.objects.update(object_id=one.pk)
    assert refers_to(last()) == both
    Sticker.objects.update(text="new")
    assert refers_to(last()) == both[:1]
    Sticker.objects.update(object_id=None)
    assert refers_to(last()) == both[:1]
    Sticker.objects.all().delete()
    assert refers_to(last()) == []


def test_generic_foreign_key_to_what_is_gone():
    sticker = Sticker.objects.create(content=Place.objects.create(name="One"))
    Place.objects.all()._raw_delete("default")
    sticker = Sticker.objects.get()
    sticker.text = "new"
    sticker.save()
    (reference,) = refers_to(last())
    assert reference[0] == "testapp.place"
    # A model that is no more; a content type that is no more.
    gone = ContentType.objects.create(app_label="gone", model="thing")
    Sticker.objects.update(content_type=gone, object_id="7")
    assert ("gone.thing", "7") in refers_to(last())
    Sticker.objects.update(content_type=gone.pk + 1)
    assert refers_to(last()) == [("gone.thing", "7")]


def test_generic_relation_in_all_ways():
    one, two = (Place.objects.create(name=name) for name in ("One", "Two"))
    before = len(entries())
    one.stickers.create(text="a")
    moved = Sticker.objects.create(text="b", content=two)
    one.stickers.add(moved)
    one.stickers.update(text="c")
    one.stickers.set([moved])
    one.stickers.remove(moved)
    one.stickers.add(Sticker(text="d"), bulk=False)
    one.stickers.get_or_create(text="d")
    one.stickers.clear()
    two.stickers.create(text="e")
    two.delete()
    assert [(e.action.partition(".")[2], sorted(e.changes)) for e in entries()[before:]] == [
        ("create", ["content_type", "object_id", "text"]),
        ("create", ["content_type", "object_id", "text"]),
        ("update", ["object_id"]),
        ("update", ["text"]),
        ("update", ["text"]),
        ("delete", ["content_type", "object_id", "text"]),
        ("delete", ["content_type", "object_id", "text"]),
        ("create", ["content_type", "object_id", "text"]),
        ("delete", ["content_type", "object_id", "text"]),
        ("create", ["content_type", "object_id", "text"]),
        ("delete", ["content_type", "object_id", "text"]),
        ("delete", ["name"]),
    ]


@pytest.mark.parametrize(
    "write",
    [lambda: Sticker.objects.update(text="new"), Sticker.objects.all().delete],
    ids=["update", "delete"],
)
def test_generic_foreign_keys_take_no_query_a_row(write):
    for number in range(5):
        Sticker.objects.create(content=Place.objects.create(name=str(number)))
    with statements() as found:
        write()
    assert not [sql for sql in found if "testapp_place" in sql]


def test_many_that_go_at_once_are_told_at_once():
    tags = Tag.objects.bulk_create([Tag(name=f"Tag {n}") for n in range(990)])
    book = Book.objects.create(title="Emma", author=Author.objects.create(name="Jane"))
    book.tags.add(*tags)
    for removal in (book.tags.clear, lambda: book.tags.set([])):
        book.tags.add(*tags)
        told = AuditEntry.objects.count()
        removal()
        assert AuditEntry.objects.count() == told + 1
        assert len(last().changes["tags"]["removed"]) == 990
