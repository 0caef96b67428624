"""An entry commits with its change or not at all, and hosts notice nothing."""

from __future__ import annotations

import itertools
import threading

import pytest
from django.core.management.base import BaseCommand
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.db.models.deletion import Collector
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.db.models.sql.compiler import SQLDeleteCompiler
from django.db.models.sql.subqueries import UpdateQuery

import audit_log
from audit_log import signals
from audit_log.models import AuditEntry
from tests.capture.helpers import actions, entries, last
from tests.testapp.models import Author, Book, Country, Tag

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


class Boom(Exception):
    pass


@pytest.fixture
def receive():
    """Connect receivers for one test."""
    connected = []

    def connect(signal, sender, receiver):
        signal.connect(receiver, sender=sender, weak=False)
        connected.append((signal, sender, receiver))

    yield connect
    for signal, sender, receiver in connected:
        signal.disconnect(receiver, sender=sender)


@pytest.fixture
def broken_audit(monkeypatch):
    """The journal cannot write."""

    def fail(*args, **kwargs):
        with connection.cursor() as cursor:
            cursor.execute("SELECT no_such_column FROM audit_log_auditentry")

    def start():
        monkeypatch.setattr("audit_log.journal.writer.Writer.insert", fail)

    return start


def test_rolled_back_leaves_nothing():
    with pytest.raises(Boom), transaction.atomic():
        Author.objects.create(name="Ann")
        raise Boom
    assert entries() == []


def test_rolled_back_to_a_savepoint():
    with transaction.atomic():
        Author.objects.create(name="Ann")
        with pytest.raises(Boom), transaction.atomic():
            Author.objects.create(name="Bea")
            raise Boom
        Author.objects.create(name="Cleo")
        assert len(entries()) == 2  # a reader inside sees what was written
    assert [e.target_repr for e in entries()] == ["Ann", "Cleo"]


@pytest.mark.parametrize("operation", ["create", "update", "delete", "cascade", "add", "clear"])
def test_no_audit_no_change_in_autocommit(operation, broken_audit):
    author = Author.objects.create(name="Ann")
    book = Book.objects.create(title="One", author=author)
    tag, other = Tag.objects.create(name="a"), Tag.objects.create(name="b")
    book.tags.add(tag)
    country = Country.objects.create(code="de", name="Germany")
    count = AuditEntry.objects.count()
    broken_audit()
    with pytest.raises(DatabaseError):
        if operation == "create":
            Author.objects.create(name="Bea")
        elif operation == "update":
            author.name = "Bea"
            author.save()
        elif operation == "delete":
            country.delete()
        elif operation == "cascade":
            author.delete()
        elif operation == "add":
            book.tags.add(other)
        else:
            book.tags.clear()
    assert connection.get_autocommit()
    assert not connection.in_atomic_block
    assert [a.name for a in Author.objects.all()] == ["Ann"]
    assert Book.objects.count() == Country.objects.count() == 1
    assert list(book.tags.all()) == [tag]
    assert AuditEntry.objects.count() == count


@pytest.mark.parametrize("atomic", [False, True])
def test_on_error_log_lets_the_change_through(atomic, broken_audit, settings, caplog):
    settings.AUDIT_LOG = {"ON_ERROR": "log"}
    author = Author.objects.create(name="Ann")
    country = Country.objects.create(code="de", name="Germany")
    count = AuditEntry.objects.count()
    failures = []

    def on_failure(sender, **kwargs):
        failures.append(kwargs)

    signals.write_failed.connect(on_failure)
    broken_audit()

    def work():
        author.name = "Bea"
        author.save()
        Author.objects.create(name="Cleo")
        country.delete()

    try:
        if atomic:
            with transaction.atomic():
                work()
        else:
            work()
    finally:
        signals.write_failed.disconnect(on_failure)
    assert sorted(a.name for a in Author.objects.all()) == ["Bea", "Cleo"]
    assert not Country.objects.exists()
    assert AuditEntry.objects.count() == count
    assert len(failures) == 3
    assert isinstance(failures[0]["exception"], DatabaseError)
    assert "An audit entry is missing" in caplog.text


def test_tenant_that_raises(settings, caplog):
    def tenant(instance):
        raise Boom

    settings.AUDIT_LOG = {"MODELS": {"testapp.Author": {"tenant": tenant}}}
    with pytest.raises(Boom):
        Author.objects.create(name="Ann")
    assert not Author.objects.exists()
    settings.AUDIT_LOG = {**settings.AUDIT_LOG, "ON_ERROR": "log"}
    Author.objects.create(name="Ann")
    assert Author.objects.count() == 1
    assert entries() == []


def test_old_row_that_cannot_be_read_makes_no_fiction(settings, monkeypatch):
    author = Author.objects.create(name="Ann")
    settings.AUDIT_LOG = {"ON_ERROR": "log"}

    def fail(*args, **kwargs):
        raise Boom

    monkeypatch.setattr("audit_log.capture.rows.RowReader.read", fail)
    author.name = "Bea"
    author.save()
    assert actions() == ["author.create"]


# The host's receivers


def test_receiver_that_raises_after_the_row_was_written(receive):
    def fail(**kwargs):
        raise Boom

    receive(post_save, Author, fail)
    with pytest.raises(Boom):
        Author.objects.create(name="Ann")
    # As without us: in autocommit the row was there already, and so is its entry.
    assert Author.objects.count() == 1
    assert actions() == ["author.create"]


def test_receiver_that_raises_before(receive):
    def fail(**kwargs):
        raise Boom

    receive(pre_save, Author, fail)
    with pytest.raises(Boom):
        Author.objects.create(name="Ann")
    assert entries() == []


def test_receivers_see_autocommit(receive):
    seen = []

    def look(**kwargs):
        seen.append(connection.in_atomic_block)
        transaction.on_commit(lambda: seen.append("committed"))
        with transaction.atomic(durable=True):
            seen.append("durable")

    receive(pre_save, Author, look)
    receive(post_save, Author, look)
    Author.objects.create(name="Ann")
    assert seen == [False, "committed", "durable"] * 2


def test_receiver_changes_the_instance(receive):
    def rename(instance, **kwargs):
        instance.name = instance.name.upper()

    receive(pre_save, Author, rename)
    Author.objects.create(name="Ann")
    assert last().changes["name"]["new"] == "ANN"


def test_receiver_saves_again(receive):
    def again(instance, created, **kwargs):
        if created:
            instance.name += "!"
            instance.save()

    receive(post_save, Author, again)
    Author.objects.create(name="Ann")
    assert [e.changes["name"] for e in entries()] == [
        {"old": None, "new": "Ann"},
        {"old": "Ann", "new": "Ann!"},
    ]


def test_on_commit_in_a_delete_still_has_the_key(receive):
    keys = []

    def look(instance, **kwargs):
        transaction.on_commit(lambda: keys.append(instance.pk))

    receive(post_delete, Author, look)
    author = Author.objects.create(name="Ann")
    key = author.pk
    author.delete()
    assert keys == [key]


def test_m2m_receivers_come_and_go(receive):
    seen = []

    def look(action, **kwargs):
        seen.append(action)

    receive(m2m_changed, Book.tags.through, look)
    book, tag = Book.objects.create(title="One"), Tag.objects.create(name="a")
    book.tags.add(tag)
    book.tags.clear()
    assert seen == ["pre_add", "post_add", "pre_clear", "post_clear"]


# Modes of the connection


def test_manual_transactions():
    transaction.set_autocommit(False)
    try:
        Author.objects.create(name="Ann")
        transaction.rollback()
        Author.objects.create(name="Bea")
        transaction.commit()
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)
    assert [e.target_repr for e in entries()] == ["Bea"]


def test_savepoint_without_a_transaction():
    """On SQLite without autocommit, Django's savepoint is the transaction, and its end commits."""
    transaction.set_autocommit(False)
    try:
        with transaction.atomic():
            Author.objects.create(name="Ann")
        transaction.rollback()
    finally:
        transaction.set_autocommit(True)
    assert len(entries()) == Author.objects.count() == (connection.vendor == "sqlite")


def test_durable_block():
    with transaction.atomic(durable=True):
        Author.objects.create(name="Ann")
    assert actions() == ["author.create"]


def test_written_to_the_database_of_the_change():
    author = Author.objects.using("other").create(name="Ann")
    author.name = "Bea"
    author.save()
    author.delete()
    assert entries() == []
    assert [e.action for e in AuditEntry.objects.using("other").order_by("id")] == [
        "author.create",
        "author.update",
        "author.delete",
    ]


def test_database_setting(settings):
    settings.AUDIT_LOG = {"DATABASE": "other"}
    author = Author.objects.create(name="Ann")
    Book.objects.create(title="One", author=author)
    assert entries() == []
    found = AuditEntry.objects.using("other").order_by("id")
    assert [e.action for e in found] == ["author.create", "book.create"]
    assert found[1].references.count() == 1


def test_database_setting_in_a_transaction_of_that_database(settings, broken_audit):
    settings.AUDIT_LOG = {"DATABASE": "other"}
    broken_audit()
    with pytest.raises(DatabaseError), transaction.atomic(using="other"):
        Author.objects.create(name="Ann")
    # Its own commit would have come first.
    assert not Author.objects.exists()


def test_a_key_that_the_commit_refused():
    book = Book(title="One", author_id=999_999)
    with pytest.raises(IntegrityError):
        book.save()
    assert book.pk is None
    book.author_id = None
    book.save()
    assert Book.objects.get() == book
    assert actions() == ["book.create"]


def test_pause_ends_with_its_block():
    with audit_log.pause(Author, reason="import"):
        Author.objects.create(name="Ann")
        Tag.objects.create(name="a")
    Author.objects.create(name="Bea")
    assert actions() == ["audit_log.pause", "tag.create", "author.create"]
    assert entries()[0].reason == "import"
    assert entries()[0].target_type == "testapp.author"


def test_concurrent_writers_chain():
    """Each entry's old is the new of the one before: the row is locked from read to write."""
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        # One shared cache in memory answers "table is locked" whoever writes.
        pytest.skip("needs a database in a file or a server")
    author = Author.objects.create(name="0")
    errors = []

    def work(number):
        try:
            for step in range(10):
                mine = Author.objects.get(pk=author.pk)
                mine.name = f"{number}-{step}"
                mine.save()
        except Exception as error:  # noqa: BLE001
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    changes = [e.changes["name"] for e in entries()]
    assert len(changes) == 41
    # Ids of one process increase in the order in which they were made, inside the lock.
    for before, after in itertools.pairwise(changes):
        assert before["new"] == after["old"]
    assert changes[-1]["new"] == Author.objects.get().name


# The hooks


def test_hooks_are_put_in_place_once():
    from django.db import models

    from audit_log import capture

    before = models.Model._save_table, Collector.delete
    capture.install()
    assert (models.Model._save_table, Collector.delete) == before
    assert not hasattr(before[0].audit_log_original, "audit_log_original")


def test_hooks_have_djangos_own_signatures():
    import inspect

    from django.db import models

    for hook in (
        models.Model._save_table,
        Collector.delete,
        models.QuerySet.update,
        models.QuerySet.bulk_create,
        BaseCommand.execute,
        SQLDeleteCompiler.execute_sql,
        UpdateQuery.update_batch,
    ):
        assert inspect.signature(hook) == inspect.signature(hook.audit_log_original)
    assert str(inspect.signature(models.Model._save_table.audit_log_original)) == (
        "(self, raw=False, cls=None, force_insert=False, force_update=False, using=None, "
        "update_fields=None)"
    )


def by_hand(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def change_by_hand(author):
    author.name = "Bea"
    author.save()
    Author.objects.create(name="Cid")
    Author.objects.filter(name="Cid").update(name="Dan")
    audit_log.record("book.lend", author, references=[Author(pk=77)])


@pytest.mark.sqlite
@pytest.mark.postgres
@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_a_transaction_begun_by_hand_is_taken_as_it_is(end):
    author = Author.objects.create(name="Ann")
    by_hand("BEGIN")
    try:
        change_by_hand(author)
    finally:
        by_hand(end)
    names = ["Ann"] if end == "ROLLBACK" else ["Bea", "Dan"]
    assert sorted(Author.objects.values_list("name", flat=True)) == names
    more = ["author.update", "author.create", "author.update", "book.lend"]
    more = more if end == "COMMIT" else []
    assert actions() == ["author.create", *more]


@pytest.mark.sqlite
@pytest.mark.postgres
def test_a_large_update_in_a_transaction_begun_by_hand():
    Author.objects.bulk_create([Author(name=str(number)) for number in range(1200)])
    by_hand("BEGIN")
    try:
        Author.objects.update(name="Ann")
    finally:
        by_hand("ROLLBACK")
    assert not Author.objects.filter(name="Ann").exists()
    assert len(entries()) == 1200
