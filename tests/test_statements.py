"""Statements of the journal: lean where nobody watches, and seen by everybody who does."""

from __future__ import annotations

import contextlib

import pytest
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    OperationalError,
    close_old_connections,
    connection,
    connections,
    transaction,
)
from django.db.models.sql.compiler import SQLCompiler
from django.test.utils import CaptureQueriesContext

from audit_log import registry
from audit_log.capture import rows
from audit_log.capture.rows import RowReader
from audit_log.journal.buffer import buffer_of
from audit_log.journal.writer import Writer
from audit_log.models import AuditEntry
from audit_log.statements import Statement, is_watched
from tests.capture.helpers import in_thread
from tests.testapp.models import Author, Book, Tag

pytestmark = pytest.mark.django_db(transaction=True)


def test_same_answer_watched_or_not():
    author = Author.objects.create(name="100 %")
    table = connection.ops.quote_name(Author._meta.db_table)
    statement = Statement(f"SELECT name FROM {table} WHERE id = %s", connection)
    assert not is_watched(connection)
    unwatched = statement.run(connection, [author.pk]).fetchall()
    with CaptureQueriesContext(connection) as captured:
        assert is_watched(connection)
        watched = statement.run(connection, [author.pk]).fetchall()
    assert list(unwatched) == list(watched) == [("100 %",)]
    assert len(captured) == 1


def test_same_errors_watched_or_not():
    statement = Statement("SELECT no_such_column FROM audit_log_auditentry", connection)
    with pytest.raises(DatabaseError) as unwatched, transaction.atomic():
        statement.run(connection, [])
    with (
        CaptureQueriesContext(connection),
        pytest.raises(DatabaseError) as watched,
        transaction.atomic(),
    ):
        statement.run(connection, [])
    assert unwatched.type is watched.type


def test_a_broken_transaction_runs_nothing():
    statement = Statement("SELECT 1", connection)
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            statement.run(connection, [])


def test_watchers_see_what_a_save_runs():
    seen = []

    def watch(execute, sql, parameters, many, context):
        seen.append(sql)
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(watch), transaction.atomic():
        author = Author.objects.create(name="Ann")
        author.name = "Bea"
        author.save()
        author.name = "Cleo"
        author.save()
    assert sum(sql.startswith("SELECT") for sql in seen) == 2
    assert sum("audit_log_auditentry" in sql for sql in seen) == 1


@contextlib.contextmanager
def broken_entries():
    def fail(*args, **options):
        raise ZeroDivisionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Writer, "insert", fail)
        yield


NAMES = ["tab\there", "line\nbreak", "back\\slash", "\\N", "null", 'quo"te', "nö\u2028", "{}", ","]


@pytest.mark.parametrize("watched", [False, True])
def test_many_entries_are_the_same_however_they_go_in(watched):
    names = NAMES * 3
    if watched:
        connection.force_debug_cursor = True
    try:
        with transaction.atomic():
            for name in names:
                Author.objects.create(name=name)
    finally:
        connection.force_debug_cursor = False
    found = AuditEntry.objects.order_by("id")
    assert [entry.target_repr for entry in found] == names
    assert [entry.changes["name"] for entry in found] == [
        {"old": None, "new": name} for name in names
    ]
    assert {len(bytes(entry.salt)) for entry in found} == {16}


@pytest.mark.postgres
def test_tables_with_row_security():
    """COPY refuses them."""
    tables = ("audit_log_auditentry", "audit_log_auditreference")

    def execute(*statements):
        with connection.cursor() as cursor:
            for sql in statements:
                cursor.execute(sql)

    def write():
        execute("SET ROLE secured")
        with transaction.atomic():
            for name in ("Ann", "Bea"):
                Author.objects.create(name=name)

    execute(
        "CREATE ROLE secured",
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO secured",
        "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO secured",
        *(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY" for table in tables),
        *(f"CREATE POLICY all_rows ON {table} WITH CHECK (true)" for table in tables),
    )
    try:
        in_thread(write)
    finally:
        execute(
            *(f"DROP POLICY all_rows ON {table}" for table in tables),
            *(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY" for table in tables),
            "DROP OWNED BY secured",
            "DROP ROLE secured",
        )
    assert AuditEntry.objects.count() == Author.objects.count() == 2


def test_backends_that_choose_where_tables_are(monkeypatch):
    """As django-tenants does: with each cursor, and not when it is told to."""
    raw = connections["default"]
    chosen = []

    class Backend(type(raw)):
        tenant = "a"

        def _cursor(self, name=None):
            chosen.append(self.tenant)
            return super()._cursor(name)

    author = Author.objects.create(name="Ann")
    monkeypatch.setattr(raw, "__class__", Backend)
    with transaction.atomic():
        raw.tenant = "b"
        chosen.clear()
        RowReader(Author, "default", Author._meta.concrete_fields).read(
            buffer_of("default"), author.pk, lock=True
        )
        assert chosen == ["b"]
        author.name = "Bea"
        author.save()
        # Nothing waits for another tenant.
        raw.tenant = "c"
        chosen.clear()
    assert "c" not in chosen


@pytest.fixture
def messages(monkeypatch):
    """What goes to the server, as psycopg 3 sends it."""
    import psycopg

    connection.ensure_connection()  # which says something of its own
    seen = []
    execute = psycopg.ClientCursor.execute

    def spy(self, sql, *args, **options):
        seen.append(sql)
        return execute(self, sql, *args, **options)

    monkeypatch.setattr(psycopg.ClientCursor, "execute", spy)
    return seen


@pytest.mark.postgres
def test_what_can_be_one_message_is(messages):
    author = Author.objects.create(name="Ann")
    messages.clear()
    author.name = "Bea"
    author.save()
    read_and_update, insert_and_commit = messages
    assert read_and_update.startswith("BEGIN\n;SELECT")
    assert "\n;UPDATE" in read_and_update
    assert insert_and_commit.startswith("INSERT")
    assert insert_and_commit.endswith("\n;COMMIT")
    assert AuditEntry.objects.first().changes == {"name": {"old": "Ann", "new": "Bea"}}


@pytest.mark.postgres
def test_only_a_transaction_of_the_log_begins_with_its_first_statement(messages):
    Author.objects.create(name="Ann")
    begin_and_insert, insert_and_commit = messages
    assert begin_and_insert.startswith("BEGIN\n;INSERT")
    assert insert_and_commit.endswith("\n;COMMIT")
    messages.clear()
    with transaction.atomic():
        author = Author.objects.create(name="Bea")
        author.name = "Cleo"
        author.save()
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            author.name = "Dora"
            author.save()
            1 / 0  # noqa: B018
    assert messages[1].startswith("SELECT")
    assert "\n;UPDATE" in messages[1]
    assert not any("BEGIN" in sql for sql in messages)
    assert connection.connection.autocommit
    told = [entry.target_repr for entry in AuditEntry.objects.order_by("id")]
    assert told == ["Ann", "Bea", "Cleo"]


@pytest.mark.postgres
def test_both_ends_of_a_relation_are_read_by_one_message(messages):
    book = Book.objects.create(title="B", author=Author.objects.create(name="Ann"))
    tag = Tag.objects.create(name="new")
    messages.clear()
    book.tags.add(tag)
    (read,) = [sql for sql in messages if '"testapp_book"."title"' in sql]
    assert '"testapp_tag"."name"' in read
    assert messages[-1].endswith("\n;COMMIT")
    entry = AuditEntry.objects.first()
    assert entry.changes == {"tags": {"added": [{"id": str(tag.pk), "repr": "new"}], "removed": []}}
    assert entry.target_repr == "B"


@pytest.mark.postgres
def test_a_statement_before_the_update_finds_the_row_read(messages, monkeypatch):
    author = Author.objects.create(name="Ann")
    name = Author._meta.get_field("name")

    def pre_save(instance, add):
        assert Author.objects.filter(pk=author.pk).update(name="Eve") == 1
        return instance.name

    monkeypatch.setattr(name, "pre_save", pre_save)
    author.name = "Bea"
    author.save()
    told = [entry.changes["name"] for entry in AuditEntry.objects.order_by("id")]
    # What the instance's own save found was there before its field did something else.
    assert {"old": "Ann", "new": "Bea"} in told
    assert not connection.execute_wrappers


@pytest.mark.postgres
def test_no_message_is_joined_where_the_server_binds_values(messages, monkeypatch):
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "server_side_binding", True)
    connection.close()
    try:
        author = Author.objects.create(name="Ann")
        author.name = "Bea"
        author.save()
        assert not any(";" in sql for sql in messages)
        assert AuditEntry.objects.first().changes == {"name": {"old": "Ann", "new": "Bea"}}
    finally:
        monkeypatch.undo()
        connection.close()


@pytest.mark.postgres
def test_a_commit_that_is_refused_leaves_nothing():
    """A foreign key is looked at by the COMMIT, which goes with the entry."""
    with pytest.raises(IntegrityError):
        Book.objects.create(title="Lost", author_id=4711)
    assert not Book.objects.exists()
    assert not AuditEntry.objects.exists()
    Author.objects.create(name="Ann")
    assert AuditEntry.objects.count() == 1


@pytest.mark.postgres
def test_an_update_that_fails_leaves_no_wrapper():
    author = Author.objects.create(name="Ann")
    author.name = "x" * 1000
    with pytest.raises(DatabaseError):
        author.save()
    assert not connection.execute_wrappers
    author.name = "Bea"
    author.save()
    assert AuditEntry.objects.first().changes == {"name": {"old": "Ann", "new": "Bea"}}


@pytest.mark.postgres
def test_comments_that_a_compiler_appends_hide_no_statement(messages, monkeypatch):
    book = Book.objects.create(title="B", author=Author.objects.create(name="Ann"))
    tag = Tag.objects.create(name="new")
    as_sql = SQLCompiler.as_sql

    def commented(self, *args, **options):
        sql, parameters = as_sql(self, *args, **options)
        return f"{sql} -- views.py", parameters

    # What is compiled already is compiled again.
    monkeypatch.setattr(rows, "_readers", {})
    monkeypatch.delitem(registry.policy_for(Book).compiled, "default")
    monkeypatch.setattr(SQLCompiler, "as_sql", commented)
    book.title = "C"
    book.save()
    assert any(sql.startswith("BEGIN") and "-- views.py\n;UPDATE" in sql for sql in messages)
    book.tags.add(tag)
    monkeypatch.undo()
    assert Book.objects.get().title == "C"
    tags, title = AuditEntry.objects.all()[:2]
    assert title.changes["title"] == {"old": "B", "new": "C"}
    assert tags.changes["tags"]["added"] == [{"id": str(tag.pk), "repr": "new"}]


@pytest.mark.postgres
def test_a_commit_that_django_forbids_commits_nothing():
    with pytest.raises(transaction.TransactionManagementError), transaction.atomic():
        Author.objects.create(name="Ann")
        transaction.commit()
    assert not Author.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.postgres
def test_what_a_backend_does_before_the_commit_is_done_before_it(monkeypatch):
    raw = connections["default"]

    class Backend(type(raw)):
        def _commit(self):
            raise IntegrityError("Not today.")

    connection.ensure_connection()
    monkeypatch.setattr(raw, "__class__", Backend)
    with pytest.raises(IntegrityError, match=r"Not today\."):
        Author.objects.create(name="Ann")
    monkeypatch.undo()
    assert not Author.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.postgres
def test_pipelines_take_statements_one_by_one():
    connection.ensure_connection()
    with connection.connection.pipeline():
        Author.objects.create(name="Ann")
        with transaction.atomic():
            for name in ("Bea", "Cleo"):
                Author.objects.create(name=name)
    told = [entry.target_repr for entry in AuditEntry.objects.order_by("id")]
    assert told == ["Ann", "Bea", "Cleo"]


@pytest.mark.postgres
def test_cursors_of_a_backend_s_own_take_statements_one_by_one(monkeypatch):
    from psycopg import Cursor

    raw = connections["default"]

    class Backend(type(raw)):
        def create_cursor(self, name=None):
            return Cursor(self.connection)

    connection.ensure_connection()
    monkeypatch.setattr(raw, "__class__", Backend)
    author = Author.objects.create(name="Ann")
    author.name = "Bea"
    author.save()
    assert AuditEntry.objects.first().changes == {"name": {"old": "Ann", "new": "Bea"}}


@pytest.mark.postgres
@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("atomic", [False, True])
def test_an_old_row_that_the_driver_cannot_read_is_an_error_of_django_s(watched, atomic):
    book = Book.objects.create(title="B", author=Author.objects.create(name="Ann"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE testapp_book SET updated_at = 'infinity'")
    block = transaction.atomic() if atomic else contextlib.nullcontext()
    watch = CaptureQueriesContext(connection) if watched else contextlib.nullcontext()
    with watch, pytest.raises(DataError), block:
        book.save()
    assert AuditEntry.objects.filter(action="book.update").count() == 0


@pytest.mark.postgres
def test_related_rows_that_the_driver_cannot_read_are_an_error_of_django_s():
    book = Book.objects.create(title="B", author=Author.objects.create(name="Ann"))
    tag = Tag.objects.create(name="new")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE testapp_book SET updated_at = 'infinity'")
    with pytest.raises(DataError):
        book.tags.add(tag)
    assert not book.tags.exists()


@pytest.mark.postgres
def test_a_statement_that_cannot_be_sent_takes_nothing_along(monkeypatch):
    """A field runs it, and copes with the error."""
    author = Author.objects.create(name="Ann")
    name = Author._meta.get_field("name")

    def pre_save(instance, add):
        with connection.cursor() as cursor, contextlib.suppress(DataError):
            cursor.execute("INSERT INTO testapp_tag (name) VALUES (%s)", ["\0"])
        return instance.name

    monkeypatch.setattr(name, "pre_save", pre_save)
    author.name = "Bea"
    author.save()
    assert AuditEntry.objects.first().changes == {"name": {"old": "Ann", "new": "Bea"}}
    author.name = "Cleo"
    with pytest.raises(ZeroDivisionError), broken_entries():
        author.save()
    assert Author.objects.get().name == "Bea"
    assert not connection.execute_wrappers


@pytest.mark.postgres
def test_a_connection_that_was_lost_with_the_change_is_not_replaced_for_its_entry(monkeypatch):
    """With AUTOCOMMIT off, where Django looks after connections between requests."""
    monkeypatch.setitem(connection.settings_dict, "CONN_HEALTH_CHECKS", True)
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", None)
    monkeypatch.setitem(connection.settings_dict, "AUTOCOMMIT", False)
    connection.close()
    try:
        Author.objects.create(name="Ann")
        process = connection.connection.info.backend_pid
        close_old_connections()
        in_thread(lambda: terminate(process))
        with pytest.raises(OperationalError):
            connection.commit()
    finally:
        monkeypatch.undo()
        connection.close()
    assert not Author.objects.exists()
    assert not AuditEntry.objects.exists()


def terminate(process):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [process])
