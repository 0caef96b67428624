"""Entries wait for the end of their transaction, and nothing can end it without them."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from audit_log import signals
from audit_log.journal import buffer as buffer_module
from audit_log.journal.buffer import buffer_of
from audit_log.models import AuditEntry
from tests.capture.helpers import actions
from tests.testapp.models import Author, Book, Country, Dossier

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def inserts():
    """Run something, and return how many INSERTs into the log it took."""

    def count(function):
        with CaptureQueriesContext(connection) as captured:
            function()
        return sum(
            "INSERT INTO" in query["sql"] and "audit_log_auditentry" in query["sql"]
            for query in captured.captured_queries
        )

    return count


def create(*names):
    for name in names:
        Author.objects.create(name=name)


@transaction.atomic
def atomically(*names):
    create(*names)


def names():
    return [entry.target_repr for entry in AuditEntry.objects.order_by("id")]


def test_one_statement_for_a_transaction(inserts):
    assert inserts(lambda: atomically("Ann", "Bea", "Cleo")) == 1
    assert names() == ["Ann", "Bea", "Cleo"]


def test_a_reader_inside_the_transaction_sees_all():
    with transaction.atomic():
        create("Ann")
        assert names() == ["Ann"]
        create("Bea")
        assert AuditEntry.objects.filter(target_repr="Bea").exists()
        with connection.cursor() as cursor:
            create("Cleo")
            cursor.execute("SELECT COUNT(*) FROM audit_log_auditentry")
            assert cursor.fetchone() == (3,)
    assert names() == ["Ann", "Bea", "Cleo"]


def test_savepoints_take_what_came_before_them(inserts):
    with transaction.atomic():
        create("Ann")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            create("Bea")
            1 / 0  # noqa: B018
        create("Cleo")
        with transaction.atomic():
            create("Dora")
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                create("Eve")
                1 / 0  # noqa: B018
    assert names() == ["Ann", "Cleo", "Dora"]


def test_a_rollback_to_the_outer_savepoint_forgets_the_inner_one_too():
    with transaction.atomic(), connection.cursor() as cursor:
        create("Ann")
        cursor.execute("SAVEPOINT outside")
        create("Bea")
        cursor.execute("SAVEPOINT inside")
        create("Cleo")
        cursor.execute("RELEASE SAVEPOINT inside")
        create("Dora")
        cursor.execute("ROLLBACK TO SAVEPOINT outside")
        create("Eve")
    assert names() == ["Ann", "Eve"]


def test_a_rollback_that_fails_forgets_nothing():
    if connection.vendor == "postgresql":
        pytest.skip("PostgreSQL: an error ends the transaction")
    with transaction.atomic():
        create("Ann")
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("ROLLBACK TO SAVEPOINT never_made")
    assert names() == ["Ann"]


def test_autocommit_turned_off_by_hand():
    transaction.set_autocommit(False)
    try:
        create("Ann")
        transaction.rollback()
        create("Bea")
        transaction.commit()
        create("Cleo")
        with transaction.atomic():
            create("Dora")
        transaction.commit()
        create("Eve")
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)
    assert names() == ["Bea", "Cleo", "Dora"]


def test_what_turning_autocommit_on_commits_has_its_entry():
    if connection.vendor == "postgresql":
        pytest.skip("PostgreSQL: refused inside a transaction")
    transaction.set_autocommit(False)
    create("Ann")
    transaction.set_autocommit(True)
    connection.close()
    assert names() == [author.name for author in Author.objects.all()] == ["Ann"]


def test_statements_that_end_a_transaction_by_hand():
    transaction.set_autocommit(False)
    try:
        with connection.cursor() as cursor:
            create("Ann")
            cursor.execute("  commit")
            create("Bea")
            cursor.execute("ROLLBACK")
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)
    connection.close()
    assert names() == [author.name for author in Author.objects.all()] == ["Ann"]


def test_statements_that_commit_by_the_way():
    if connection.vendor != "mysql":
        pytest.skip("MariaDB: DDL commits")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        create("Ann")
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE by_the_way (id integer)")
            cursor.execute("DROP TABLE by_the_way")
        1 / 0  # noqa: B018
    assert names() == [author.name for author in Author.objects.all()] == ["Ann"]


def test_a_connection_that_is_closed_forgets():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        create("Ann")
        connection.close()
        1 / 0  # noqa: B018
    create("Bea")
    assert names() == [author.name for author in Author.objects.all()] == ["Bea"]


def test_wrappers_of_the_host_stay_its_own(inserts):
    seen = []

    def wrapper(execute, sql, parameters, many, context):
        seen.append(sql)
        return execute(sql, parameters, many, context)

    with transaction.atomic():
        with connection.execute_wrapper(wrapper):
            create("Ann")
        seen.clear()
        create("Bea")
        assert seen == []
        with connection.execute_wrapper(wrapper):
            assert names() == ["Ann", "Bea"]
        assert sum("INSERT INTO" in sql for sql in seen) == 1
    assert connection.execute_wrappers == []


def test_a_large_transaction_leaves_in_pieces(inserts, monkeypatch):
    monkeypatch.setattr(buffer_module, "MAX_ROWS", 3)
    assert inserts(lambda: atomically(*"abcdefgh")) == 3
    assert names() == list("abcdefgh")


def test_long_values_do_not_wait_for_many(inserts, monkeypatch):
    monkeypatch.setattr(buffer_module, "MAX_CHARACTERS", 1000)

    @transaction.atomic
    def change():
        for number in range(4):
            Dossier.objects.create(text=str(number) * 600)

    assert inserts(change) == 2


class Full(Exception):
    """Not an error of the database."""


@pytest.fixture
def full(monkeypatch):
    def fail(*args):
        raise Full

    def start():
        monkeypatch.setattr("audit_log.journal.writer.Writer.insert", fail)

    return start


@pytest.mark.parametrize("autocommit", [True, False])
def test_no_audit_no_change_whatever_fails(full, monkeypatch, autocommit):
    with monkeypatch.context():
        full()
        transaction.set_autocommit(autocommit)
        try:
            if autocommit:
                with pytest.raises(Full):
                    atomically("Ann")
            else:
                create("Ann")
                with pytest.raises(Full):
                    transaction.commit()
                transaction.commit()
        finally:
            if not autocommit:
                transaction.set_autocommit(True)
    monkeypatch.undo()
    connection.close()
    assert not Author.objects.exists()
    create("Bea")
    assert names() == ["Bea"]


def test_a_reader_who_meets_the_failure_does_not_lose_the_entries(full, monkeypatch):
    with transaction.atomic():
        create("Ann")
        full()
        with pytest.raises(Full):
            names()
        monkeypatch.undo()
        create("Bea")
    assert names() == ["Ann", "Bea"]


def test_one_entry_that_fails_takes_no_other_with_it(settings, caplog):
    settings.AUDIT_LOG = {"ON_ERROR": "log"}
    told = []

    def tell(**kwargs):
        told.append(kwargs["about"])

    signals.write_failed.connect(tell)
    try:
        with transaction.atomic():
            taken = AuditEntry.objects.create(action="author.create").pk
            create("Ann", "Bea")
            waiting = buffer_of("default")._operations
            waiting.insert(1, waiting[0]._replace(ids=[taken.int]))
            create("Cleo")
    finally:
        signals.write_failed.disconnect(tell)
    assert sorted(names()) == ["", "Ann", "Bea", "Cleo"]
    assert told == ["testapp.author"]
    assert "An audit entry is missing" in caplog.text


def test_a_failure_of_the_host_is_still_the_hosts():
    Country.objects.create(code="a", name="A")
    with pytest.raises(IntegrityError), transaction.atomic():
        create("Ann")
        Country.objects.create(code="a", name="B")
    assert actions() == ["country.create"]


def test_on_commit_finds_the_entries():
    found = []
    with transaction.atomic():
        create("Ann")
        transaction.on_commit(lambda: found.extend(names()))
    assert found == ["Ann"]


def test_entries_tell_what_was_when_it_happened():
    author = Author.objects.create(name="Ann")
    with transaction.atomic():
        book = Book.objects.create(title="One", author=author, extra={"tags": ["a"]})
        book.extra["tags"].append("b")
        author.name = "Bea"
        book.title = "Two"
        book.save()
        book.extra["tags"].append("c")
        book.title = "Three"
    created, changed = AuditEntry.objects.filter(target_type="testapp.book").order_by("id")
    assert created.target_repr == "One"
    assert created.changes["extra"]["new"] == {"tags": ["a"]}
    assert created.changes["author"]["new_repr"] == "Ann"
    assert changed.target_repr == "Two"
    assert changed.changes["extra"] == {"old": {"tags": ["a"]}, "new": {"tags": ["a", "b"]}}
