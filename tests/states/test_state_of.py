"""The state of an object at a moment, from the log alone."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import audit_log
from audit_log import catalogue, tales
from audit_log.models import AuditEntry
from audit_log.states import FieldState
from tests.admin.conftest import forget, make_entry
from tests.testapp.models import Author, Book, Cell, Country, Tag

pytestmark = pytest.mark.django_db


def state(obj: Any, at: Any = None) -> Any:
    return AuditEntry.objects.state_of(obj, at=at)


def test_of_a_deleted_object() -> None:
    book = Book.objects.create(title="Emma")
    key, then = book.pk, timezone.now()
    book.delete()
    gone = state(Book(pk=key))
    assert gone.exists is False
    assert gone.fields == {}
    assert gone.repr == "Emma"
    assert state(Book(pk=key), then).values["title"] == "Emma"
    # The key is given again.
    Book.objects.create(pk=key, title="Persuasion")
    assert state(Book(pk=key)).values["title"] == "Persuasion"
    assert state(Book(pk=key), then).values["title"] == "Emma"


def test_names_of_related_objects() -> None:
    author = Author.objects.create(name="Austen")
    book = Book.objects.create(title="Emma", author=author)
    tag = Tag.objects.create(name="novel")
    book.tags.add(tag)
    found = state(book).fields
    assert found["author"] == FieldState("known", author.pk, "Austen")
    assert found["tags"] == FieldState("known", [{"id": str(tag.pk), "repr": "novel"}])
    assert list(found)[:2] == ["title", "author"]


def test_masked_and_truncated_say_so(settings) -> None:
    settings.AUDIT_LOG = {"MAX_VALUE_LENGTH": 10}
    found = state(Book.objects.create(title="x" * 50, secret_token="s")).fields
    assert found["secret_token"] == FieldState("masked")
    assert found["title"].status == "truncated"
    assert found["title"].value == "x" * 10
    assert len(found["title"].sha256) == 64


class TestOlderThanItsLog:
    @pytest.fixture
    def book(self) -> Book:
        book = Book.objects.create(title="Emma", pages=100, secret_token="s")
        forget(AuditEntry.objects.all())
        return book

    def test_unknown_before_the_first_entry(self, book: Book) -> None:
        before = timezone.now()
        assert state(book).exists is None
        assert state(book).known_since is None
        Book.objects.filter(pk=book.pk).update(pages=101)
        found = state(book, before)
        assert (found.exists, found.fields) == (None, {})
        assert found.known_since == AuditEntry.objects.get().occurred_at

    def test_what_later_changes_found_is_known(self, book: Book) -> None:
        Book.objects.filter(pk=book.pk).update(pages=101)
        then = timezone.now()
        assert state(book, then).fields["title"] == FieldState("unknown")
        Book.objects.filter(pk=book.pk).update(title="Persuasion")
        found = state(book, then)
        assert found.exists is True
        assert found.is_whole is False
        assert found.fields["title"] == FieldState("known", "Emma")
        assert found.fields["pages"] == FieldState("known", 101)
        assert found.fields["price"] == FieldState("unknown")
        assert found.fields["tags"] == FieldState("unknown")
        assert found.fields["secret_token"] == FieldState("masked")

    def test_its_deletion_tells_the_rest(self, book: Book) -> None:
        Book.objects.filter(pk=book.pk).update(pages=101)
        then = timezone.now()
        key = book.pk
        book.delete()
        found = state(Book(pk=key), then).fields
        assert found["price"] == FieldState("known", "0.00")
        assert found["weight"] == FieldState("known", None)
        assert found["title"] == FieldState("known", "Emma")


def test_a_model_that_is_gone() -> None:
    make_entry(target_type="gone.thing", target_id="7", changes={"a": {"old": 1, "new": 2}})
    then = timezone.now()
    make_entry(target_type="gone.thing", target_id="7", changes={"b": {"old": 3, "new": 4}})
    found = AuditEntry.objects.state_of_target("gone.thing", "7", then)
    assert found.values == {"a": 2, "b": 3}


def test_what_failed_did_not_happen() -> None:
    book = Book.objects.create(title="Emma")
    changes = {"title": {"old": "Emma", "new": "x"}}
    audit_log.record("book.update", target=book, outcome="failure", changes=changes)
    assert state(book).values["title"] == "Emma"


def test_actions_of_the_host_neither_begin_nor_end_a_life(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(catalogue, "_declared", dict(catalogue._declared))
    book = Book.objects.create(title="Emma", pages=5)
    audit_log.record("book.lend", target=book)
    audit_log.action("book.copy", label="Book copied", event_type="create")
    audit_log.action("book.shred", label="Book shredded", event_type="delete")
    audit_log.record("book.copy", target=book)
    audit_log.record("book.shred", target=book)
    audit_log.record("book.copy", target=book, changes={"title": {"old": None, "new": "Emma"}})
    found = state(book)
    assert found.exists is True
    assert found.values["pages"] == 5


def test_a_key_that_changes() -> None:
    Country.objects.create(code="a", name="Abyssinia")
    then = timezone.now()
    Country.objects.filter(code="a").update(code="b")
    assert state(Country(code="b")).values == {"code": "b", "name": "Abyssinia"}
    assert state(Country(code="a")).exists is False
    assert state(Country(code="b"), then).exists is False
    assert state(Country(code="a"), then).values["name"] == "Abyssinia"


def moved(old: str, new: str) -> None:
    audit_log.record(
        "country.update",
        target=Country(code=new),
        changes={"code": {"old": old, "new": new}},
        references=[Country(code=old)],
    )


@pytest.mark.parametrize("order", [("ab", "ba"), ("ba", "ab")])
def test_two_rows_that_change_places_in_one_statement(order: tuple[str, str]) -> None:
    # With a deferred constraint: the entries are those of one UPDATE.
    for code in "ab":
        Country.objects.create(code=code, name=f"once {code}")
    for old, new in order:
        moved(old, new)
    assert state(Country(code="a")).values == {"code": "a", "name": "once b"}
    assert state(Country(code="b")).values == {"code": "b", "name": "once a"}


def test_a_row_that_goes_and_comes_back() -> None:
    Country.objects.create(code="a", name="Abyssinia")
    moved("a", "b")
    moved("b", "a")
    assert state(Country(code="a")).values == {"code": "a", "name": "Abyssinia"}
    assert state(Country(code="b")).exists is False


def test_composite_keys() -> None:
    cell = Cell.objects.create(row=1, column="a", text="first")
    Cell.objects.filter(pk=(1, "a")).update(row=2)
    assert state(Cell(row=2, column="a")).values["text"] == "first"
    assert state(cell).exists is False


def test_moments_are_as_use_tz_asks_for() -> None:
    book = Book.objects.create(title="Emma")
    with pytest.raises(ValueError, match="at is an aware datetime"):
        state(book, datetime.datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="without a primary key"):
        state(Book())


def test_a_filtered_queryset_makes_no_other_state() -> None:
    book = Book.objects.create(title="Emma")
    assert AuditEntry.objects.none().state_of(book).values["title"] == "Emma"


def test_a_long_history_takes_few_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    book = Book.objects.create(title="Emma")
    for number in range(300):
        changes = {"pages": {"old": number, "new": number + 1}}
        audit_log.record("book.update", target=book, changes=changes)
    assert AuditEntry.objects.count() == 301
    with CaptureQueriesContext(connection) as queries:
        assert state(book).values["pages"] == 300
    # The newest; 100 of them, 200, and the rest.
    assert len(queries) == 4
    monkeypatch.setattr(tales, "FIRST", 1)
    monkeypatch.setattr(tales, "MOST", 7)
    assert state(book).values == {**state(book).values, "title": "Emma", "pages": 300}
