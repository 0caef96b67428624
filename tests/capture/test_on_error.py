"""``ON_ERROR``: each thing that can go wrong, under both values, with each way to write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    connection,
    connections,
    transaction,
)
from django.db.models import F

import audit_log
from audit_log import signals
from audit_log.models import AuditEntry, AuditReference
from tests.capture.helpers import actions, entries, in_thread
from tests.testapp.models import Author, Book, Country, Dossier, Fragile, Stock, Tag

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


class Boom(Exception):
    pass


def fails(instance: Any) -> str:
    raise Boom


# Ways to write, each with what is asked of the tables to see whether it happened.


def upsert() -> None:
    unique = {} if connection.vendor == "mysql" else {"unique_fields": ["sku"]}
    Stock.objects.bulk_create(
        [Stock(sku="a", count=9), Stock(sku="b", count=9)],
        update_conflicts=True,
        update_fields=["count"],
        **unique,
    )


def save() -> None:
    author = Author.objects.earliest("pk")
    author.name = "Bea"
    author.save()


WAYS: dict[str, Callable[[], Any]] = {
    "create": lambda: Author.objects.create(name="new"),
    "save": save,
    "update": lambda: Author.objects.update(name="x"),
    "update by an expression": lambda: Stock.objects.update(count=F("count") + 1),
    "bulk_create": lambda: Author.objects.bulk_create([Author(name="new"), Author(name="newer")]),
    "bulk_create that ignores": lambda: Country.objects.bulk_create(
        [Country(code="a", name="met"), Country(code="b", name="new")], ignore_conflicts=True
    ),
    "upsert": upsert,
    "bulk_update": lambda: Author.objects.bulk_update(
        [Author(pk=a.pk, name="y") for a in Author.objects.all()], ["name"]
    ),
    "delete": lambda: Country.objects.get(code="a").delete(),
    "queryset.delete": lambda: Stock.objects.all().delete(),
    "cascade and SET_NULL": lambda: Author.objects.earliest("pk").delete(),
    "add": lambda: Book.objects.get().tags.add(Tag.objects.get(name="b")),
    "set": lambda: Book.objects.get().tags.set([Tag.objects.get(name="b")]),
    "clear": lambda: Book.objects.get().tags.clear(),  # noqa: PLW0108  # of the book then
    "rows of a many-to-many table": lambda: Book.tags.through.objects.update(
        tag=Tag.objects.get(name="b")
    ),
}

MODELS = (Author, Book, Book.tags.through, Country, Dossier, Stock, Tag)


def state() -> list[Any]:
    return [list(model.objects.order_by("pk").values_list()) for model in MODELS]


def begin() -> None:
    """Make rows to write to, in place of those that are there."""
    for model in (Book.tags.through, Dossier, Book, Author, Country, Stock, Tag):
        model._base_manager.all()._raw_delete("default")
    ann = Author.objects.create(name="Ann")
    book = Book.objects.create(title="One", author=ann)
    book.tags.add(Tag.objects.create(name="a"))
    Tag.objects.create(name="b")
    Dossier.objects.create(owner=ann)
    Country.objects.create(code="a", name="A")
    Stock.objects.create(sku="a", count=1)


# Things that go wrong.


@contextmanager
def without(model: Any, settings: Any) -> Iterator[None]:
    quote = connection.ops.quote_name

    def rename(old: str, new: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {quote(old)} RENAME TO {quote(new)}")

    rename(model._meta.db_table, "hidden_table")
    try:
        yield
    finally:
        rename("hidden_table", model._meta.db_table)


@contextmanager
def full(settings: Any) -> Iterator[None]:
    """No further entry is let in: each has the outcome that one has already."""
    with connection.cursor() as cursor:
        AuditReference.objects.all()._raw_delete("default")
        AuditEntry.objects.all()._raw_delete("default")
        AuditEntry.objects.create(action="author.create", event_type="create")
        cursor.execute("CREATE UNIQUE INDEX full_up ON audit_log_auditentry (outcome)")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            on = " ON audit_log_auditentry" if connection.vendor == "mysql" else ""
            cursor.execute(f"DROP INDEX full_up{on}")


@contextmanager
def broken_tenant(settings: Any) -> Iterator[None]:
    labels = ("Author", "Book", "Country", "Dossier", "Stock", "Tag")
    models = {f"testapp.{label}": {"tenant": fails} for label in labels}
    settings.AUDIT_LOG = {**getattr(settings, "AUDIT_LOG", {}), "MODELS": models}
    yield


CAUSES: dict[str, Callable[[Any], Any]] = {
    "missing table": lambda settings: without(AuditEntry, settings),
    "missing table of references": lambda settings: without(AuditReference, settings),
    "full constraint": full,
    "tenant that raises": broken_tenant,
}


@pytest.mark.parametrize("atomic", [False, True])
@pytest.mark.parametrize("cause", CAUSES)
def test_no_audit_no_change(cause, atomic, settings):
    begin()
    wrong = 0
    with CAUSES[cause](settings):
        for way in WAYS.values():
            before, count = state(), log_count(cause)
            try:
                with transaction.atomic() if atomic else nullcontext():
                    way()
            except (DatabaseError, Boom):
                wrong += 1
                assert state() == before
                assert log_count(cause) == count
            assert connection.get_autocommit()
            assert not connection.in_atomic_block
    # Entries without references need no table of references.
    assert wrong == len(WAYS) or (cause == "missing table of references" and wrong >= 5)


@pytest.mark.parametrize("atomic", [False, True])
@pytest.mark.parametrize("cause", CAUSES)
def test_change_without_its_entry(cause, atomic, settings, caplog):
    """Under ``"log"`` it goes through, what else is in the transaction too, and it is told."""
    settings.AUDIT_LOG = {"ON_ERROR": "log"}
    unmodified = dict(settings.AUDIT_LOG)
    failures: list[Any] = []

    def on_failure(sender: Any, **kwargs: Any) -> None:
        failures.append(kwargs)

    signals.write_failed.connect(on_failure)
    try:
        for name, way in WAYS.items():
            settings.AUDIT_LOG = unmodified
            begin()
            failures.clear()
            with CAUSES[cause](settings):
                before, count = state(), log_count(cause)
                with transaction.atomic() if atomic else nullcontext():
                    way()
                    after = state()
                assert after == state() != before, name
                if cause != "missing table of references":
                    assert log_count(cause) == count, name
                    assert failures, name
            assert all(isinstance(f["exception"], DatabaseError | Boom) for f in failures)
    finally:
        signals.write_failed.disconnect(on_failure)
    assert "An audit entry is missing" in caplog.text


def log_count(cause: str) -> int:
    return 0 if cause == "missing table" else AuditEntry.objects.count()


@pytest.mark.parametrize("value", ["raise", "log"])
def test_broken_text_is_no_failure(value, settings):
    settings.AUDIT_LOG = {"ON_ERROR": value}
    fragile = Fragile.objects.create(name="a")
    Fragile.objects.update(name="b")
    Fragile.objects.bulk_create([Fragile(name="c")])
    Fragile.objects.all().delete()
    assert [e.action.partition(".")[2] for e in entries()] == [
        "create",
        "update",
        "create",
        "delete",
        "delete",
    ]
    assert entries()[0].target_repr == f"Fragile ({fragile.pk})"


# One of many


def tenant_of_some(instance: Any) -> str:
    if "bad" in getattr(instance, "name", getattr(instance, "title", "")):
        # As a callable does that asks the database: on PostgreSQL it spoils the transaction.
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")
    return "acme"


@pytest.mark.parametrize("atomic", [False, True])
def test_one_of_many_that_fails_takes_no_other_with_it(atomic, settings, caplog):
    options = {"tenant": tenant_of_some}
    settings.AUDIT_LOG = {
        "ON_ERROR": "log",
        "MODELS": {"testapp.Author": options, "testapp.Book": options, "testapp.Country": options},
    }

    def told(work: Callable[[], Any]) -> list[str]:
        count = AuditEntry.objects.count()
        with transaction.atomic() if atomic else nullcontext():
            work()
        return sorted(entry.target_repr for entry in entries()[count:])

    names = ["a", "bad", "c"]
    assert told(lambda: Author.objects.bulk_create(Author(name=n) for n in names)) == ["a", "c"]
    assert told(
        lambda: Country.objects.bulk_create(
            [Country(code=n, name=n) for n in names], ignore_conflicts=True
        )
    ) == ["Country object (a)", "Country object (c)"]
    unique = {} if connection.vendor == "mysql" else {"unique_fields": ["code"]}
    assert told(
        lambda: Country.objects.bulk_create(
            [Country(code=n, name=f"{n}!") for n in names],
            update_conflicts=True,
            update_fields=["name"],
            **unique,
        )
    ) == ["Country object (a)", "Country object (c)"]
    for author in Author.objects.all():
        Book.objects.create(title=author.name, author=author)
    assert told(lambda: Book.objects.update(pages=3)) == ["a", "c"]
    tag = Tag.objects.create(name="t")
    assert told(lambda: tag.books.set(Book.objects.all())) == ["a", "c"]
    assert told(tag.delete) == ["a", "c", "t"]
    caplog.clear()
    assert told(lambda: Author.objects.all().delete()) == ["a", "a", "c", "c"]
    assert len([r for r in caplog.records if "An audit entry is missing" in r.message]) == 2
    assert not Author.objects.exists()
    assert not Book.objects.exists()


# A connection that is lost


def kill(alias: str) -> None:
    """End a connection on the server's side."""
    database = connections[alias]
    with database.cursor() as cursor:
        postgres = database.vendor == "postgresql"
        cursor.execute("SELECT pg_backend_pid()" if postgres else "SELECT CONNECTION_ID()")
        number = cursor.fetchone()[0]

    def end() -> None:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)" if postgres else "KILL %s", [number])

    in_thread(end)


needs_server = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite has no connection to lose"
)


@needs_server
@pytest.mark.parametrize("value", ["raise", "log"])
def test_connection_of_the_change_is_lost(value, settings):
    """There is nothing of the transaction, and the next connection works."""
    settings.AUDIT_LOG = {"ON_ERROR": value}
    with pytest.raises((OperationalError, InterfaceError)), transaction.atomic():
        Author.objects.create(name="Ann")
        kill("default")
        Author.objects.create(name="Bea")
    connection.close()
    assert not Author.objects.exists()
    assert entries() == []
    Author.objects.create(name="Cleo")
    assert actions() == ["author.create"]


@needs_server
@pytest.mark.parametrize("value", ["raise", "log"])
def test_connection_is_lost_before_the_commit(value, settings):
    settings.AUDIT_LOG = {"ON_ERROR": value}
    with pytest.raises((OperationalError, InterfaceError)), transaction.atomic():
        Author.objects.create(name="Ann")
        kill("default")
    connection.close()
    assert not Author.objects.exists()
    assert entries() == []


@needs_server
@pytest.mark.parametrize("atomic", [False, True])
@pytest.mark.parametrize("value", ["raise", "log"])
def test_connection_of_the_log_is_lost(value, atomic, settings, caplog):
    settings.AUDIT_LOG = {"ON_ERROR": value, "DATABASE": "other"}
    kill("other")
    try:
        with transaction.atomic() if atomic else nullcontext():
            Author.objects.create(name="Ann")
    except (OperationalError, InterfaceError):
        assert value == "raise"
    else:
        assert value == "log"
        assert "An audit entry is missing" in caplog.text
    connections["other"].close()
    assert Author.objects.count() == (value == "log")
    assert AuditEntry.objects.using("other").count() == 0


def test_an_entry_that_cannot_be_made_when_it_leaves(settings, caplog):
    settings.AUDIT_LOG = {"ON_ERROR": "log"}
    nobody = audit_log.Actor("user", "svc", id="no number")
    with transaction.atomic():
        Author.objects.create(name="Ann")
        with audit_log.context(actor=nobody):
            Author.objects.create(name="Bea")
        Author.objects.create(name="Cleo")
    assert Author.objects.count() == 3
    assert [entry.target_repr for entry in entries()] == ["Ann", "Cleo"]
    assert "An audit entry is missing" in caplog.text
