"""What is masked is nowhere in the log: not as a key, a text or a reference either."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token

import audit_log
from audit_log.journal.subject import references_of
from audit_log.models import AuditEntry, AuditReference
from audit_log.registry import target_of
from tests.capture.helpers import entries, last
from tests.testapp.models import Author, Book, Restaurant, Tag

pytestmark = pytest.mark.django_db


def all_that_is_stored() -> str:
    return json.dumps(
        [
            *AuditEntry.objects.values_list("target_id", "target_repr", "changes", "metadata"),
            *AuditReference.objects.values_list("target_type", "target_id"),
        ]
    )


@pytest.fixture
def token():
    return Token.objects.create(user=User.objects.create(username="ann"))


@pytest.mark.parametrize("excluded", [(), ("authtoken.Token",)])
def test_secret_key_of_a_target(token, settings, excluded):
    settings.AUDIT_LOG = {"EXCLUDE_MODELS": excluded}
    entry = audit_log.record("book.lend", target=token, references=[token])
    assert entry.target_repr == "Token"
    with audit_log.context(actor=token):
        audit_log.record("book.lend", references=[token])
    assert token.key not in all_that_is_stored() + last().actor_repr
    assert AuditEntry.objects.for_object(token).count() == 3


def test_secret_key_at_the_end_of_a_foreign_key(settings):
    settings.AUDIT_LOG = {"MODELS": {"testapp.Author": {"mask": ["id"]}}}
    author = Author.objects.create(pk=987654321, name="S3cret")
    book = Book.objects.create(title="One", author=author)
    assert last().changes["author"] == {"masked": True}
    assert references_of(book) == (target_of(author),)
    assert list(AuditEntry.objects.for_object(author)) == entries()[::-1]
    settings.AUDIT_LOG["MODELS"]["testapp.Book"] = {"unmask": ["author"]}
    settings.AUDIT_LOG = {**settings.AUDIT_LOG}
    book = Book.objects.create(title="Two", author=author)
    assert last().changes["author"]["new_repr"] == "author"


def test_secret_keys_in_a_many_to_many_field(settings):
    settings.AUDIT_LOG = {"MODELS": {"testapp.Tag": {"mask": ["id"]}}}
    tag = Tag.objects.create(pk=987654321, name="S3cret")
    book = Book.objects.create(title="One")
    book.tags.add(tag)
    added = [{"id": target_of(tag)[1], "repr": "tag"}]
    assert last().changes["tags"] == {"added": added, "removed": []}
    assert AuditEntry.objects.for_object(tag).first() == last()
    tag.delete()
    assert "987654321" not in all_that_is_stored()
    assert "S3cret" not in json.dumps([entry.changes for entry in entries(action="book.add_tag")])


def test_secret_key_of_an_owner_of_a_many_to_many_field(settings):
    settings.AUDIT_LOG = {"MODELS": {"testapp.Book": {"mask": ["id"]}}}
    book = Book.objects.create(pk=987654321, title="S3cret")
    book.tags.add(Tag.objects.create(name="x"))
    assert last().target_repr == "book"
    assert "987654321" not in all_that_is_stored()


def test_masked_many_to_many_field_refers_to_nothing(settings):
    settings.AUDIT_LOG = {"MODELS": {"testapp.Book": {"mask": ["tags"]}}}
    tag = Tag.objects.create(name="x")
    book = Book.objects.create(title="One")
    book.tags.add(tag)
    assert last().changes == {"tags": {"masked": True}}
    assert list(last().references.values_list("target_type")) == []


def test_secret_key_of_a_parent(settings):
    settings.AUDIT_LOG = {"MODELS": {"testapp.Place": {"mask": ["id", "name"]}}}
    restaurant = Restaurant.objects.create(pk=987654321, name="S3cret")
    assert last().changes["name"] == {"masked": True}
    assert last().target_repr == "restaurant"
    assert "987654321" not in all_that_is_stored()
    assert list(AuditEntry.objects.for_object(restaurant.place_ptr)) == entries()
