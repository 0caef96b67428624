"""Who, why and where from."""

from __future__ import annotations

import asyncio
import datetime
import threading
import time
from contextlib import suppress
from contextvars import copy_context

import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction
from django.contrib.auth import authenticate, signals
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.test import AsyncClient, Client, RequestFactory
from django.utils.functional import SimpleLazyObject

import audit_log
from audit_log import catalogue
from audit_log.journal import context as journal_context
from audit_log.journal.context import current
from audit_log.middleware import AuditLogMiddleware
from audit_log.models import AuditEntry
from tests.capture.helpers import actions, entries, last
from tests.testapp.models import Author

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    with audit_log.pause(reason="set up"):
        return User.objects.create_user(
            "ann", "ann@example.com", "pw", first_name="Ann", last_name="Lee"
        )


@pytest.fixture(autouse=True)
def nothing_leaks():
    yield
    assert current() is journal_context.OUTSIDE


def write() -> AuditEntry:
    Author.objects.create(name="x")
    return last()


def test_outside_of_everything():
    entry = write()
    assert (entry.actor_id, entry.actor_type, entry.actor_repr) == (None, "system", "")
    assert (entry.reason, entry.remote_addr, entry.correlation_id) == ("", None, "")
    assert entry.metadata == {}
    assert len(entry.salt) == 16


def test_block(ann):
    with audit_log.context(
        actor=ann,
        reason="ticket 811",
        tenant="acme",
        correlation_id="abc",
        remote_addr="203.0.113.7",
        batch=7,
    ):
        entry = write()
    assert (entry.actor, entry.actor_type) == (ann, "user")
    assert entry.actor_repr == "Ann Lee <ann@example.com>"
    assert (entry.reason, entry.tenant, entry.correlation_id) == ("ticket 811", "acme", "abc")
    assert (entry.remote_addr, entry.metadata) == ("203.0.113.7", {"batch": 7})
    assert write().actor is None


def test_blocks_nest(ann):
    with audit_log.context(actor=ann, reason="outer", a=1):
        outer = write()
        with audit_log.context(reason="inner", b=datetime.date(2020, 1, 2)):
            inner = write()
        with audit_log.context(correlation_id="own"):
            own = write()
        again = write()
    assert (inner.actor_id, inner.reason) == (ann.pk, "inner")
    assert inner.metadata == {"a": 1, "b": "2020-01-02"}
    assert inner.correlation_id == outer.correlation_id == again.correlation_id != ""
    assert own.correlation_id == "own"
    assert (again.reason, again.metadata) == ("outer", {"a": 1})


def test_block_ends_with_an_exception(ann):
    with pytest.raises(RuntimeError), audit_log.context(actor=ann):
        raise RuntimeError
    assert write().actor_type == "system"


def test_decorator(ann):
    @audit_log.context(actor=ann, reason="nightly")
    def work(number):
        """Work."""
        write()
        return number + 1

    assert work(1) == 2
    assert work.__doc__ == "Work."
    work(1)
    first, second = entries(action="author.create")
    assert first.reason == second.reason == "nightly"
    assert first.correlation_id != second.correlation_id


def test_decorator_refuses_generators():
    with pytest.raises(TypeError, match="generator"):

        @audit_log.context(reason="x")
        def work():
            yield 1


@pytest.mark.django_db(transaction=True)
def test_async_blocks_and_decorator(ann):
    seen = {}

    @audit_log.context(reason="decorated")
    async def decorated(name):
        await asyncio.sleep(0)
        seen[name] = current().reason

    async def block(name):
        async with audit_log.context(reason=name):
            await asyncio.sleep(0)
            await Author.objects.acreate(name=name)
            seen[name] = current().reason

    async def main():
        await asyncio.gather(block("a"), block("b"), decorated("c"))
        seen["after"] = current().reason

    async_to_sync(main)()
    assert seen == {"a": "a", "b": "b", "c": "decorated", "after": ""}
    assert {e.changes["name"]["new"]: e.reason for e in entries(action="author.create")} == {
        "a": "a",
        "b": "b",
    }


def test_threads_do_not_share(ann):
    seen = []
    with audit_log.context(actor=ann):
        thread = threading.Thread(target=lambda: seen.append(current().actor))
        thread.start()
        thread.join()
    assert seen == [None]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"correlation_id": ""}, "1 to 64"),
        ({"correlation_id": "x" * 65}, "1 to 64"),
        ({"occurred_at": datetime.datetime(2020, 1, 1)}, "aware"),  # noqa: DTZ001
        ({"remote_addr": "somewhere"}, "IP address"),
        ({"tenant": "x" * 101}, "at most 100"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        audit_log.context(**arguments)


def test_history_that_is_imported():
    then = datetime.datetime(2015, 5, 6, 7, 8, 9, 123456, datetime.UTC)
    with audit_log.context(occurred_at=then):
        first, second = write(), write()
    assert first.occurred_at == then
    assert first.id.int >> 80 == int(then.timestamp() * 1000)
    assert first.id < second.id
    assert first.metadata["recorded_at"] > "2020"
    now = write()
    assert now.id > second.id
    assert "recorded_at" not in now.metadata


def test_history_that_is_imported_without_time_zones(settings):
    settings.USE_TZ = False
    settings.TIME_ZONE = "Asia/Tokyo"
    then = datetime.datetime(2015, 5, 6, 7, 8, 9, 123456, datetime.UTC)
    with audit_log.context(occurred_at=then):
        entry = write()
    assert entry.occurred_at == datetime.datetime(2015, 5, 6, 16, 8, 9, 123456)  # noqa: DTZ001
    assert entry.id.int >> 80 == int(then.timestamp() * 1000)
    write()


def test_one_block_used_by_several_threads():
    block = audit_log.context(reason="shared")
    # As threads have them: contexts of their own.
    first, second = copy_context(), copy_context()
    outer = audit_log.context(tenant="first")
    first.run(outer.__enter__)
    first.run(block.__enter__)
    second.run(block.__enter__)
    first.run(block.__exit__)
    assert (first.run(current).tenant, first.run(current).reason) == ("first", "")
    second.run(block.__exit__)
    assert second.run(current) is journal_context.OUTSIDE


def test_one_block_used_by_several_tasks():
    block = audit_log.context(reason="shared")
    seen = {}

    async def work(name, delay):
        async with audit_log.context(tenant=name):
            async with block:
                await asyncio.sleep(delay)
            seen[name] = (current().tenant, current().reason)

    async def main():
        await asyncio.gather(work("a", 0.02), work("b", 0.01), work("c", 0.03))

    asyncio.run(main())
    assert seen == {name: (name, "") for name in "abc"}


def test_one_block_inside_itself():
    block = audit_log.context(reason="again")
    with block:
        with block:
            pass
        assert current().reason == "again"
    assert current() is journal_context.OUTSIDE


def test_generator_that_is_closed_in_another_block():
    def work():
        with audit_log.context(reason="generator"):
            yield

    with audit_log.context(reason="first"):
        generator = work()
        next(generator)
    journal_context.restore(journal_context.OUTSIDE)  # as the middleware does
    with audit_log.context(reason="second"):
        generator.close()
        assert current().reason == "second"
    assert current() is journal_context.OUTSIDE


# Actors


def test_kinds_of_actors(ann):
    for actor, told in [
        (audit_log.Actor("task", "clean up"), (None, "task", "clean up")),
        ("importer", (None, "system", "importer")),
        (AnonymousUser(), (None, "anonymous", "")),
        (SimpleLazyObject(lambda: ann), (ann.pk, "user", "Ann Lee <ann@example.com>")),
        (User(username="new"), (None, "user", "new")),
    ]:
        with audit_log.context(actor=actor):
            entry = write()
        assert (entry.actor_id, entry.actor_type, entry.actor_repr) == told
    with pytest.raises(ValueError, match="no actor type"):
        audit_log.Actor("robot")


def test_actor_who_is_no_user_blames_nobody(ann):
    author = Author(pk=ann.pk, name="Ann, the author")
    with audit_log.context(actor=author):
        entry = write()
    assert (entry.actor_id, entry.actor_type) == (None, "system")
    assert entry.actor_repr == "Ann, the author"
    with audit_log.context(actor=SimpleLazyObject(lambda: author)):
        assert write().actor_id is None


class Machine:
    """A machine, as an authentication of one's own gives it."""

    pk = id = 1

    def __init__(self, is_authenticated):
        self.is_authenticated = is_authenticated

    def __str__(self):
        return "robot 7"


@pytest.mark.parametrize(("known", "kind"), [(True, "token"), (False, "anonymous")])
def test_request_of_who_is_no_user(known, kind):
    request = RequestFactory().get("/")
    request.user = SimpleLazyObject(lambda: Machine(known))
    serve(request)
    assert (last().actor_id, last().actor_type, last().actor_repr) == (None, kind, "robot 7")


def test_user_of_a_migration_is_a_user(ann):
    historical = MigrationExecutor(connection).loader.project_state().apps.get_model("auth", "User")
    with audit_log.context(actor=historical.objects.get(pk=ann.pk)):
        assert write().actor_id == ann.pk


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"first_name": "Ann", "email": ""}, "ann"),
        ({"first_name": "", "email": "a@x.org"}, "ann"),
        ({"first_name": "Ann", "email": "a@x.org"}, "Ann <a@x.org>"),
    ],
)
def test_names_of_actors(fields, name):
    user = User.objects.create(username="ann", **fields)
    with audit_log.context(actor=user):
        assert write().actor_repr == name


def test_user_who_cannot_be_named(ann, monkeypatch):
    monkeypatch.setattr(User, "get_full_name", lambda self: 1 / 0)
    with audit_log.context(actor=ann):
        assert write().actor_repr == f"User ({ann.pk})"


def test_deleting_the_actor_rewrites_nothing(ann):
    key = ann.pk
    with audit_log.context(actor=ann):
        entry = write()
    ann.delete()
    entry = AuditEntry.objects.get(pk=entry.pk)
    assert (entry.actor_id, entry.actor_repr) == (key, "Ann Lee <ann@example.com>")
    assert AuditEntry.objects.by_actor(key).count() == 1


# Requests


def respond(request):
    write()
    return HttpResponse("ok")


def serve(request, view=respond):
    return AuditLogMiddleware(view)(request)


def test_request(ann):
    request = RequestFactory().post("/books/?q=secret", HTTP_USER_AGENT="Browser/1")
    request.user = ann
    serve(request)
    entry = last()
    assert entry.actor == ann
    assert entry.remote_addr == "127.0.0.1"
    assert entry.metadata == {"method": "POST", "path": "/books/", "user_agent": "Browser/1"}
    assert len(entry.correlation_id) == 20


def test_correlation_ids_increase_with_time():
    made = []
    for _ in range(5):
        serve(RequestFactory().get("/"))
        made.append(last().correlation_id)
        time.sleep(0.002)
    assert made == sorted(set(made))


def test_one_correlation_id_a_request():
    def view(request):
        write()
        write()
        with audit_log.context(reason="x"):
            write()
        return HttpResponse()

    serve(RequestFactory().get("/"), view)
    serve(RequestFactory().get("/"), view)
    found = [entry.correlation_id for entry in entries()]
    assert len(set(found)) == 2
    assert found[0] == found[1] == found[2]


def test_nobody_is_anonymous():
    request = RequestFactory().get("/")
    serve(request)
    assert last().actor_type == "anonymous"
    request.user = AnonymousUser()
    serve(request)
    assert last().actor_type == "anonymous"


def test_user_is_read_when_an_entry_needs_it_and_not_before(ann):
    reads = []

    def load():
        reads.append(1)
        return ann

    request = RequestFactory().get("/")
    request.user = SimpleLazyObject(load)
    serve(request, lambda request: HttpResponse())
    assert reads == []
    serve(request)
    assert reads == [1]


def test_user_who_is_known_late(ann):
    def view(request):
        write()
        request.user = ann
        write()
        return HttpResponse()

    serve(RequestFactory().get("/"), view)
    assert [entry.actor_type for entry in entries()][1:] == ["anonymous", "user"]


def test_user_who_cannot_be_reached(caplog):
    def fail():
        raise ConnectionError("the session store is down")

    request = RequestFactory().get("/")
    request.user = SimpleLazyObject(fail)
    serve(request)
    assert last().actor_repr == "unknown: the user could not be read"
    assert "could not be read" in caplog.text


def test_user_whose_backend_writes(ann):
    def load():
        Author.objects.create(name="last seen")
        return ann

    request = RequestFactory().get("/")
    request.user = SimpleLazyObject(load)
    serve(request)
    seen, done = entries(action="author.create")
    assert (seen.actor_type, seen.actor_repr) == (
        "anonymous",
        "unknown: the user was being read",
    )
    assert done.actor == ann


def test_context_inside_a_request(ann):
    def view(request):
        with audit_log.context(actor="importer", remote_addr="203.0.113.9"):
            write()
        return HttpResponse()

    request = RequestFactory().get("/")
    request.user = ann
    serve(request, view)
    assert (last().actor_repr, last().remote_addr) == ("importer", "203.0.113.9")
    assert last().metadata["path"] == "/"


def test_request_ends_with_an_exception():
    def view(request):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        serve(RequestFactory().get("/"), view)
    assert write().actor_type == "system"


@pytest.mark.django_db(transaction=True)
def test_async_request(ann):
    request = RequestFactory().get("/")
    request.user = ann

    async def view(request):
        await Author.objects.acreate(name="x")
        return HttpResponse()

    middleware = AuditLogMiddleware(view)
    assert iscoroutinefunction(middleware)
    async_to_sync(middleware)(request)
    assert last().actor == ann
    assert last().remote_addr == "127.0.0.1"


@pytest.mark.django_db(transaction=True)
def test_async_stack_of_middleware(ann):
    async def main():
        client = AsyncClient()
        await client.aforce_login(ann)
        return await client.get("/admin/")

    async_to_sync(main)()
    assert last().action == "user.log_in"


@pytest.mark.parametrize(
    ("count", "forwarded", "remote", "expected"),
    [
        (0, "198.51.100.1", "10.0.0.1", "10.0.0.1"),
        (1, "198.51.100.1", "10.0.0.1", "198.51.100.1"),
        (1, "6.6.6.6, 198.51.100.1", "10.0.0.1", "198.51.100.1"),
        (2, "6.6.6.6, 198.51.100.1, 10.0.0.2", "10.0.0.1", "198.51.100.1"),
        (3, "198.51.100.1", "10.0.0.1", "198.51.100.1"),
        (1, "", "10.0.0.1", "10.0.0.1"),
        (1, "198.51.100.1:4711", "10.0.0.1", "198.51.100.1"),
        (1, "[2001:db8::1]:4711", "10.0.0.1", "2001:db8::1"),
        (1, "2001:DB8::1", "10.0.0.1", "2001:db8::1"),
        (1, "unknown", "10.0.0.1", None),
        (0, "", "", None),
        (0, "", "fe80::1%eth0", "fe80::1"),
    ],
)
def test_client_address(settings, count, forwarded, remote, expected):
    settings.AUDIT_LOG = {"TRUSTED_PROXY_COUNT": count}
    serve(RequestFactory(REMOTE_ADDR=remote).get("/", HTTP_X_FORWARDED_FOR=forwarded))
    assert last().remote_addr == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"HTTP_X_REQUEST_ID": "req-1.2:3"}, "req-1.2:3"),
        ({"HTTP_X_REQUEST_ID": "x" * 65}, None),
        ({"HTTP_X_REQUEST_ID": "a b"}, None),
        (
            {"HTTP_TRACEPARENT": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
            "4bf92f3577b34da6a3ce929d0e0e4736",
        ),
        ({"HTTP_TRACEPARENT": "nonsense"}, None),
    ],
)
def test_correlation_id_from_outside(settings, headers, expected):
    serve(RequestFactory().get("/", **headers))
    assert last().correlation_id not in headers.values()
    assert len(last().correlation_id) == 20
    settings.AUDIT_LOG = {"TRUST_REQUEST_ID": True}
    serve(RequestFactory().get("/", **headers))
    made = last().correlation_id
    assert made == expected if expected else len(made) == 20


# Log in


def test_log_in_and_out(ann):
    client = Client(REMOTE_ADDR="203.0.113.7")
    assert client.login(username="ann", password="pw")
    client.logout()
    assert client.login(username="ann", password="wrong") is False
    assert actions()[1:] == ["user.log_in", "user.log_out", "user.log_in"]
    entry = last()
    assert (entry.outcome, entry.event_type) == ("failure", "access")
    assert entry.metadata["username"] == entry.target_repr == "ann"
    assert AuditEntry.objects.search("ann").filter(outcome="failure").count() == 1
    assert "wrong" not in str(entry.metadata)


def test_log_in_page_names_the_user(ann, client):
    User.objects.filter(pk=ann.pk)._update([(User._meta.get_field("is_staff"), None, True)])
    response = client.post("/admin/login/", {"username": "ann", "password": "pw"})
    assert response.status_code in {200, 302}
    entry = last()
    assert (entry.action, entry.actor_id, entry.target_id) == ("user.log_in", ann.pk, str(ann.pk))
    assert entry.metadata["path"] == "/admin/login/"
    client.post("/admin/login/", {"username": "ann", "password": "nope"})
    assert last().actor_id in {ann.pk, None}
    assert last().outcome == "failure"


HOSTILE = {
    "nul": ("a\0b", "ab"),
    "long": ("x" * 1_000_000, "x" * 254 + "…"),
    "formula": ("=1+1", "=1+1"),
    "lines": ("ann\r\nroot logged in", "ann\r\nroot logged in"),
    "an object": ({"name": ["ann"]}, "{'name': ['ann']}"),
    "a number": (7, "7"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_names_that_nobody_has(kind):
    given, told = HOSTILE[kind]
    with suppress(DatabaseError), transaction.atomic():  # PostgreSQL refuses a NUL
        assert authenticate(username=given, password="hush") is None
    if not entries():
        assert (kind, connection.vendor) == ("nul", "postgresql")
        return
    assert (last().target_repr, last().metadata["username"]) == (told, told)
    assert "hush" not in str(AuditEntry.objects.values_list())


def test_name_that_is_an_address(monkeypatch):
    """As backends take it that know people by their address."""
    signals.user_login_failed.send(
        sender=None, credentials={"email": "ann@example.com", "password": "hush"}
    )
    assert last().target_repr == "ann@example.com"
    signals.user_login_failed.send(sender=None, credentials={"code": "1234"})
    assert (last().target_repr, last().metadata["username"]) == ("", "")


# Streaming


def test_body_that_is_made_later(ann):
    def body():
        yield b"a"
        write()
        yield b"b"

    request = RequestFactory().get("/")
    request.user = ann
    response = serve(request, lambda request: StreamingHttpResponse(body()))
    assert current() is journal_context.OUTSIDE
    assert b"".join(response.streaming_content) == b"ab"
    assert last().actor == ann


@pytest.mark.django_db(transaction=True)  # a connection that is used no more is closed
def test_body_whose_client_goes_away(ann):
    def body():
        try:
            yield b"a"
            yield b"b"
        finally:
            write()

    request = RequestFactory().get("/")
    request.user = ann
    response = serve(request, lambda request: StreamingHttpResponse(body()))
    assert next(iter(response.streaming_content)) == b"a"
    response.close()
    assert current() is journal_context.OUTSIDE
    assert last().actor == ann


def test_file_is_left_to_the_server_to_send(tmp_path):
    """``wsgi.file_wrapper`` needs the file itself."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"a")
    with path.open("rb") as file:
        response = serve(RequestFactory().get("/"), lambda request: FileResponse(file))
        assert response.file_to_stream is file
        assert b"".join(response.streaming_content) == b"a"


def test_asynchronous_body_that_is_made_later(ann):
    async def body():
        yield b"a"
        await Author.objects.acreate(name="x")
        yield b"b"

    async def main():
        request = RequestFactory().get("/")
        request.user = ann

        async def view(request):
            return StreamingHttpResponse(body())

        response = await AuditLogMiddleware(view)(request)
        return [chunk async for chunk in response.streaming_content]

    assert async_to_sync(main)() == [b"a", b"b"]
    assert last().actor == ann


# Impersonation


def test_somebody_acts_as_somebody_else(ann):
    bea = User.objects.create(username="bea")

    def view(request):
        with audit_log.context(actor=bea):
            write()
        return HttpResponse()

    request = RequestFactory().get("/")
    request.user = ann
    serve(request, view)
    assert last().actor == bea
    assert last().metadata["impersonator"] == {
        "id": str(ann.pk),
        "repr": "Ann Lee <ann@example.com>",
    }
    request.user = bea
    request.impersonator = ann
    serve(request)
    assert last().metadata["impersonator"]["id"] == str(ann.pk)
    del request.impersonator
    serve(request)
    assert "impersonator" not in last().metadata


# Commands and tasks


def test_management_command():
    call_command("createsuperuser", username="root", email="r@x.org", interactive=False)
    entry = last()
    assert (entry.action, entry.actor_type, entry.actor_repr) == (
        "user.create",
        "command",
        "createsuperuser",
    )
    assert entry.metadata == {"command": "createsuperuser"}
    assert entry.changes["is_superuser"] == {"old": None, "new": True}
    assert entry.correlation_id
    with audit_log.context(actor="importer"):
        call_command("createsuperuser", username="too", email="r@x.org", interactive=False)
    assert (last().actor_repr, last().metadata) == ("importer", {"command": "createsuperuser"})


def test_background_task(settings, ann):
    tasks = pytest.importorskip("django.tasks", reason="django.tasks came with Django 6.0")
    settings.TASKS = {"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}}
    task = tasks.task(make_author)
    result = task.enqueue()
    assert result.status == "SUCCESSFUL", result.errors
    assert (last().actor_type, last().correlation_id) == ("task", result.id)
    assert last().actor_repr == "tests.journal.test_context.make_author"
    with audit_log.context(actor=ann):
        task.enqueue()
    assert last().actor == ann


def make_author():
    Author.objects.create(name="x")


# What a security reviewer expects


def test_changes_of_rights(ann):
    group = Group.objects.create(name="staff")
    permission = Permission.objects.first()

    def told(**values):
        for name, value in values.items():
            setattr(ann, name, value)
        ann.save()
        return last().action

    assert told(is_superuser=True) == "user.make_superuser"
    assert told(is_superuser=False, is_staff=True) == "user.unmake_superuser"
    assert told(is_staff=False) == "user.unmake_staff"
    assert told(is_active=False) == "user.deactivate"
    assert told(is_active=True) == "user.activate"
    ann.groups.add(group)
    assert last().action == "user.add_to_group"
    ann.user_permissions.add(permission)
    assert last().action == "user.add_permission"
    group.permissions.add(permission)
    assert last().action == "group.add_permission"
    assert last().changes["permissions"]["added"][0]["repr"] == str(permission)
    assert str(catalogue.label_of("user.make_superuser")) == "User made superuser"


def test_change_of_password(ann, settings):
    ann.set_password("new")
    ann.save()
    assert (last().action, last().changes) == (
        "user.change_password",
        {"password": {"masked": True}},
    )
    assert "new" not in str(last().metadata)
    User.objects.update(password="!")
    assert last().action == "user.change_password"
    # A log in that only stores a newer hash of the same password is no such change.
    ann.set_password("pw")
    ann.save()
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    assert User.objects.get(pk=ann.pk).check_password("pw")
    assert last().action == "user.update"


def test_password_that_is_changed_once_more(ann, settings):
    """What an earlier change leaves on the instance does not hide the next one."""
    ann.set_password("new")
    ann.save()
    for again in (make_password("newer"), "no hash"):
        ann.password = again
        ann.save(update_fields=["password"])
        assert last().action == "user.change_password"
    ann.set_password("newest")
    ann.save()
    count = AuditEntry.objects.count()
    ann.set_unusable_password()
    ann.save()
    ann.password = make_password("at last")
    ann.save()
    assert actions()[count:] == ["user.change_password"] * 2
