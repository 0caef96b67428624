"""The list inside the application."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.admin.conftest import READ, Login, make_entry, make_user, text

LIST = "/audit-log/"


@pytest.fixture
def client(db: None, login: Login) -> Client:
    """Somebody who reads the log and is no staff."""
    return login(make_user("ruth", READ))


def test_empty(client: Client) -> None:
    assert "Nothing has been recorded yet." in text(client.get(LIST))


def test_twenty_a_page_with_numbers(client: Client) -> None:
    for number in range(45):
        make_entry(target_repr=f"Book {number:02}")
    first = text(client.get(LIST))
    assert "Page 1 of 3" in first
    assert "45 entries" in first
    assert re.findall(r"<bdi>(Book \d\d)</bdi>", first)[::2] == [
        f"Book {number:02}" for number in range(44, 24, -1)
    ]
    (following,) = re.findall(r'rel="next" href="([^"]+)"', first)
    assert "Page 2 of 3" in text(client.get(LIST + following.replace("&amp;", "&").split("/")[-1]))


def test_filters(client: Client) -> None:
    make_entry(target_repr="Emma")
    make_entry(action="book.delete", event_type="delete", target_repr="Silas")
    page = text(client.get(LIST, {"event_type": "delete"}))
    assert "Silas" in page
    assert "Emma" not in page
    assert "No entry matches these filters." in text(client.get(LIST, {"search": "nowhere"}))


def test_wrong_filter_is_an_error(client: Client) -> None:
    response = client.get(LIST, {"occurred_after": "yesterday"})
    assert response.status_code == 400
    assert "Nothing is shown until this is put right:" in text(response)


def test_nobody_changes_anything(client: Client) -> None:
    assert client.post(LIST).status_code == 405
