"""Each limit that the documentation names: shown by a test, and said by the app itself."""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import django
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import (
    InternalError,
    OperationalError,
    connection,
    connections,
    models,
    transaction,
)
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test.utils import isolate_apps
from rest_framework.authtoken.models import Token

from audit_log import limits
from audit_log.models import AuditEntry
from tests.capture.helpers import actions, close_connections, entries, in_thread, last
from tests.testapp.models import Author, Book, Country, Tag

ROOT = Path(__file__).parents[1]


class Limit(NamedTuple):
    """Which test shows it, and what says it: ``audit_coverage``, or a check, by its id."""

    shown_by: str
    said_by: str


HERE = "tests/test_limits.py"
LIMITS = {
    # Not seen
    "SQL that Django's ORM does not write": Limit(f"{HERE}::test_sql", "raw SQL"),
    "What the database does by itself": Limit(f"{HERE}::test_database_cascade", "audit_log.W004"),
    "manage.py flush": Limit(f"{HERE}::test_flush", "manage.py flush"),
    "Private methods of QuerySet": Limit(f"{HERE}::test_private_methods", "_raw_delete()"),
    "A COMMIT that goes past Django's cursors": Limit(
        f"{HERE}::test_commit_past_djangos_cursors", "a COMMIT past Django's cursors"
    ),
    "Reads": Limit(f"{HERE}::test_reads", "reads, unless"),
    "The contents of files": Limit(
        "tests/capture/test_values.py::test_file_of_the_same_name_is_no_change",
        "the contents of files",
    ),
    "Parts of rows that are not audited": Limit(f"{HERE}::test_what_is_excluded", "excluded:"),
    # Not recorded on purpose
    "Sessions, content types": Limit(
        "tests/test_registry.py::test_audited_unless_excluded_by_default",
        "sessions.Session: not audited, it is excluded by default",
    ),
    "What happens inside pause()": Limit(
        "tests/capture/test_transactions.py::test_pause_ends_with_its_block", "inside pause()"
    ),
    "Bulk operations of models": Limit(
        "tests/capture/test_bulk.py::test_summary_and_off", "GAP bulk"
    ),
    "What data migrations change": Limit(
        "tests/capture/test_migrations.py::test_not_before_the_log_has_its_tables",
        "data migrations write before",
    ),
    "The many-to-many relations of an object": Limit(
        f"{HERE}::test_relations_of_what_goes", "many-to-many relations of an object"
    ),
    "Entries that could not be written": Limit(
        "tests/capture/test_on_error.py::test_change_without_its_entry", "ON_ERROR ="
    ),
    # Told in part
    "Long values": Limit("tests/capture/test_saving.py::test_long_value_is_cut", "long values"),
    "Masked fields": Limit(
        "tests/capture/test_saving.py::test_masked_field_tells_only_that_it_changed",
        "masked fields",
    ),
    "occurred_at": Limit(f"{HERE}::test_time_of_the_change", "occurred_at"),
    "old_repr and new_repr": Limit(f"{HERE}::test_names_of_related_objects", "old_repr"),
    "JSON null and SQL NULL": Limit(f"{HERE}::test_json_null", "JSON null and SQL NULL"),
    "What a trigger makes of a row": Limit(f"{HERE}::test_trigger", "what a trigger makes"),
    "Nested JSON": Limit(
        "tests/capture/test_hard_cases.py::test_deeply_nested_json", "JSON nested"
    ),
    "The order of the fields": Limit(f"{HERE}::test_order_of_fields", "order of the fields"),
    "Names in data migrations": Limit(f"{HERE}::test_names_in_migrations", "names in data"),
    # Databases
    "SQLite, PostgreSQL and MariaDB are tested": Limit(
        f"{HERE}::test_other_databases", "is not tested"
    ),
    "On SQLite an audited save": Limit(f"{HERE}::test_write_lock_of_sqlite", "write lock"),
    "On MariaDB a transaction that is begun by SQL": Limit(
        f"{HERE}::test_begun_by_sql_on_mariadb", "begun by SQL"
    ),
    "On MariaDB, a level of isolation": Limit(
        f"{HERE}::test_level_of_isolation_set_by_sql", "level of isolation is taken from"
    ),
    "On MariaDB at REPEATABLE READ": Limit(
        f"{HERE}::test_deadlocks_of_mariadb", "at REPEATABLE READ"
    ),
    "On MariaDB without strict mode": Limit(
        f"{HERE}::test_mariadb_that_is_not_strict", "without strict mode"
    ),
    "On PostgreSQL and MariaDB, where a row": Limit(
        f"{HERE}::test_row_that_comes_while_it_is_saved", "a save() whose row"
    ),
    "On PostgreSQL a __str__": Limit(f"{HERE}::test_text_that_spoils", "a __str__ that runs SQL"),
    "While a bulk operation is told": Limit(
        "tests/journal/test_copying.py::test_psycopg_s_own_connection_is_busy_meanwhile",
        "psycopg's own connection",
    ),
    "With DATABASE": Limit(f"{HERE}::test_log_in_another_database", "DATABASE ="),
    "The surfaces read one database": Limit(f"{HERE}::test_one_database_is_read", "surfaces read"),
}


# The table


def documented() -> list[str]:
    """Return what limits.md lists, but for what is not there yet."""
    text = (ROOT / "docs" / "limits.md").read_text()
    text = text.partition("## What is not there yet")[0]
    bullets = re.findall(r"^- ((?:.|\n(?=  ))*)", text, re.MULTILINE)
    plain = (re.sub(r"[*`]|\]\([^)]*\)|\[", "", bullet) for bullet in bullets)
    return [" ".join(bullet.split()) for bullet in plain]


def test_each_limit_has_a_test_and_is_said(settings, monkeypatch):
    bullets = documented()
    assert len(bullets) == len(LIMITS)
    for name in LIMITS:
        assert [b for b in bullets if b.startswith(name)], f"limits.md does not name: {name}"
    out = StringIO()
    for value in (
        {"ON_ERROR": "log", "MODELS": {"testapp.Book": {"bulk": "off", "exclude": ["pages"]}}},
        {"DATABASE": "other"},
    ):
        settings.AUDIT_LOG = value
        call_command("audit_coverage", stdout=out, no_color=True)
    for vendor in ("sqlite", "postgresql", "mysql", "oracle"):
        monkeypatch.setattr(type(connections["default"]), "vendor", vendor)
        out.write("\n".join(limits.of_this_project()))
    checks = (ROOT / "docs" / "checks.md").read_text()
    for name, limit in LIMITS.items():
        assert limit.said_by in (out.getvalue() + checks), f"nothing says: {name}"
        path, _, function = limit.shown_by.partition("::")
        module = import_module(path.removesuffix(".py").replace("/", "."))
        assert callable(getattr(module, function)), limit.shown_by


# Not seen


@pytest.mark.django_db
def test_sql():
    Country.objects.create(code="a", name="A")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE testapp_country SET name = 'B'")
    assert actions() == ["country.create"]


@pytest.mark.django_db(transaction=True)
def test_flush():
    Author.objects.create(name="Ann")
    call_command("flush", verbosity=0, interactive=False)
    assert not Author.objects.exists()
    assert entries() == []


@pytest.mark.django_db
def test_private_methods():
    Country.objects.create(code="a", name="A")
    Country.objects.all()._update([(Country._meta.get_field("name"), None, "B")])
    Country.objects.all()._raw_delete("default")
    assert actions() == ["country.create"]


@pytest.mark.skipif(django.VERSION < (6, 1), reason="DB_CASCADE came with Django 6.1")
@pytest.mark.django_db(transaction=True)
@isolate_apps("tests.testapp")
def test_database_cascade():
    """The deletion of the object is told, that of the rows that go with it is not."""

    class Trunk(models.Model):
        class Meta:
            app_label = "testapp"

    class Branch(models.Model):
        trunk = models.ForeignKey(Trunk, on_delete=models.DB_CASCADE)

        class Meta:
            app_label = "testapp"

    with connection.schema_editor() as editor:
        editor.create_model(Trunk)
        editor.create_model(Branch)
    try:
        trunk = Trunk.objects.create()
        Branch.objects.create(trunk=trunk)
        trunk.delete()
        assert not Branch.objects.exists()
        assert actions() == ["trunk.create", "branch.create", "trunk.delete"]
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(Branch)
            editor.delete_model(Trunk)


@pytest.mark.django_db
def test_reads(client):
    token = Token.objects.create(user=User.objects.create(username="ann", is_superuser=True))
    book = Book.objects.create(title="One")
    count = len(entries())
    assert Book.objects.get(pk=book.pk).secret_token == ""
    # A request by token reads, and is no log in.
    headers = {"Authorization": f"Token {token.key}"}
    client.get("/api/audit-log/entries/", headers=headers)
    assert len(entries()) == count


@pytest.mark.django_db
def test_what_is_excluded(settings):
    settings.AUDIT_LOG = {
        "MODELS": {"testapp.Book": {"exclude": ["pages"]}},
        "EXCLUDE_MODELS": ["testapp.Tag"],
    }
    book = Book.objects.create(title="One", pages=1)
    Tag.objects.create(name="a")
    Book.objects.update(pages=2)
    book.pages = 3
    book.save(update_fields=["pages"])
    assert actions() == ["book.create"]
    assert "pages" not in last().changes


@pytest.mark.django_db
def test_relations_of_what_goes():
    book = Book.objects.create(title="One")
    book.tags.add(Tag.objects.create(name="a"))
    book.delete()
    assert actions()[3:] == ["book.delete"]
    assert "tags" not in last().changes


# Told in part


@pytest.mark.django_db(transaction=True)
def test_time_of_the_change():
    with transaction.atomic():
        author = Author.objects.create(name="Ann")
        before = django.utils.timezone.now()
        while django.utils.timezone.now() == before:
            pass
        before = django.utils.timezone.now()
    assert AuditEntry.objects.for_object(author).get().occurred_at <= before


@pytest.mark.django_db
def test_names_of_related_objects():
    ann, bea = Author.objects.create(name="Ann"), Author.objects.create(name="Bea")
    book = Book.objects.create(title="One", author=ann)
    assert last().changes["author"] == {"old": None, "new": ann.pk, "new_repr": "Ann"}
    book = Book.objects.get()
    book.author_id = bea.pk
    book.save()
    assert last().changes["author"] == {"old": ann.pk, "new": bea.pk}


@pytest.mark.django_db
def test_json_null():
    """Django reads both as None."""
    book = Book.objects.create(title="One", extra=None)
    assert Book.objects.filter(extra__isnull=True).exists()
    count = len(entries())
    null = Value(None, models.JSONField())
    book.extra = null
    book.save(update_fields=["extra"])
    assert not Book.objects.filter(extra__isnull=True).exists()
    assert Book.objects.get().extra is None
    Book.objects.update(extra=None)
    Book.objects.update(extra=null)
    assert len(entries()) == count


TRIGGERS = {
    "sqlite": [
        (
            "CREATE TRIGGER shout AFTER INSERT ON testapp_country BEGIN "
            "UPDATE testapp_country SET name = upper(name); END"
        )
    ],
    "mysql": [
        (
            "CREATE TRIGGER shout BEFORE INSERT ON testapp_country FOR EACH ROW "
            "SET NEW.name = UPPER(NEW.name)"
        )
    ],
    "postgresql": [
        (
            "CREATE FUNCTION shout() RETURNS trigger AS $$ BEGIN NEW.name := upper(NEW.name); "
            "RETURN NEW; END $$ LANGUAGE plpgsql"
        ),
        (
            "CREATE TRIGGER shout BEFORE INSERT ON testapp_country FOR EACH ROW "
            "EXECUTE FUNCTION shout()"
        ),
    ],
}


@pytest.mark.django_db(transaction=True)
def test_trigger():
    is_postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        for sql in TRIGGERS[connection.vendor]:
            cursor.execute(sql)
        try:
            country = Country.objects.create(code="a", name="Ann")
        finally:
            cursor.execute(f"DROP TRIGGER shout{' ON testapp_country' if is_postgres else ''}")
            if is_postgres:
                cursor.execute("DROP FUNCTION shout")
    assert last().changes["name"]["new"] == "Ann"
    country.name = "Bea"
    country.save()
    assert last().changes == {"name": {"old": "ANN", "new": "Bea"}}


@pytest.mark.postgres
@pytest.mark.django_db
def test_order_of_fields():
    Book.objects.create(title="One")
    assert list(last().changes) != [f.name for f in Book._meta.fields if f.name in last().changes]


@pytest.mark.django_db
def test_names_in_migrations():
    from django.apps import apps
    from django.db.migrations.state import ProjectState

    model = ProjectState.from_apps(apps).apps.get_model("testapp", "Author")
    author = model.objects.create(name="Ann")
    assert last().target_repr == f"Author object ({author.pk})"


# Databases


def test_other_databases(monkeypatch):
    monkeypatch.setattr(type(connections["default"]), "vendor", "oracle")
    name = connection.display_name
    assert f"database 'default': {name} is not tested" in list(limits.of_this_project())


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_write_lock_of_sqlite(monkeypatch):
    """It is held when the old row is read: who else writes has to wait from then on."""
    from audit_log.capture.rows import RowReader

    author = Author.objects.create(name="Ann")
    read = RowReader.read
    refused: list[str] = []

    def write() -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute("UPDATE testapp_author SET name = 'Bea'")

    def read_while_others_write(*args: Any, **kwargs: Any) -> Any:
        try:
            in_thread(write)
        except OperationalError as error:
            refused.append(str(error))
        return read(*args, **kwargs)

    monkeypatch.setattr(RowReader, "read", read_while_others_write)
    with transaction.atomic():
        author.save()
    assert len(refused) == 1
    assert "locked" in refused[0]


@pytest.mark.mariadb
@pytest.mark.parametrize("atomic", [False, True])
@pytest.mark.django_db(transaction=True)
def test_begun_by_sql_on_mariadb(atomic):
    """As by any atomic block."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("INSERT INTO testapp_author (name) VALUES ('Ann')")
        if atomic:
            with transaction.atomic():
                pass
        else:
            Author.objects.create(name="Bea")
        cursor.execute("ROLLBACK")
    names = ["Ann"] if atomic else ["Ann", "Bea"]
    assert sorted(Author.objects.values_list("name", flat=True)) == names
    assert len(entries()) == len(names) - 1


@pytest.mark.django_db(transaction=True)
def test_commit_past_djangos_cursors():
    """By Django's cursor the entry is there; by the driver it is forgotten with the block."""
    for commit in (connection.cursor().execute, lambda sql: connection.connection.commit()):
        with suppress(RuntimeError), transaction.atomic():
            Author.objects.create(name="Ann")
            commit("COMMIT")
            raise RuntimeError
    assert Author.objects.count() == 2
    assert len(entries()) == 1


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_level_of_isolation_set_by_sql():
    """Where the log is told READ COMMITTED and the server does REPEATABLE READ."""
    Author.objects.create(name="Ann")
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    with transaction.atomic():
        assert Author.objects.count() == 1
        in_thread(lambda: Author.objects.create(name="Bea"))
        Author.objects.update(name=Concat(F("name"), Value("!")))
    assert sorted(Author.objects.values_list("name", flat=True)) == ["Ann!", "Bea"]
    assert actions() == ["author.create", "author.create", "author.update"]


@pytest.mark.mariadb
@pytest.mark.parametrize("audited", [False, True])
@pytest.mark.django_db(transaction=True)
def test_deadlocks_of_mariadb(audited, settings):
    """Each locks the gap in which the other will add a row; with the log as without."""
    if not audited:
        settings.AUDIT_LOG = {"EXCLUDE_MODELS": ["testapp.Book"]}
    authors = [Author.objects.create(name=str(number)) for number in range(20)]
    Book.objects.bulk_create(Book(title="x", author=author) for author in authors * 20)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE TABLE testapp_book")
    pair = [authors[5], authors[10]]
    both = threading.Barrier(2)
    errors: list[OperationalError] = []

    def work(mine: Author, other: Author) -> None:
        try:
            connection.isolation_level = "repeatable read"
            with connection.cursor() as cursor:
                cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            with transaction.atomic():
                Book.objects.filter(author=mine).update(pages=1)
                both.wait(10)
                Book.objects.create(title="y", author=other)
        except OperationalError as error:
            errors.append(error)
        finally:
            close_connections()

    threads = [threading.Thread(target=work, args=each) for each in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (error,) = errors
    assert error.args[0] == 1213
    assert Book.objects.filter(pages=1).count() == 20
    assert len(entries(action="book.update")) == 20 * audited


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore:.*truncated")
def test_mariadb_that_is_not_strict():
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION sql_mode = ''")
        try:
            Country.objects.create(code="a" * 20, name="Ann")
        finally:
            connection.close()
    assert Country.objects.get().code == "a" * 10
    assert last().changes["code"]["new"] == "a" * 20


@pytest.mark.skipif(connection.vendor == "sqlite", reason="who writes is alone")
@pytest.mark.django_db(transaction=True)
def test_row_that_comes_while_it_is_saved(monkeypatch):
    from audit_log.capture.ahead import ahead
    from audit_log.capture.rows import RowReader

    # On PostgreSQL nobody can be let in between.
    monkeypatch.setattr(ahead, "is_possible", staticmethod(lambda buffer: False))
    read = RowReader.read

    def read_and_lose(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(RowReader, "read", read)
        found = read(*args, **kwargs)
        in_thread(lambda: Country.objects.create(code="a", name="theirs"))
        return found

    monkeypatch.setattr(RowReader, "read", read_and_lose)
    Country(code="a", name="mine").save()
    assert actions() == ["country.create", "country.update"]
    assert last().changes == {"name": {"old": None, "new": "mine"}}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_text_that_spoils(monkeypatch):
    def text(self: Any) -> str:
        Author.objects.raw("SELECT nothing FROM nowhere")[0]
        return ""

    monkeypatch.setattr(Author, "__str__", text)
    with pytest.raises(InternalError, match="aborted"), transaction.atomic():
        Author.objects.create(name="Ann")
        Author.objects.count()
    assert not Author.objects.exists()


@pytest.mark.django_db(transaction=True, databases=["default", "other"])
def test_log_in_another_database(settings):
    """What is rolled back has left an entry there."""
    settings.AUDIT_LOG = {"DATABASE": "other"}
    with pytest.raises(RuntimeError), transaction.atomic():
        Author.objects.create(name="Ann")
        raise RuntimeError
    assert not Author.objects.exists()
    assert [e.action for e in AuditEntry.objects.using("other")] == ["author.create"]


@pytest.mark.django_db(databases=["default", "other"])
def test_one_database_is_read(client):
    user = User.objects.create(username="ann", is_superuser=True, is_staff=True)
    Author.objects.using("other").create(name="Ann")
    client.force_login(user)
    found = client.get("/api/audit-log/entries/?action=author.create").json()
    assert found["count"] == 0
    assert AuditEntry.objects.using("other").get().action == "author.create"
