"""An object as it was at a moment."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

import audit_log
from audit_log.reading.moments import utc_text
from tests.admin.conftest import READ, Login, make_entry, make_user
from tests.testapp.models import Book, Tag

URL = "/api/audit-log/objects"


@pytest.fixture
def client(db: None, login: Login) -> Client:
    return login(make_user("ruth", READ))


@pytest.fixture
def book(client: Client) -> Book:
    return Book.objects.create(title="Emma", price=5, secret_token="x")


def url_of(book: Any) -> str:
    return f"{URL}/testapp.book/{book.pk}/"


def test_then_and_now(client: Client, book: Book) -> None:
    then = timezone.now()
    tag = Tag.objects.create(name="novel")
    Book.objects.filter(pk=book.pk).update(title="Persuasion", price=7)
    book.tags.add(tag)

    found = client.get(url_of(book), {"at": utc_text(then)}).json()
    assert found["target"] == {"type": "testapp.book", "id": str(book.pk), "repr": "Emma"}
    assert found["at"] == utc_text(then)
    assert found["exists"] is True
    assert found["is_whole"] is True
    assert found["fields"]["title"] == {
        "status": "known",
        "value": "Emma",
        "repr": "",
        "sha256": "",
    }
    assert found["fields"]["secret_token"]["status"] == "masked"
    assert found["fields"]["tags"]["value"] == []

    now = client.get(url_of(book)).json()["fields"]
    assert now["title"]["value"] == "Persuasion"
    assert now["price"]["value"] == "7.00"
    assert now["tags"]["value"] == [{"id": str(tag.pk), "repr": "novel"}]


def test_before_and_after_its_life(client: Client, book: Book) -> None:
    key = book.pk
    before = timezone.now() - datetime.timedelta(days=1)
    found = client.get(url_of(book), {"at": utc_text(before)}).json()
    assert (found["exists"], found["fields"], found["entry"]) == (False, {}, None)
    book.delete()
    found = client.get(f"{URL}/testapp.book/{key}/").json()
    assert (found["exists"], found["fields"]) == (False, {})
    assert found["entry"] is not None


def test_a_date_means_its_end(client: Client, book: Book) -> None:
    today = timezone.localdate().isoformat()
    assert client.get(url_of(book), {"at": today}).json()["exists"] is True


@pytest.mark.parametrize(
    ("parameters", "name"),
    [({"at": "yesterday"}, "at"), ({"At": "2026-01-01"}, "At"), ({"search": "x"}, "search")],
)
def test_wrong_parameters(client: Client, book: Book, parameters: Any, name: str) -> None:
    response = client.get(url_of(book), parameters)
    assert response.status_code == 400
    assert list(response.json()) == [name]
    assert client.get(url_of(book) + "?at=2026-01-01&at=2026-01-02").status_code == 400


def test_of_what_nothing_is_known(client: Client) -> None:
    assert client.get(f"{URL}/testapp.book/4711/").status_code == 404
    assert client.get(f"{URL}/gone.thing/a/b/").status_code == 404


def test_what_no_database_stores(client: Client, book: Book) -> None:
    for path in ("testapp.book/%00", f"testapp.book%00/{book.pk}", "testapp.book/%ED%A0%80"):
        assert client.get(f"{URL}/{path}/").status_code == 404
        assert client.get(f"/audit-log/objects/{path}/").status_code == 404


def test_keys_with_slashes(client: Client) -> None:
    make_entry(target_type="gone.thing", target_id="a/b c?")
    found = client.get(f"{URL}/gone.thing/a/b%20c%3F/").json()
    assert found["target"]["id"] == "a/b c?"
    assert found["fields"]["title"]["value"] == "Middlemarch"
    assert found["is_whole"] is False


def test_without_permission(db: None, login: Login, client: Client, book: Book) -> None:
    assert login(None).get(url_of(book)).status_code in {401, 403}
    assert login(make_user("nobody")).get(url_of(book)).status_code == 403


def test_hidden_entries_make_no_state(settings, client: Client, book: Book) -> None:
    settings.AUDIT_LOG = {"VISIBILITY": "tests.admin.visibility.only_acme"}
    # Nothing of it is visible.
    assert client.get(url_of(book)).status_code == 404
    # A part of it is.
    before = timezone.now()
    make_entry(target_id=str(book.pk), tenant="acme")
    response = client.get(url_of(book))
    assert response.status_code == 403
    assert "not yours to see" in response.json()["detail"]
    response = client.get(url_of(book), {"at": utc_text(before)})
    assert response.status_code == 403


def test_visible_entries_alone_make_a_state(settings, client: Client) -> None:
    settings.AUDIT_LOG = {"VISIBILITY": "tests.admin.visibility.only_acme"}
    book = Book(pk=7)
    for verb, old, new in (("create", None, "Emma"), ("update", "Emma", "Persuasion")):
        with audit_log.context(tenant="acme"):
            audit_log.record(
                f"book.{verb}", target=book, changes={"title": {"old": old, "new": new}}
            )
    found = client.get(f"{URL}/testapp.book/7/").json()
    assert found["fields"]["title"]["value"] == "Persuasion"
    assert found["fields"]["price"]["status"] == "unknown"
    assert found["fields"]["pages"] == {"status": "known", "value": None, "repr": "", "sha256": ""}
