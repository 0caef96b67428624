from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from audit_log.models import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Callable

LIST = "/admin/audit_log/auditentry/"
EXPORT = f"{LIST}export/"


def entry_url(entry: AuditEntry) -> str:
    return f"{LIST}{entry.pk}/change/"


def make_user(name: str, *permissions: str, **values: Any) -> User:
    """A user with these permissions of the audit log or others, `app_label.codename`."""
    # Beyond the journal's sight: these tests make their entries themselves.
    (user,) = User.objects.bulk_create([User(username=name, email=f"{name}@example.com", **values)])
    for permission in permissions:
        app_label, codename = permission.split(".")
        user.user_permissions.through.objects.create(
            user=user,
            permission=Permission.objects.get(
                content_type__app_label=app_label, codename=codename
            ),
        )
    return user


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


@pytest.fixture
def superuser(db: None) -> User:
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def reader(db: None) -> User:
    return make_user("reader", "audit_log.view_auditentry", is_staff=True)


@pytest.fixture
def login() -> Callable[[User | None], Client]:
    def log_in(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return log_in


@pytest.fixture
def admin(superuser: User, login: Callable[[User | None], Client]) -> Client:
    client = login(superuser)
    # What logging in recorded is not what these tests are about.
    AuditEntry.objects.all()._raw_delete("default")
    return client
