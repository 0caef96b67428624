"""Who reads, and what there is to be read."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from audit_log.models import AuditEntry, AuditHold, AuditReference
from audit_log.querysets import AuditEntryQuerySet
from example_project.workspaces.models import Member, Workspace
from tests.admin.conftest import READ, TAKE, make_user, sign_in
from tests.testapp.models import Book

HERE, THERE = "brightside", "northwind"
BOOKS = "testapp.view_book"


def _administers(name: str, slug: str, **values: bool) -> User:
    permissions = [BOOKS] if values.get("is_staff") else []
    return _joins(make_user(name, *permissions, **values), slug, Member.Role.ADMIN)


def _joins(user: User, slug: str, role: str) -> User:
    workspace = Workspace.objects.get(slug=slug)
    (member,) = Member.objects.bulk_create(
        [Member(workspace=workspace, user=user, email=user.email, role=role)]
    )
    Member.objects.filter(pk=member.pk).update(joined_at=timezone.now())
    return user


ROLES: dict[str, Callable[[], User | None]] = {
    "superuser": lambda: make_user("root", is_staff=True, is_superuser=True),
    "auditor": lambda: make_user("auditor", READ, TAKE, BOOKS, is_staff=True),
    "reader": lambda: make_user("reader", READ, BOOKS, is_staff=True),
    "exporter": lambda: make_user("exporter", TAKE, BOOKS, is_staff=True),
    "staff": lambda: make_user("staff", BOOKS, is_staff=True),
    "staff_here": lambda: _administers("sarah", HERE, is_staff=True),
    "admin_here": lambda: _administers("wanda", HERE),
    "admin_there": lambda: _administers("nils", THERE),
    "member": lambda: _joins(make_user("milo"), HERE, Member.Role.MEMBER),
    "anonymous": lambda: None,
}
"""In the order of the table's columns."""


@dataclass(frozen=True)
class Case:
    """An entry, and the word that everything in it has and nothing else."""

    word: str
    entry: AuditEntry
    book: Book
    gone: AuditEntry
    """About an object that is not there any more."""
    hold: AuditHold


ENTRIES = {
    "ours": f"workspaces:{HERE}",
    "theirs": f"workspaces:{THERE}",
    "nones": "",
}
"""Whose log each entry belongs to, in the order of the table's signs."""


def build(role: str) -> tuple[Client, dict[str, Case]]:
    """Fill an empty log with an entry of each, and return the client of a person."""
    Workspace.objects.bulk_create(
        [Workspace(name=slug.title(), slug=slug) for slug in (HERE, THERE)]
    )
    client = Client()
    user = ROLES[role]()
    if user is not None:
        sign_in(client, user)
    actors = User.objects.bulk_create(
        [User(username=f"{name}word", email=f"{name}word@example.com") for name in ENTRIES]
    )
    books = Book.objects.bulk_create([Book(title="A book", price=1) for _ in ENTRIES])
    (hold,) = AuditHold.objects.bulk_create([AuditHold(reason="a case", tenant="elsewhere")])
    forget(AuditEntry.objects.all())
    return client, {
        name: Case(
            actor.username,
            _entry(actor, tenant, str(book.pk)),
            book,
            _entry(actor, tenant, str(book.pk + 100_000)),
            hold,
        )
        for (name, tenant), actor, book in zip(ENTRIES.items(), actors, books, strict=True)
    }


def forget(entries: AuditEntryQuerySet) -> None:
    """Remove entries without a trace."""
    AuditReference.objects.filter(entry__in=list(entries.values_list("pk")))._raw_delete("default")
    entries.order_by()._raw_delete("default")


def _entry(actor: User, tenant: str, target_id: str) -> AuditEntry:
    word = actor.username
    entry = AuditEntry.objects.create(
        occurred_at=timezone.now() - datetime.timedelta(days=2),
        event_type="update",
        action=f"{word}.act",
        actor_id=actor.pk,
        actor_type="user",
        actor_repr=f"{word} <{actor.email}>",
        target_type="testapp.book",
        target_id=target_id,
        target_repr=f"The {word}",
        tenant=tenant,
        changes={"title": {"old": f"old {word}", "new": f"new {word}"}},
        reason=f"because of {word}",
        correlation_id=f"{word}-correlation",
        metadata={"note": word},
    )
    AuditReference.objects.create(
        entry=entry, target_type="testapp.author", target_id=f"{word}-author"
    )
    return entry
