"""Entries wait for the end of their transaction, and nothing can end it without them."""

from __future__ import annotations

import contextlib
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import (
    DatabaseError,
    IntegrityError,
    OperationalError,
    connection,
    connections,
    transaction,
)
from django.test.utils import CaptureQueriesContext

from audit_log import signals
from audit_log.journal import buffer as buffer_module
from audit_log.journal.buffer import buffer_of
from audit_log.models import AuditEntry
from audit_log.transactions import is_past_its_end
from tests.capture.helpers import actions, entries, held
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
        # psycopg 2 begins no other transaction.
        committed = ["Ann", "Bea"] if hasattr(connection.connection, "status") else ["Ann"]
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)
    connection.close()
    assert names() == [author.name for author in Author.objects.all()]
    assert names() == (committed if connection.vendor == "postgresql" else ["Ann"])


def test_past_the_end_of_a_transaction_of_psycopg_2():
    """As above, of a driver that the other tests do not run with."""

    class Raw:
        status = 0

        def get_transaction_status(self) -> int:
            return self.status

    raw = Raw()
    fake: Any = SimpleNamespace(vendor="postgresql", connection=raw)
    assert is_past_its_end(fake)
    raw.status = 2
    assert not is_past_its_end(fake)
    assert not is_past_its_end(connection)


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
    def fail(*args, **options):
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


# What else ends a transaction, or spoils it


@contextlib.contextmanager
def without_autocommit():
    transaction.set_autocommit(False)
    try:
        yield
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)
        connection.close()


def execute(*statements):
    with connection.cursor() as cursor:
        for sql in statements:
            cursor.execute(sql)
            while connection.vendor == "mysql" and cursor.nextset():
                pass


def authors():
    return [author.name for author in Author.objects.order_by("id")]


@pytest.mark.parametrize(
    "sql",
    [
        "/* by hand */ COMMIT",
        "-- by hand\nROLLBACK",
        "INSERT INTO testapp_tag (name) VALUES ('a'); COMMIT",
        "INSERT INTO testapp_tag (name) VALUES ('a'); ROLLBACK",
    ],
)
def test_statements_that_end_a_transaction_in_other_spellings(sql):
    if connection.vendor == "sqlite" and ";" in sql:
        pytest.skip("SQLite's driver runs one statement at a time")
    with without_autocommit():
        create("Ann")
        execute(sql)
    assert names() == authors()


def test_a_reader_in_capitals():
    if connection.vendor == "mysql":
        pytest.skip("MariaDB: tables of other names")
    with transaction.atomic(), connection.cursor() as cursor:
        create("Ann")
        cursor.execute("SELECT COUNT(*) FROM AUDIT_LOG_AUDITENTRY")
        assert cursor.fetchone() == (1,)


def test_a_savepoint_that_began_the_transaction():
    with without_autocommit():
        with transaction.atomic():
            create("Ann")
        transaction.rollback()
    # On SQLite the savepoint's release has committed.
    assert names() == authors()


@pytest.mark.parametrize("mode", ["raise", "log"])
@pytest.mark.parametrize("manual", [False, True])
def test_an_error_that_the_host_passes_over(manual, mode, settings):
    # PostgreSQL then rolls back where it is told to commit, and says nothing.
    settings.AUDIT_LOG = {"ON_ERROR": mode}
    with without_autocommit() if manual else transaction.atomic():
        create("Ann")
        with contextlib.suppress(DatabaseError):
            execute("SELECT no_such_column")
        if manual:
            transaction.commit()
    assert names() == authors() == ([] if connection.vendor == "postgresql" else ["Ann"])


@pytest.mark.parametrize("sql", ["/* all */ ROLLBACK", "ABORT", "-- a\nROLLBACK TO SAVEPOINT a"])
def test_rollbacks_after_an_error_in_other_spellings(sql):
    if sql == "ABORT" and connection.vendor != "postgresql":
        pytest.skip("of PostgreSQL")
    with without_autocommit():
        create("Ann")
        execute("SAVEPOINT a")
        create("Bea")
        with contextlib.suppress(DatabaseError):
            execute("SELECT no_such_column")
        execute(sql)
        create("Cleo")
        transaction.commit()
    assert names() == authors() == (["Ann", "Cleo"] if "SAVEPOINT" in sql else ["Cleo"])


@pytest.mark.sqlite
def test_a_conflict_that_rolls_back():
    Country.objects.create(code="a", name="A")
    with transaction.atomic():
        create("Ann")
        with pytest.raises(IntegrityError):
            execute("INSERT OR ROLLBACK INTO testapp_country (code, name) VALUES ('a', 'B')")
    assert authors() == []
    assert actions() == ["country.create"]


@pytest.mark.mariadb
@pytest.mark.parametrize("by", ["a save", "a statement", "a deletion"])
def test_a_deadlock_that_the_host_passes_over(by):
    one, two, three = (Author.objects.create(name=name) for name in ("one", "two", "three"))
    Country.objects.create(code="de", name="Germany")

    def rename(author, name):
        Author.objects.filter(pk=author.pk).update(name=name)

    def weigh():
        # InnoDB rolls back the transaction that changed less.
        execute(*["INSERT INTO testapp_tag (name) VALUES ('a')"] * 50)
        rename(two, "theirs")
        Country.objects.update(name="theirs")

    go_on = threading.Event()

    def cross():
        go_on.wait(30)
        rename(one, "theirs")

    with without_autocommit(), held(weigh, then=cross):
        one.name = three.name = "mine"
        one.save()
        threading.Timer(0.5, go_on.set).start()
        if by == "a statement":
            go_on.wait(30)
        with pytest.raises(OperationalError):
            if by == "a save":
                two.name = "mine"
                two.save()
            elif by == "a deletion":  # whose rows are fetched as they go
                Country.objects.all().delete()
            else:
                execute(f"UPDATE testapp_author SET name = 'mine' WHERE id = {two.pk}")
        if by != "a deletion":  # after which Django asks for a rollback
            three.save()
        transaction.commit()
    mine = [e.target_id for e in entries(action="author.update") if "mine" in str(e.changes)]
    assert mine == [str(author.pk) for author in Author.objects.filter(name="mine")]


def test_another_thread_cannot_take_the_entries_away():
    refused = []

    def commit(connection):
        try:
            connection.commit()
        except DatabaseError as error:
            refused.append(error)

    with transaction.atomic():
        create("Ann")
        thread = threading.Thread(target=commit, args=(connections["default"],))
        thread.start()
        thread.join()
    assert len(refused) == 1
    assert names() == authors() == ["Ann"]


def test_a_close_that_fails_forgets(monkeypatch):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite's databases in memory stay open")
    original = type(connections["default"])._close

    def close(self):
        original(self)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        create("Ann")
        with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
            patch.setattr(type(connections["default"]), "_close", close)
            connection.close()
        assert connection.execute_wrappers == []
        1 / 0  # noqa: B018
    assert names() == authors() == []
