"""What hosts do, and what has been got wrong before."""

from __future__ import annotations

import datetime
import uuid
from contextlib import contextmanager
from zoneinfo import ZoneInfo

import pytest
from django.core import serializers
from django.core.exceptions import FieldError
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import IntegrityError, connection, models, transaction
from django.db.models import F, OuterRef, Subquery
from django.db.models.signals import post_delete, post_save, pre_delete

from audit_log.capture import matching
from audit_log.capture.columns import UNSETTLED, keeps_attribute, settle_of
from audit_log.journal import writer
from audit_log.models import AuditEntry
from audit_log.registry import target_of
from audit_log.values import canonical, change, same
from tests.capture.helpers import actions, entries, last, statements
from tests.testapp.models import (
    Author,
    Book,
    Country,
    Document,
    Dossier,
    Membership,
    Person,
    Place,
    Restaurant,
    Tag,
    Writer,
)

pytestmark = pytest.mark.django_db


@contextmanager
def receiving(signal, sender, receiver):
    signal.connect(receiver, sender=sender, weak=False)
    try:
        yield
    finally:
        signal.disconnect(receiver, sender=sender)


# Proxies


def test_proxies_are_deleted_and_created_in_bulk():
    writer_ = Writer.objects.create(name="a")
    Dossier.objects.create(owner_id=writer_.pk)
    writer_.delete()
    Writer.objects.bulk_create([Writer(name="b"), Writer(name="c")])
    Writer.objects.bulk_create([Writer(pk=77, name="d")], ignore_conflicts=True)
    Writer.objects.filter(name="b").update(name="e")
    Writer.objects.all().delete()
    assert actions() == [
        "author.create",
        "case_file.open",
        "case_file.update",
        "author.delete",
        *["author.create"] * 3,
        "author.update",
        *["author.delete"] * 3,
    ]


# Receivers that write while something is deleted


def test_sibling_saved_by_a_receiver_is_told_once():
    one, two = (
        Country.objects.create(code="a", name="A"),
        Country.objects.create(code="b", name="B"),
    )

    def rename(instance, **kwargs):
        sibling = Country.objects.get(pk=two.pk)
        sibling.name += "!"
        sibling.save()
        Country.objects.filter(pk=two.pk).update(name="C")

    with receiving(post_delete, Country, rename):
        one.delete()
    assert actions()[2:] == ["country.delete", "country.update", "country.update"]


def test_statements_of_receivers_are_their_own():
    author = Author.objects.create(name="Ann")
    book = Book.objects.create(title="One", author=author)
    Country.objects.create(code="a", name="A")

    def work(instance, **kwargs):
        name = Author.objects.filter(pk=OuterRef("author_id")).values("name")[:1]
        Book.objects.filter(title="One").update(title=Subquery(name))
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM testapp_country WHERE code = 'a' RETURNING code")
            assert list(cursor.fetchall()) == [("a",)]

    with receiving(pre_delete, Book, work):
        book.delete()
    assert [e.changes["title"] for e in entries(target_type="testapp.book")] == [
        {"old": None, "new": "One"},
        {"old": "One", "new": "Ann"},
        {"old": "Ann", "new": None},
    ]


@pytest.mark.parametrize("comment", ["/* route */ {}", "{} /* route */", "{} -- route"])
def test_execute_wrapper_of_the_host(comment):
    Country.objects.create(code="a", name="A")

    def wrapper(execute, sql, params, many, context):
        return execute(comment.format(sql), params, many, context)

    with connection.execute_wrapper(wrapper):
        Country.objects.all().delete()
        Country.objects.bulk_create([Country(code="b", name="B")], ignore_conflicts=True)
    assert actions() == ["country.create", "country.delete", "country.create"]


# Rows of many-to-many tables


def test_many_to_many_rows_that_are_pointed_elsewhere():
    a, b, c = (Tag.objects.create(name=name) for name in "abc")
    book = Book.objects.create(title="One")
    book.tags.add(a, c)
    through = Book.tags.through
    through.objects.filter(tag=a).update(tag=b)
    change = last().changes["tags"]
    assert [item["repr"] for item in change["added"]] == ["b"]
    assert [item["repr"] for item in change["removed"]] == ["a"]
    row = through.objects.get(tag=b)
    row.tag = a
    row.save()
    assert [item["repr"] for item in last().changes["tags"]["added"]] == ["a"]
    count = len(entries())
    row.save()
    assert len(entries()) == count


def test_through_model_that_is_excluded_is_told_as_the_field(settings):
    settings.AUDIT_LOG = {"EXCLUDE_MODELS": ["testapp.Membership"]}
    person = Person.objects.create(name="Ann")
    club = person.groups.create(name="C")
    Membership.objects.all().delete()
    Membership.objects.create(person=person, club=club)
    person.groups.clear()
    assert actions()[2:] == ["person.update"] * 4


# Keys


def test_keys_are_told_as_they_are_stored():
    key = uuid.uuid4()
    document = Document(id=key.hex, title="One")
    document.save()
    assert last().target_id == str(key)
    assert list(AuditEntry.objects.for_object(document)) == entries()
    document.title = "Two"
    document.save()
    assert last().target_id == str(key)
    other = uuid.uuid4()
    Document.objects.bulk_create([Document(id=str(other).upper(), title="Three")])
    assert last().target_id == str(other)
    Country.objects.bulk_create([Country(code=5, name="five")])
    assert last().target_id == "5"
    Country(code=5, name="FIVE").save()
    assert (last().target_id, last().changes) == ("5", {"name": {"old": "five", "new": "FIVE"}})


# Sizes


def test_entries_leave_in_statements_that_a_server_takes(monkeypatch):
    if connection.vendor == "postgresql":
        pytest.skip("PostgreSQL takes a statement of any size")
    monkeypatch.setattr(writer, "MAX_CHARACTERS", 1000)
    with statements() as found:
        Dossier.objects.bulk_create([Dossier(text="x" * 400) for _ in range(10)])
    inserts = [sql for sql in found if "audit_log_auditentry" in sql]
    assert 3 <= len(inserts) <= 10
    assert len(entries()) == 10


def test_many_rows_deleted_in_batches(monkeypatch):
    monkeypatch.setattr("audit_log.capture.deleting.BATCH", 3)
    Country.objects.bulk_create([Country(code=str(n), name="x") for n in range(10)])
    assert Country.objects.all().delete() == (10, {"testapp.Country": 10})
    assert len(entries(event_type="delete")) == 10


def test_values_that_cannot_be_put_aside_on_disk():
    from audit_log.capture.spool import Spool

    with Spool() as spool:
        for batch in ([1, 2], [3], [lambda: None], [4]):
            spool.add(batch)
        assert sorted(len(batch) for batch in spool) == [1, 1, 1, 2]
        assert spool.count == 5


# Values


class Lower(models.CharField):
    def to_python(self, value):
        return None if value is None else str(value).lower()


class Counter(models.IntegerField):
    def pre_save(self, instance, add):
        return 7


def test_fields_of_somebodys_own_are_not_guessed_at():
    assert settle_of(Lower())("ANN") is UNSETTLED
    assert settle_of(Counter())(1) is UNSETTLED
    assert not keeps_attribute(Counter())
    assert keeps_attribute(Lower())


def test_repeated_hour_of_a_clock_change():
    berlin = ZoneInfo("Europe/Berlin")
    for fold in (0, 1):
        local = datetime.datetime(2024, 10, 27, 2, 30, tzinfo=berlin, fold=fold)
        assert same(local.astimezone(datetime.UTC), local)
        assert same(local, local.astimezone(ZoneInfo("America/New_York")))
    first, second = (
        datetime.datetime(2024, 10, 27, 2, 30, tzinfo=berlin, fold=fold) for fold in (0, 1)
    )
    assert not same(first, second)


@pytest.mark.parametrize("depth", [19, 30, 200])
def test_deeply_nested_json(depth):
    value: object = 1
    for _ in range(depth):
        value = [value]
    if connection.vendor == "mysql" and depth > 30:
        assert change(None, value, 10_000)["new"] == canonical(value)
        return
    Book.objects.create(title="One", extra=value)
    assert last().changes["extra"]["new"] == (value if depth < 20 else canonical(value))


class SlowStorage(FileSystemStorage):
    seen: list[bool] = []

    def _save(self, name, content):
        self.seen.append(connection.in_atomic_block)
        return super()._save(name, content)


@pytest.mark.django_db(transaction=True)
def test_files_are_uploaded_before_the_row_is_locked(tmp_path, monkeypatch):
    monkeypatch.setattr(Book._meta.get_field("cover"), "storage", SlowStorage(tmp_path))
    book = Book(title="One")
    book.cover = ContentFile(b"x", name="a.txt")
    book.save()
    assert SlowStorage.seen == [False]
    assert last().changes["cover"]["new"].startswith("covers/a")


# Querysets of the host's


class Picky(models.QuerySet):
    def filter(self, *args, **kwargs):
        raise RuntimeError("use only named filters")

    def values_list(self, *fields, **kwargs):
        raise RuntimeError("translated")


def test_methods_of_the_hosts_queryset_are_left_alone():
    Country.objects.create(code="a", name="A")
    assert Picky(Country).update(name="B") == 1
    assert last().changes == {"name": {"old": "A", "new": "B"}}


def test_mistakes_are_told_by_django_also_where_no_row_matches():
    with pytest.raises(ValueError), transaction.atomic():  # noqa: PT011
        Book.objects.filter(pk=-1).update(pages="many")
    with pytest.raises(FieldError), transaction.atomic():
        Book.objects.filter(pk=-1).update(pages=F("nothing"))
    assert matching.BATCH == 1000


# The log itself


@pytest.mark.django_db(transaction=True)
def test_fixture_does_not_overwrite_entries():
    Author.objects.create(name="Ann")
    data = serializers.serialize("json", AuditEntry.objects.all()).replace("Ann", "Bea")
    (item,) = serializers.deserialize("json", data)
    with pytest.raises(IntegrityError):
        item.save()
    assert last().target_repr == "Ann"


FLOATS = [
    0.1,
    -2.5,
    1.0,
    0.0,
    -0.0,
    1e22,
    1e-7,
    123456789.123456789,
    1e15,
    1e16,
    5e-324,
    1.7976931348623157e308,
]


@pytest.mark.parametrize("value", FLOATS)
def test_fractions_in_json_are_told_as_they_come_back(value):
    book = Book.objects.create(
        title="One", author=Author.objects.create(name="A"), extra={"n": [value]}
    )
    told = last().changes["extra"]["new"]["n"][0]
    book.refresh_from_db()
    stored = book.extra["n"][0]
    assert (type(told), repr(told)) == (type(stored), repr(stored))


def test_parents_table_that_a_receiver_updates():
    """Who writes the parent's row by the parent's model has changed the parent: so it is told."""

    def rename(instance, **kwargs):
        Place.objects.filter(pk=instance.pk).update(name="by the receiver")

    with receiving(post_save, Restaurant, rename):
        restaurant = Restaurant.objects.create(name="Blau", stars=1)
    assert [(e.action, e.changes.get("name")) for e in entries()] == [
        ("restaurant.create", {"old": None, "new": "Blau"}),
        ("place.update", {"old": "Blau", "new": "by the receiver"}),
    ]
    # The history of either shows both.
    for each in (restaurant, restaurant.place_ptr):
        assert len(AuditEntry.objects.for_object(each)) == 2
        assert len(AuditEntry.objects.for_target(*target_of(each))) == 2
    assert not AuditEntry.objects.for_target("testapp.gone", str(restaurant.pk)).exists()
