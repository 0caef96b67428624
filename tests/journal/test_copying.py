"""A COPY that stays open while a bulk operation makes entries is in nobody's way.

The same holds on the other databases, which have none.
"""

from __future__ import annotations

import signal
import threading
from contextlib import suppress

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from audit_log.capture import telling
from audit_log.journal import buffer, copying, operations, salvage
from audit_log.journal.buffer import buffer_of
from audit_log.journal.copying import Copying
from audit_log.journal.writer import MAX_ROWS
from audit_log.models import AuditEntry
from tests.testapp.models import Author, Book, Country

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 3 * MAX_ROWS


def people(number=MANY):
    return [Author(name=f"Author {n}") for n in range(number)]


@pytest.fixture(autouse=True)
def however_slow(monkeypatch):
    """Whatever else the machine does."""
    monkeypatch.setattr(copying, "LONGEST", 60.0)
    monkeypatch.setattr(telling, "QUICK", 60.0)


@pytest.fixture
def begun(monkeypatch):
    """The statements of the COPYs that were begun."""
    found = []
    begin = Copying._begin
    monkeypatch.setattr(Copying, "_begin", lambda self, sql: found.append(sql) or begin(self, sql))
    return found


@pytest.fixture
def text(monkeypatch):
    """Have something done whenever an author is asked for the text."""

    def ask(function):
        def text_of(author):
            function(author)
            return author.name

        monkeypatch.setattr(Author, "__str__", text_of)

    return ask


def is_open():
    return buffer_of("default").writer.copying.is_open


def names():
    return set(AuditEntry.objects.values_list("target_repr", flat=True))


def test_bulk_operations_take_one_copy(begun, text):
    seen = set()
    text(lambda author: seen.add(is_open()))
    created = Author.objects.bulk_create(people())
    assert names() == {author.name for author in created}
    assert Author.objects.filter(pk__gt=0).update(name="Nobody") == MANY
    assert AuditEntry.objects.filter(action="author.update").count() == MANY
    assert len(begun) == (2 if connection.vendor == "postgresql" else 0)
    Author.objects.all().delete()
    assert AuditEntry.objects.count() == 3 * MANY
    assert seen == ({False, True} if connection.vendor == "postgresql" else {False})
    assert not is_open()


@pytest.mark.postgres
def test_it_is_over_before_a_server_takes_it_for_too_long(begun, monkeypatch):
    monkeypatch.setattr(copying, "LONGEST", 0.0)
    Author.objects.bulk_create(people(500))
    assert AuditEntry.objects.count() == 500
    # But for the last one, which the end of the operation finds closed or open.
    assert len(begun) in {9, 10}


@pytest.mark.postgres
def test_none_is_open_where_telling_takes_long(begun, monkeypatch, text):
    monkeypatch.setattr(telling, "QUICK", 0.0)
    seen = set()
    text(lambda author: seen.add(is_open()))
    with transaction.atomic(), connection.cursor() as cursor:
        Author.objects.bulk_create(people(150))
        assert begun == []
        cursor.execute("SELECT count(*) FROM audit_log_auditentry")
    assert seen == {False}
    assert AuditEntry.objects.count() == 150


def test_small_operations_wait_for_the_commit(begun):
    authors = Author.objects.bulk_create(people(40))
    del begun[:]
    with transaction.atomic():
        for name in "abcdefgh":
            Author.objects.filter(pk__in=[author.pk for author in authors]).update(name=name)
    assert AuditEntry.objects.filter(action="author.update").count() == 8 * 40
    assert len(begun) == (1 if connection.vendor == "postgresql" else 0)


def test_what_is_asked_meanwhile_is_answered(text):
    seen = []

    def ask(author):
        if author.name.endswith("99"):
            seen.append(AuditEntry.objects.count())  # reads the log
            assert Author.objects.filter(name=author.name).exists()
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")

    text(ask)
    Author.objects.bulk_create(people())
    # What was made before is there.
    assert seen == sorted(seen)
    assert seen[-1] >= MANY - 200
    assert AuditEntry.objects.count() == MANY


def test_what_is_saved_meanwhile_is_recorded(text):
    def ask(author):
        if author.name.endswith("999"):
            with transaction.atomic():
                country = Country.objects.create(code=author.name[-2:])
                country.name = "Elsewhere"
                country.save()
                with pytest.raises(ZeroDivisionError), transaction.atomic():
                    Country.objects.all().delete()
                    1 / 0  # noqa: B018

    text(ask)
    Author.objects.bulk_create(people(1100))
    told = AuditEntry.objects.filter(target_type="testapp.country").order_by("id")
    assert [entry.action for entry in told] == ["country.create", "country.update"]
    assert AuditEntry.objects.filter(target_type="testapp.author").count() == 1100


def test_who_watches_from_the_middle_on_sees_statements(text):
    seen = []

    def watch(execute, sql, parameters, many, context):
        seen.append(sql)
        return execute(sql, parameters, many, context)

    def ask(author):
        if author.name == "Author 900":
            connection.execute_wrappers.append(watch)

    text(ask)
    with transaction.atomic():
        Author.objects.bulk_create(people())
        connection.execute_wrappers.remove(watch)
    assert any("INSERT INTO" in sql and "audit_log_auditentry" in sql for sql in seen)
    assert AuditEntry.objects.count() == MANY


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_an_error_in_the_middle_leaves_the_connection_in_order(monkeypatch, error):
    from audit_log.capture import inserting

    create_event = inserting.create_event

    def fail(instance, *args):
        if instance.name == "Author 1200":
            raise error
        return create_event(instance, *args)

    monkeypatch.setattr(inserting, "create_event", fail)
    with pytest.raises(error):
        Author.objects.bulk_create(people())
    assert not is_open()
    assert not connection.execute_wrappers
    assert Author.objects.count() == AuditEntry.objects.count() == 0
    # The host may go on, too, as far as it was.
    with transaction.atomic():
        Author.objects.create(name="Ann")
        with pytest.raises(error), transaction.atomic():
            Author.objects.bulk_create(people())
        Author.objects.create(name="Bea")
    assert names() == {"Ann", "Bea"}


def spoil(monkeypatch, place):
    """Have the database refuse the entry at that place of all that are written."""
    rows_of = operations.rows_of
    count = [0]

    def spoilt(waiting, writer):
        entries, references = rows_of(waiting, writer)
        for index, entry in enumerate(entries):
            count[0] += 1
            if count[0] == place:  # the action must not be null
                entries[index] = (*entry[:3], None, *entry[4:])
        return entries, references

    for module in (buffer, salvage):
        monkeypatch.setattr(module, "rows_of", spoilt)


@pytest.mark.parametrize("place", [1, 700, MANY])
def test_no_audit_no_change(monkeypatch, place):
    spoil(monkeypatch, place)
    with pytest.raises(DatabaseError):
        Author.objects.bulk_create(people())
    assert not is_open()
    assert not connection.execute_wrappers
    monkeypatch.undo()
    assert Author.objects.count() == AuditEntry.objects.count() == 0
    Author.objects.bulk_create(people(3))
    assert AuditEntry.objects.count() == 3


def test_what_interrupts_is_what_is_raised(monkeypatch, text):
    """Not that the database has refused an entry meanwhile."""

    def ask(author):
        if author.name == "Author 1200":
            raise KeyboardInterrupt

    text(ask)
    spoil(monkeypatch, 60)
    with pytest.raises(KeyboardInterrupt if connection.vendor == "postgresql" else DatabaseError):
        Author.objects.bulk_create(people())
    monkeypatch.undo()
    assert not is_open()
    assert buffer_of("default").writer.copying.failure is None
    assert Author.objects.count() == AuditEntry.objects.count() == 0


@pytest.mark.postgres
def test_a_signal_is_heard_while_the_table_is_locked():
    locked, heard = threading.Event(), threading.Event()

    def lock():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("LOCK TABLE audit_log_auditentry IN ACCESS EXCLUSIVE MODE")
                locked.set()
                heard.wait(30)
        finally:
            connection.close()

    def hear(*args):
        raise InterruptedError

    thread = threading.Thread(target=lock)
    thread.start()
    before = signal.signal(signal.SIGALRM, hear)
    try:
        assert locked.wait(30)
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        with pytest.raises(InterruptedError):
            Author.objects.bulk_create(people())
        assert thread.is_alive()
    finally:
        heard.set()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        thread.join()
    connection.close()
    assert Author.objects.count() == AuditEntry.objects.count() == 0


def test_what_is_done_inside_of_it_does_not_stream(text):
    """A loop over a cursor of the server would find the connection busy."""
    Country.objects.bulk_create([Country(code=f"{n:02}") for n in range(99)])

    def ask(author):
        if author.name == "Author 700":
            for country in Country.objects.order_by("pk").iterator(chunk_size=10):
                country.name = author.name
                country.save()
            for _country in Country.objects.order_by("pk").iterator(chunk_size=10):
                Country.objects.update(name=f"{_country.pk}")

    text(ask)
    Author.objects.bulk_create(people())
    of_countries = AuditEntry.objects.filter(action="country.update")
    assert of_countries.count() == 99 + 99 * 99
    assert AuditEntry.objects.filter(action="author.create").count() == MANY


def test_an_error_that_somebody_took_for_his_own_is_raised(monkeypatch, text):
    """``__str__`` asks the database, and is answered with what became of the log."""

    def ask(author):
        if author.name == "Author 1000":
            Author.objects.exists()

    text(ask)
    spoil(monkeypatch, 300)
    with transaction.atomic(), pytest.raises(DatabaseError), transaction.atomic():
        Author.objects.bulk_create(people())
    monkeypatch.undo()
    assert Author.objects.count() == AuditEntry.objects.count() == 0


def test_an_error_that_was_told_is_told_once(monkeypatch, settings):
    settings.AUDIT_LOG = {"ON_ERROR": "log"}
    spoil(monkeypatch, 2)
    with transaction.atomic():
        Author.objects.bulk_create(people(30))
    monkeypatch.undo()
    settings.AUDIT_LOG = {}
    Author.objects.bulk_create(people(100))
    assert AuditEntry.objects.count() > 100


@pytest.mark.parametrize("refused", [None, 60])
def test_a_rollback_by_hand_drops_it(monkeypatch, text, refused):
    def ask(author):
        if author.name == "Author 1400":
            connection.rollback()
            assert not is_open()

    text(ask)
    if refused:
        spoil(monkeypatch, refused)
    connection.set_autocommit(False)
    try:
        with suppress(DatabaseError):  # where entries are written before it comes to that
            Author.objects.bulk_create(people())
        connection.rollback()
    finally:
        connection.set_autocommit(True)
    monkeypatch.undo()
    assert Author.objects.count() == AuditEntry.objects.count() == 0


@pytest.mark.postgres
@pytest.mark.parametrize("refused", [None, 60])
def test_a_connection_that_is_closed_drops_it(monkeypatch, text, refused):
    closed = []

    def ask(author):
        if author.name == "Author 1400":
            closed.append(is_open())
            connection.close()

    text(ask)
    if refused:
        spoil(monkeypatch, refused)
    connection.set_autocommit(False)
    with suppress(DatabaseError):
        Author.objects.bulk_create(people())
    assert closed == [True]
    assert not is_open()
    connection.close()
    monkeypatch.undo()
    assert Author.objects.count() == 0
    assert not AuditEntry.objects.filter(target_repr="Author 700").exists()


def test_the_first_statement_of_a_transaction(begun):
    """Where the log has a transaction of its own, nothing else may have begun it."""
    from audit_log import record

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        for n in range(MAX_ROWS):
            record("author.update", reason=str(n))
        1 / 0  # noqa: B018
    assert AuditEntry.objects.count() == 0
    if connection.vendor == "postgresql":
        assert len(begun) == 1


@pytest.mark.postgres
def test_psycopg_s_own_connection_is_busy_meanwhile(text):
    failed = []

    def ask(author):
        try:
            connection.connection.execute("SELECT 1")
        except connection.Database.OperationalError:
            failed.append(is_open())

    text(ask)
    Author.objects.bulk_create(people())
    assert failed
    assert all(failed)
    assert AuditEntry.objects.count() == MANY


def test_entries_with_references_wait_for_the_commit(begun):
    """They go to two tables: one COPY for each, not two for every fifty of them."""
    author = Author.objects.create(name="Jane")
    Book.objects.bulk_create([Book(title=f"Book {n}", author=author) for n in range(400)])
    told = AuditEntry.objects.filter(action="book.create", references__target_type="testapp.author")
    assert told.count() == 400
    assert len(begun) == (2 if connection.vendor == "postgresql" else 0)


@pytest.mark.postgres
def test_results_that_were_begun_before_cannot_be_drawn_from(text):
    Country.objects.bulk_create([Country(code=f"{n:02}") for n in range(99)])
    failed = []

    def ask(author):
        try:
            next(countries)
        except OperationalError:
            failed.append(is_open())

    with transaction.atomic():
        countries = Country.objects.order_by("pk").iterator(chunk_size=1)
        next(countries)
        text(ask)
        Author.objects.bulk_create(people(60))
    assert failed
    assert failed[0]
    assert AuditEntry.objects.filter(action="author.create").count() == 60
