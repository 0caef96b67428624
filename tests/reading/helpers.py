"""Entries and people, made without further entries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import Permission, User
from django.http import QueryDict
from django.test import override_settings

from audit_log.models import AuditEntry, AuditReference
from audit_log.reading.filters import AuditEntryFilter


@contextmanager
def unaudited() -> Iterator[None]:
    """What is set up inside leaves nothing in the log."""
    with override_settings(AUDIT_LOG={"EXCLUDE_MODELS": ["*"]}):
        yield


def make(**values: Any) -> AuditEntry:
    """An entry; what is not said is a created user."""
    references = values.pop("references", ())
    defaults = {
        "event_type": "create",
        "action": "user.create",
        "target_type": "auth.user",
        "target_id": "7",
        "target_repr": "ann",
    }
    entry = AuditEntry.objects.create(**defaults | values)
    for target_type, target_id in references:
        AuditReference.objects.create(entry=entry, target_type=target_type, target_id=target_id)
    return entry


def make_many(count: int, **values: Any) -> list[AuditEntry]:
    """Entries, the newest first, in one statement."""
    defaults = {"event_type": "create", "action": "user.create", "target_type": "auth.user"}
    entries = [
        AuditEntry(**defaults | {"target_id": str(number)} | values) for number in range(count)
    ]
    AuditEntry.objects.bulk_create(entries, batch_size=500)
    return entries[::-1]


def make_user(name: str, *permissions: str, **values: Any) -> User:
    with unaudited():
        user = User.objects.create_user(name, password="secret", **values)
        user.user_permissions.add(*Permission.objects.filter(codename__in=permissions))
    return user


def found(query: str, queryset: Any = None) -> list[AuditEntry]:
    """The entries that a query string finds; it must be valid."""
    filters = ask(query, queryset)
    assert filters.is_valid(), filters.errors
    return list(filters.qs)


def wrong(query: str) -> dict[str, list[str]]:
    """What is wrong with a query string."""
    filters = ask(query)
    assert not filters.is_valid()
    # Never the unfiltered log.
    assert not filters.qs.exists()
    return {name: [str(text) for text in texts] for name, texts in filters.errors.items()}


def ask(query: str, queryset: Any = None) -> AuditEntryFilter:
    entries = AuditEntry.objects.all() if queryset is None else queryset
    return AuditEntryFilter(data=QueryDict(query), queryset=entries, request=None)
