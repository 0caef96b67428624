"""Names of what an entry leads to, and of what is gone, on every page that shows values."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from audit_log.models import AuditEntry
from audit_log.reading.history import as_of_query
from tests.admin.conftest import LIST as ADMIN
from tests.admin.conftest import READ, Login, entry_url, make_entry, make_user, text

LIST = "/audit-log/"
AUTHOR = {"target_type": "testapp.author", "action": "author.update", "changes": {}}


@pytest.fixture
def client(db: None, login: Login) -> Client:
    return login(make_user("ruth", READ, is_staff=True))


def pages_of(entry: AuditEntry, at: str = "2999-01-01") -> dict[str, str]:
    target = {"target_type": entry.target_type, "target_id": entry.target_id}
    history = reverse("audit_log:object", kwargs=target)
    return {
        "entry": reverse("audit_log:entry", kwargs={"pk": entry.pk}),
        "admin": entry_url(entry),
        "panel": history,
        "as of": history + as_of_query(*target.values(), at),
    }


def values(page: str) -> list[str]:
    shown = r'<bdi class="audit-log-value[^>]*>(.*?)</bdi>(?: <bdi[^>]*>(.*?)</bdi>)?'
    return [" ".join(filter(None, one)) for one in re.findall(shown, page)]


def test_foreign_keys_by_the_names_of_that_time(client: Client) -> None:
    make_entry(**AUTHOR, target_id="1", target_repr="Mary Ann Evans")
    make_entry(**AUTHOR, target_id="2", target_repr="Currer Bell", tenant="other")
    changes = {"author": {"old": 1, "new": 2}, "pages": {"old": None, "new": 5}}
    entry = make_entry(target_id="7", changes=changes)
    make_entry(**AUTHOR, target_id="1", target_repr="George Eliot")
    make_entry(**AUTHOR, target_id="3", target_repr="Nobody")
    for name in ("entry", "admin", "panel"):
        shown = values(text(client.get(pages_of(entry)[name])))
        assert shown[:2] == ["Mary Ann Evans (1)", "Currer Bell (2)"], name
    assert "Currer Bell (2)" in values(text(client.get(pages_of(entry)["as of"])))


def test_a_name_that_nobody_knows_is_the_key(client: Client) -> None:
    entry = make_entry(changes={"author": {"old": 8, "new": "gone"}, "price": {"old": 1, "new": 2}})
    for name in ("entry", "admin", "panel"):
        assert values(text(client.get(pages_of(entry)[name])))[:2] == ["8", "gone"], name


def test_hidden_entries_name_nothing(client: Client, settings: Any) -> None:
    make_entry(**AUTHOR, target_id="1", target_repr="Secret")
    entry = make_entry(tenant="acme", changes={"author": {"old": 1, "new": 2, "new_repr": "Bell"}})
    settings.AUDIT_LOG = {"VISIBILITY": "tests.admin.visibility.only_acme"}
    for name in ("entry", "admin", "panel"):
        page = text(client.get(pages_of(entry)[name]))
        assert values(page)[:2] == ["1", "Bell (2)"], name
        assert "Secret" not in page


def test_one_query_for_all_names(client: Client, django_assert_num_queries: Any) -> None:
    for number in range(10):
        make_entry(**AUTHOR, target_id=str(number), target_repr=f"author {number}")
    for number in range(9):
        make_entry(changes={"author": {"old": number, "new": number + 1}})
    url = reverse("audit_log:object", kwargs={"target_type": "testapp.book", "target_id": "1"})
    # Session, user, two for the permissions, one for the object's name, its entries, names.
    # PostgreSQL's planner is asked how many entries there are.
    with django_assert_num_queries(8 if connection.vendor == "postgresql" else 7):
        shown = values(text(client.get(url)))
    assert shown[:2] == ["author 8 (8)", "author 9 (9)"]
    assert len(shown) == 18


def test_an_app_that_is_gone_shows_its_raw_names(client: Client) -> None:
    changes = {
        "colour": {"old": "r", "new": "g"},
        "size": {"old": None, "new": ""},
        "maker": {"old": 1, "new": 2, "old_repr": "Smith"},
        "parts": {"added": [{"id": "4", "repr": "wheel"}], "removed": []},
    }
    target = {"target_type": "warehouse.shelf", "target_id": "B-12", "target_repr": "Shelf B-12"}
    make_entry(**target, event_type="create", action="shelf.create", changes={})
    entry = make_entry(**target, action="shelf.repaint", changes=changes)
    for name, url in {**pages_of(entry), "list": LIST, "admin list": ADMIN}.items():
        page = text(client.get(url))
        assert "warehouse.shelf" in page, name
        for field in changes:
            assert f">{field}</bdi>" in page, name
        if "list" not in name:
            shown = values(page)
            assert {"g", "2", "Smith (1)"} <= set(shown), name
            assert "empty text</em>" in page, name
            assert "<bdi>wheel</bdi>" in page, name
    assert "shelf.repaint" in text(client.get(LIST))
