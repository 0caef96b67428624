"""The actor filter: a key, a user name or an e-mail address."""

from __future__ import annotations

from collections.abc import Iterator
from unittest import mock

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings

from audit_log.models import AuditEntry
from audit_log.pages import actors
from tests.admin.conftest import LIST, Login, make_entry, make_user, text


def entry_of(user: User, **values: str) -> AuditEntry:
    return make_entry(actor=user, actor_type="user", actor_repr=f"{user.username}!", **values)


@pytest.mark.parametrize("typed", ["ann", "ANN", " ann@example.com", "Ann@Example.COM"])
def test_a_name_leads_to_the_key(admin: Client, typed: str) -> None:
    ann = make_user("ann")
    entry_of(ann)
    response = admin.get(LIST, {"actor": typed, "search": "middle"})
    assert response.status_code == 302
    assert response.url == f"{LIST}?search=middle&actor={ann.pk}"
    page = text(admin.get(response.url))
    assert "1 entry" in page
    assert f'name="actor" value="{ann.pk}"' in page
    assert "<bdi>ann!</bdi></span>" in page


def test_nobody_of_that_name(admin: Client) -> None:
    response = admin.get(LIST, {"actor": "<b>nobody"})
    assert response.status_code == 400
    assert "or the e-mail address “&lt;b&gt;nobody”" in text(response)


def test_several_of_that_address(admin: Client) -> None:
    users = [make_user(name, email="shared@example.com") for name in ("ann", "bo")]
    response = admin.get(LIST, {"actor": "shared@example.com"})
    assert response.status_code == 400
    for user in users:
        assert f"{user.pk} ({user.username})" in text(response)


def test_a_user_who_is_gone_is_found_by_key(admin: Client) -> None:
    make_entry(actor_id=4711, actor_type="user", actor_repr="Gone")
    assert "1 entry" in text(admin.get(LIST, {"actor": "4711"}))


@override_settings(AUDIT_LOG={"VISIBILITY": "tests.admin.visibility.only_acme"})
def test_visibility_hides_who_has_an_account(db: None, login: Login) -> None:
    entry_of(make_user("ann"), tenant="acme")
    entry_of(make_user("bo"), tenant="globex")
    client = login(make_user("reader", is_staff=True))
    assert client.get(LIST, {"actor": "ann"}).status_code == 302
    hidden, unknown = (client.get(LIST, {"actor": name}) for name in ("bo", "no"))
    assert hidden.status_code == unknown.status_code == 400
    assert "No user has the key" in text(hidden)


@pytest.fixture
def free_text_keys() -> Iterator[None]:
    """As if a user's key could be any text, as it is in some projects."""
    with (
        mock.patch("audit_log.pages.actors.keys_are_free_text", return_value=True),
        mock.patch("audit_log.pages.listing.keys_are_free_text", return_value=True),
    ):
        yield


@pytest.mark.usefixtures("free_text_keys")
def test_where_keys_are_free_text_a_name_is_tried_last(admin: Client) -> None:
    # A number passes for a key here, and nobody has it: then it may be a name.
    user = make_user("777777")
    response = admin.get(LIST, {"actor": "777777"})
    assert response.status_code == 302
    assert response.url == f"{LIST}?actor={user.pk}"
    assert "No entry matches" in text(admin.get(response.url))
    assert "No entry matches" in text(admin.get(LIST, {"actor": "888888"}))
    entry_of(user)
    assert "1 entry" in text(admin.get(response.url))


@pytest.mark.usefixtures("free_text_keys")
def test_a_key_is_never_taken_for_a_name(db: None) -> None:
    ann = make_user("ann")
    make_user(str(ann.pk))
    assert actors.find_users(str(ann.pk), AuditEntry.objects.all()) == []


@pytest.mark.parametrize("typed", ["", "  ", "a\x00"])
def test_nothing_to_look_for(typed: str) -> None:
    assert actors.find_users(typed, AuditEntry.objects.all()) == []


def test_users_without_an_address(admin: Client) -> None:
    ann = make_user("ann")
    with mock.patch.object(User, "EMAIL_FIELD", ""):
        assert actors.find_users("ann", AuditEntry.objects.all()) == [ann]
        assert actors.find_users("ann@example.com", AuditEntry.objects.all()) == []
