"""Instances of rows that bulk operations read: as the host's own code would see them."""

from __future__ import annotations

import pytest
from django.db.models.signals import post_init

from audit_log.capture.instances import _has_plain_class, maker
from tests.capture.helpers import entries, last
from tests.testapp.models import Author, Book

pytestmark = pytest.mark.django_db


def test_an_instance_is_as_if_it_had_been_read():
    author = Author.objects.create(name="Ann")
    book = Book.objects.create(title="One", author=author)
    row = Book.objects.values("id", "title", "author_id").get()
    made = maker(Book, "default")(row)
    assert made == book
    assert made._state.db == "default"
    assert made._state.adding is False
    assert made.get_deferred_fields() == {
        f.attname for f in Book._meta.concrete_fields if f.attname not in row
    }
    assert made.author == author
    assert made.pages is None  # deferred: read now
    made.title = "Two"
    made.save(update_fields=["title"])
    assert last().changes == {"title": {"old": "One", "new": "Two"}}


def test_receivers_and_constructors_of_the_host_run(monkeypatch):
    Author.objects.create(name="Ann")
    row = Author.objects.values("id", "name").get()
    seen = []

    def receive(sender, instance, **kwargs):
        seen.append("received")

    post_init.connect(receive, sender=Author)
    try:
        maker(Author, "default")(row)
    finally:
        post_init.disconnect(receive, sender=Author)
    assert seen == ["received"]
    assert maker(Author, "default")(row).name == "Ann"
    assert seen == ["received"]


def test_a_text_that_needs_more_than_was_read(monkeypatch):
    author = Author.objects.create(name="Ann")
    for title in ("One", "Two", "Three"):
        Book.objects.create(title=title, author=author, pages=7)
    monkeypatch.setattr(Book, "__str__", lambda self: f"{self.title}, {self.extra}, {self.pages}")
    for _ in range(2):
        Book.objects.update(pages=8 if Book.objects.filter(pages=7).exists() else 9)
    found = [entry.target_repr for entry in entries(action="book.update")]
    assert len(found) == 6
    assert all(text.endswith((", 8", ", 9")) for text in found)


def test_attributes_that_the_host_watches(monkeypatch):
    def watch(self, name, value):
        object.__setattr__(self, name, value)
        self.__dict__["seen"] = {**self.__dict__.get("seen", {}), name: value}

    _has_plain_class.cache_clear()
    monkeypatch.setattr(Author, "__setattr__", watch, raising=False)
    monkeypatch.setattr(Author, "__str__", lambda self: self.seen["name"])
    Author.objects.create(name="Ann")
    Author.objects.update(name="Bea")
    _has_plain_class.cache_clear()
    assert last().target_repr == "Bea"
