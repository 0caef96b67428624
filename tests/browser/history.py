"""A lively history of a small bookshop, written beneath the journal."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from audit_log import uuid7
from audit_log.models import AuditEntry, AuditReference
from tests.testapp.models import Author, Book

ROTA = [
    ("ann", "Ann Smith <ann@example.com>"),
    ("bo", "Bo Li <bo@example.com>"),
    ("carla", "Carla Núñez <carla@example.com>"),
]


def write_history(entries: int = 60) -> Book:
    """Fill an empty log with `entries` updates of several books, and some of each other kind."""
    generator = uuid7.Uuid7Generator()
    now = timezone.now()
    users = User.objects.bulk_create(
        User(username=name, email=f"{name}@example.com") for name, _ in ROTA
    )
    (author,) = Author.objects.bulk_create([Author(name="George Eliot")])
    books = Book.objects.bulk_create(
        Book(title=title, author=author, price="12.50")
        for title in ("Middlemarch", "Silas Marner", "Adam Bede", "Romola")
    )
    rows: list[AuditEntry] = []

    def add(minutes: int, who: int | None, **values: Any) -> AuditEntry:
        moment = now - datetime.timedelta(minutes=minutes)
        actor: dict[str, Any] = {"actor_type": "command", "actor_repr": "import_prices"}
        if who is not None:
            actor = {"actor_type": "user", "actor": users[who], "actor_repr": ROTA[who][1]}
        row = AuditEntry(
            id=generator.make(int(moment.timestamp() * 1000)),
            occurred_at=moment,
            **{
                **actor,
                "event_type": "update",
                "action": "book.update",
                "remote_addr": None if who is None else f"198.51.100.{7 + who}",
                "correlation_id": f"4bf92f3577b34da6a3ce929d0e0e{minutes:04x}",
                "target_type": "testapp.book",
                **values,
            },
        )
        rows.append(row)
        return row

    for number in range(entries, 0, -1):
        book = books[number % 4]
        add(
            number * 97 + 60,
            [0, 1, 2, None][number % 4],
            target_id=str(book.pk),
            target_repr=book.title,
            changes={
                "price": {"old": f"{number + 9}.90", "new": f"{number + 8}.50"},
                "pages": {"old": None if number % 3 else 400, "new": 401 + number},
            },
        )
    book = books[0]
    target = {"target_id": str(book.pk), "target_repr": book.title}
    add(
        58,
        0,
        event_type="create",
        action="book.create",
        **target,
        changes={
            "title": {"old": None, "new": "Middlemarch"},
            "author": {"old": None, "new": author.pk, "new_repr": "George Eliot"},
            "price": {"old": None, "new": "12.50"},
            "is_published": {"old": None, "new": False},
            "extra": {"old": None, "new": {"tags": ["classic", "novel"], "isbn": None}},
            "secret_token": {"masked": True},
        },
    )
    add(
        51,
        1,
        action="book.publish",
        **target,
        reason="Ticket 811: the author's estate agreed",
        changes={"is_published": {"old": False, "new": True}},
    )
    add(
        45,
        2,
        action="book.add_tag",
        **target,
        changes={
            "tags": {"added": [{"id": "3", "repr": "Victorian"}, {"id": "4", "repr": "Novel"}]}
        },
    )
    rich = add(
        31,
        0,
        **target,
        reason="Corrections from the proof-reader <b>urgent</b>",
        metadata={
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
            "method": "POST",
            "path": f"/admin/testapp/book/{book.pk}/change/",
        },
        changes={
            "title": {
                "old": "Middlemarch ",
                "new": "Middlemarch, A Study\u202e of Provincial Life",
            },
            "author": {
                "old": None,
                "new": author.pk,
                "new_repr": "George Eliot",
            },
            "released": {"old": None, "new": "1871-12-01T09:30:00Z"},
            "extra": {
                "old": {"tags": ["classic"], "isbn": None},
                "new": {"tags": ["classic", "novel"], "isbn": "978-0-14-143954-9"},
            },
            "is_published": {"old": False, "new": True},
            "pages": {"old": 0, "new": None},
            "duration": {"old": "", "new": "None"},
            "tags": {
                "added": [{"id": "9", "repr": "Classic"}],
                "removed": [{"id": "3", "repr": "Draft"}],
            },
            "secret_token": {"masked": True},
            "blurb": {
                "old": "Who that cares much to know the history of man … " * 6,
                "new": "Who that cares much to know the history of woman … " * 6,
                "truncated": True,
                "old_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                "new_sha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
            },
        },
    )
    add(
        25,
        None,
        actor_type="anonymous",
        actor_repr="",
        event_type="access",
        action="user.log_in",
        outcome="failure",
        target_type="auth.user",
        target_id="99",
        target_repr="<script>alert(1)</script>",
        remote_addr="2001:db8:85a3::8a2e:370:7334",
    )
    add(
        12,
        2,
        event_type="delete",
        action="book.delete",
        target_id="4711",
        target_repr="Felix Holt, the Radical",
        changes={
            "title": {"old": "Felix Holt, the Radical", "new": None},
            "price": {"old": "7.00", "new": None},
            "pages": {"old": 480, "new": None},
        },
    )
    add(
        9,
        1,
        event_type="other",
        action="warehouse.recount",
        target_type="warehouse.shelf",
        target_id="B-12",
        target_repr="Shelf B-12",
        changes={"count": {"old": 12, "new": 11}},
    )
    add(5, 0, **target, changes={"price": {"old": "12.50", "new": "14.00"}})
    # Without what making the books themselves left.
    AuditReference.objects.all()._raw_delete("default")
    AuditEntry.objects.all()._raw_delete("default")
    AuditEntry.objects.bulk_create(rows)
    AuditReference.objects.bulk_create(
        [AuditReference(entry=rich, target_type="testapp.author", target_id=str(author.pk))]
    )
    return book
