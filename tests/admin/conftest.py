from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.test import Client

from audit_log.models import AuditEntry, AuditReference
from audit_log.querysets import AuditEntryQuerySet

LIST = "/admin/audit_log/auditentry/"
EXPORT = f"{LIST}export/"
READ = "audit_log.view_auditentry"
TAKE = "audit_log.export_auditentry"

Login = Callable[[User | None], Client]


def entry_url(entry: AuditEntry) -> str:
    return f"{LIST}{entry.pk}/change/"


def text(response: HttpResponse) -> str:
    return response.content.decode()


def make_user(name: str, *permissions: str, **values: Any) -> User:
    """A user with these permissions, `app_label.codename`."""
    values = {"email": f"{name}@example.com", **values}
    (user,) = User.objects.bulk_create([User(username=name, **values)])
    through = User.user_permissions.through
    for permission in permissions:
        app_label, codename = permission.split(".")
        granted = Permission.objects.get(content_type__app_label=app_label, codename=codename)
        through.objects.create(user=user, permission=granted)
    forget(AuditEntry.objects.filter(target_type="auth.user", target_id=str(user.pk)))
    return user


def forget(entries: AuditEntryQuerySet) -> None:
    """Remove entries: these tests look at those that they make themselves."""
    AuditReference.objects.filter(entry__in=list(entries))._raw_delete("default")
    entries._raw_delete("default")


def make_entry(**values: Any) -> AuditEntry:
    values = {
        "event_type": "update",
        "action": "book.update",
        "target_type": "testapp.book",
        "target_id": "1",
        "target_repr": "Middlemarch",
        "changes": {"title": {"old": "Middlemarsh", "new": "Middlemarch"}},
        **values,
    }
    return AuditEntry.objects.create(**values)


def sign_in(client: Client, user: User) -> None:
    """Like `force_login()`, without the signal: it would leave an entry."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = store.session_key


@pytest.fixture
def superuser(db: None) -> User:
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def reader(db: None) -> User:
    return make_user("reader", READ, is_staff=True)


@pytest.fixture
def login() -> Login:
    def log_in(user: User | None) -> Client:
        client = Client()
        if user is not None:
            sign_in(client, user)
        return client

    return log_in


@pytest.fixture
def admin(superuser: User, login: Login) -> Client:
    """A superuser, before an empty log."""
    client = login(superuser)
    forget(AuditEntry.objects.all())
    return client
