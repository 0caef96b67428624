"""An object by its key alone, its history, and the object as it was at a moment."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from audit_log.models import AuditReference
from audit_log.reading.history import anchor_of, as_of_query
from tests.admin.conftest import READ, Login, make_entry, make_user, text
from tests.testapp.models import Book

LIST = "/audit-log/"


@pytest.fixture
def client(db: None, login: Login) -> Client:
    return login(make_user("ruth", READ))


def test_the_one_object_with_a_key(client: Client) -> None:
    make_entry(target_id="4711")
    response = client.get(LIST, {"object": "4711", "event_type": "update"})
    assert parse_qs(urlsplit(response["Location"]).query) == {
        "object": ["testapp.book:4711"],
        "event_type": ["update"],
    }


def test_the_type_says_which_object_is_meant(client: Client) -> None:
    make_entry(target_id="1")
    make_entry(target_id="1", target_type="testapp.author")
    response = client.get(LIST, {"object": "1"})
    assert response.status_code == 400
    assert "Several objects have the ID “1”. Give one of: testapp.author:1, testapp.book:1." in (
        text(response)
    )
    response = client.get(LIST, {"object": "1", "target_type": "testapp.author"})
    assert parse_qs(urlsplit(response["Location"]).query) == {"object": ["testapp.author:1"]}


@pytest.mark.parametrize("key", ["nowhere", "a\x00b", "x" * 1000, "a:b"])
def test_no_such_object(client: Client, key: str) -> None:
    assert client.get(LIST, {"object": key}).status_code == 400


@pytest.mark.parametrize("path", ["testapp.book/nowhere/", "testapp.book/a%00b/", "a%00b.c/1/"])
def test_no_page_of_an_object_without_entries(client: Client, path: str) -> None:
    make_entry(target_id="4711")
    assert client.get(f"{LIST}objects/{path}").status_code == 404


def test_page_of_an_object_that_is_only_referred_to(client: Client) -> None:
    AuditReference.objects.create(entry=make_entry(), target_type="gone.shelf", target_id="7")
    page = text(client.get(f"{LIST}objects/gone.shelf/7/"))
    assert "<h1>" in page
    assert "History" in page


def test_hidden_objects_are_not_named(settings, client: Client) -> None:
    settings.AUDIT_LOG = {"VISIBILITY": "tests.admin.visibility.only_acme"}
    make_entry(target_id="4711")
    assert "No object has the ID “4711”." in text(client.get(LIST, {"object": "4711"}))


def test_as_of(client: Client) -> None:
    book = Book.objects.create(title="Emma")
    url = f"{LIST}objects/testapp.book/{book.pk}/"
    assert "As it was" not in text(client.get(url))
    page = text(client.get(url + as_of_query("testapp.book", str(book.pk), "2020-01-01")))
    assert "It did not exist yet." in page
    page = text(client.get(url, {f"{anchor_of('testapp.book', str(book.pk))}-at": "2999-01-01"}))
    assert "hidden: values of this field are not recorded" in page
    assert "Emma" in page[page.index("As it was") :]
    page = text(client.get(url + as_of_query("testapp.book", str(book.pk), "tomorrow")))
    assert "“tomorrow” is no date or time." in page


def test_as_of_with_hidden_entries(settings, client: Client) -> None:
    settings.AUDIT_LOG = {"VISIBILITY": "tests.admin.visibility.only_acme"}
    book = Book.objects.create(title="Emma")
    make_entry(target_id=str(book.pk), tenant="acme")
    url = f"{LIST}objects/testapp.book/{book.pk}/"
    page = text(client.get(url + as_of_query("testapp.book", str(book.pk), "2999-01-01")))
    assert "Some entries about this object are not yours to see" in page
    assert "Emma" not in page
