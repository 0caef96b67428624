"""Which models are audited, and by what policy."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.base_session import AbstractBaseSession
from django.contrib.sessions.models import Session
from django.db import models
from django.test.utils import isolate_apps

import audit_log
from audit_log import catalogue, policies, registry
from audit_log.models import AuditEntry, AuditReference
from tests.testapp.models import (
    Author,
    Book,
    Cafe,
    Cell,
    Document,
    Dossier,
    Restaurant,
    Tag,
    Writer,
)


def test_audited_unless_excluded_by_default():
    assert registry.policy_for(Author)
    assert registry.policy_for(User)
    for model in (
        Session,
        ContentType,
        Permission,
        LogEntry,
        AuditEntry,
        AuditReference,
        Book.tags.through,
    ):
        assert registry.policy_for(model) is None, model
        assert registry.why_not(model)
    assert Writer not in registry.audited_models()
    assert registry.policy_for(Writer) is registry.policy_for(Author)


def test_precedence(settings):
    settings.AUDIT_LOG = {"EXCLUDE_MODELS": ["testapp.*"]}
    assert registry.policy_for(Author) is None
    assert registry.policy_for(Book)  # registered
    settings.AUDIT_LOG = {"EXCLUDE_MODELS": ["*"], "MODELS": ["testapp.Author"]}
    assert registry.policy_for(Author)
    assert registry.policy_for(User) is None
    settings.AUDIT_LOG = {"EXCLUDE_MODELS": ["testapp.Book"]}
    assert registry.policy_for(Book) is None
    settings.AUDIT_LOG = {"MODELS": ["sessions.Session"]}
    assert registry.policy_for(Session)


def test_settings_override_option_by_option(settings):
    settings.AUDIT_LOG = {"MODELS": {"testapp.book": {"exclude": ["pages"]}}}
    policy = registry.policy_for(Book)
    assert policy.exclude == {"pages"}
    assert policy.references == ("author",)


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("password", True),
        ("API_Key", True),
        ("access_token", True),
        ("client_secret_hash", True),
        *((f"{word}s", True) for word in ("token", "secret", "api_key", "recovery_code")),
        ("user_credentials_json", True),
        ("password1", True),
        ("new_password2", True),
        *((word, True) for word in ("pwd", "passcode", "pin", "cvv", "cvc", "mfa_seed", "totp")),
        *((word, True) for word in ("jwt", "bearer", "session_key", "secretkey", "apitoken")),
        ("backup_codes", True),
        ("secretary", False),
        ("tokenizer", False),
        ("pinned", False),
        ("spin", False),
        ("keyboard", False),
        ("pinterest", False),
        ("name", False),
    ],
)
def test_names_that_look_secret(name, secret):
    assert policies.looks_secret(name) is secret


def test_masking(settings):
    assert registry.policy_for(User).mask == {"password"}
    assert registry.policy_for(Book).mask == {"secret_token"}
    settings.AUDIT_LOG = {"MASK_FIELDS": ["title"]}
    assert registry.policy_for(Book).mask == {"secret_token", "title"}
    settings.AUDIT_LOG = {"MODELS": {"testapp.Book": {"unmask": ["secret_token"]}}}
    assert registry.policy_for(Book).mask == set()


def test_foreign_keys_are_secret_where_the_key_is():
    from rest_framework.authtoken.models import Token

    assert not policies.is_secret(
        models.ForeignKey(Author, models.CASCADE, name="api_key"), registry.options_of
    )
    assert policies.is_secret(
        models.ForeignKey(Token, models.CASCADE, name="session"), registry.options_of
    )


def test_foreign_keys_to_another_column_than_the_key():
    assert policies.is_secret(
        models.ForeignKey(User, models.CASCADE, to_field="password", name="by"), registry.options_of
    )


def test_children_hide_what_their_parents_hide(settings):
    settings.AUDIT_LOG = {
        "MODELS": {
            "testapp.Place": {"mask": ["name"], "tenant": "name", "references": ["id"]},
            "testapp.Restaurant": {"exclude": ["stars"], "references": []},
        }
    }
    policy = registry.policy_for(Cafe)
    assert policy.mask == {"name"}
    assert policy.exclude == {"stars"}
    assert (policy.tenant, policy.references) == ("name", ())


def test_sessions_of_any_model_are_not_audited(settings):
    with isolate_apps("tests.testapp"):

        class DeviceSession(AbstractBaseSession):
            class Meta:
                app_label = "testapp"

    assert registry.policy_for(DeviceSession) is None
    settings.AUDIT_LOG = {"MODELS": ["testapp.DeviceSession"]}
    assert registry.policy_for(DeviceSession).mask == {"session_key"}


def test_target_is_named_as_the_database_would():
    key = uuid.uuid4()
    for spelled in (key, str(key), key.hex, key.hex.upper()):
        assert registry.target_of(Document(id=spelled)) == ("testapp.document", str(key))
    assert registry.target_of(Cell(row="1", column=2)) == ("testapp.cell", '["1", "2"]')
    assert registry.target_of(Cell(row=1, column="2")) == ("testapp.cell", '["1", "2"]')
    assert registry.target_of(Restaurant(place_ptr_id=" 7")) == ("testapp.restaurant", "7")
    assert registry.target_of(Document(id="none of ours")) == ("testapp.document", "none of ours")


def test_last_log_in_is_not_an_update_of_the_user():
    assert registry.policy_for(User).exclude == {"last_login"}


@pytest.mark.parametrize(
    ("name", "noun"),
    [
        ("License", "license"),
        ("LicenseCustomField", "license_custom_field"),
        ("APIKey", "api_key"),
        ("OAuth2Token", "o_auth2_token"),
    ],
)
def test_nouns(name, noun):
    assert policies.snake_case(name) == noun


@pytest.mark.django_db
def test_secret_key_is_never_told():
    from rest_framework.authtoken.models import Token

    user = User.objects.create(username="ann")
    token = Token.objects.create(user=user)
    entry = AuditEntry.objects.order_by("id").last()
    assert entry.action == "token.create"
    assert token.key not in f"{entry.target_id} {entry.target_repr} {entry.changes}"
    assert entry.target_id.startswith("sha256:")
    assert list(AuditEntry.objects.for_object(token)) == [entry]


# The catalogue


def test_actions_that_follow_from_policies():
    actions = catalogue.all_actions()
    assert str(actions["book.create"].label) == "Book created"
    assert actions["book.publish"].event_type == "update"
    assert str(actions["book.add_tag"].label) == "Book: add tag"
    assert "case_file.open" in actions
    assert "dossier.create" not in actions
    assert actions["book.lend"].label == "Book lent"
    assert catalogue.label_of("gone.vanish") == "gone.vanish"
    assert "book.lend" in catalogue.matching("BOOK LE")
    assert list(actions) == sorted(actions)
    assert registry.policy_for(Dossier).action("create") == "case_file.open"
    assert registry.policy_for(Tag).action("update") == "tag.update"


def test_declaring_an_action():
    assert audit_log.action("book.lend", label="Book lent", event_type="other")
    with pytest.raises(ValueError, match="declared already"):
        audit_log.action("book.lend", label="Something else", event_type="other")
    with pytest.raises(ValueError, match=r"noun\.verb"):
        audit_log.action("Lend a book", label="x")
    with pytest.raises(ValueError, match="no event type"):
        audit_log.action("book.steal", label="x", event_type="crime")
