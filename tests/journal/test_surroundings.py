"""Who it was, where code runs: requests of all kinds, pools of threads, workers."""

from __future__ import annotations

import asyncio
import contextvars
import os
import queue
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth import authenticate, get_user_model, login
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, RequestFactory
from django.urls import path
from rest_framework.authentication import (
    BaseAuthentication,
    SessionAuthentication,
    TokenAuthentication,
)
from rest_framework.authtoken.models import Token
from rest_framework.authtoken.views import obtain_auth_token
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

import audit_log
from audit_log.middleware import AuditLogMiddleware
from audit_log.models import AuditEntry
from tests.capture.helpers import actions, close_connections, entries, last
from tests.testapp.models import Author

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls(__name__)]


# Views


class BearerAuthentication(BaseAuthentication):
    """As packages for JSON Web Tokens do it: the user comes from what the token says."""

    def authenticate(self, request: Any) -> Any:
        kind, _, payload = request.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer":
            return None
        if payload == "service":
            return ServiceUser("billing"), payload
        return User.objects.get(username=payload), payload

    def authenticate_header(self, request: Any) -> str:
        return "Bearer"


class ServiceUser:
    """A user that is in no table, as of a token that no user of ours was given."""

    is_authenticated = True
    is_active = True
    is_anonymous = False
    pk = None

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name


class Create(APIView):
    authentication_classes = [BearerAuthentication, TokenAuthentication, SessionAuthentication]

    def post(self, request: Any) -> Response:
        Author.objects.create(name="x")
        return Response(status=201)


def create(request: HttpRequest) -> HttpResponse:
    Author.objects.create(name="x")
    if "fail" in request.GET:
        raise RuntimeError("after the change")
    return HttpResponse()


@transaction.non_atomic_requests
def create_without_transaction(request: HttpRequest) -> HttpResponse:
    return create(request)


def refuse(request: HttpRequest) -> HttpResponse:
    Author.objects.create(name="x")
    transaction.set_rollback(True)
    return HttpResponse(status=400)


class Refuse(APIView):
    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []

    def post(self, request: Any) -> Response:
        Author.objects.create(name="x")
        raise ValidationError("no")


def log_in(request: HttpRequest) -> HttpResponse:
    assert authenticate(request, **request.POST.dict()) is None
    if "answer" in request.GET:
        return HttpResponse()
    Author.objects.create(name="x")
    raise RuntimeError("after the attempt")


def sign_up(request: HttpRequest) -> HttpResponse:
    user = get_user_model().objects.create_user("new", password="pw")
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    Author.objects.create(name="x")
    return HttpResponse()


def leave(request: HttpRequest) -> HttpResponse:
    Author.objects.create(name="before")
    request.user.delete()
    Author.objects.create(name="after")
    return HttpResponse()


urlpatterns = [
    path("api/", Create.as_view()),
    path("token/", obtain_auth_token),
    path("create/", create),
    path("create-without-transaction/", create_without_transaction),
    path("refuse/", refuse),
    path("api/refuse/", Refuse.as_view()),
    path("log-in/", log_in),
    path("sign-up/", sign_up),
    path("leave/", leave),
]


@pytest.fixture
def ann() -> User:
    user = User.objects.create_user("ann", password="pw", first_name="Ann", last_name="Lee")
    AuditEntry.objects.all()._raw_delete("default")
    return user


def actor(entry: AuditEntry) -> tuple[Any, str, str]:
    return entry.actor_id, entry.actor_type, entry.actor_repr


# Authenticated late


def test_bearer_token(ann):
    Client(headers={"Authorization": "Bearer ann"}).post("/api/")
    assert actor(last()) == (ann.pk, "user", "ann")


def test_bearer_token_of_no_user():
    Client(headers={"Authorization": "Bearer service"}).post("/api/")
    assert actor(last()) == (None, "token", "billing")


def test_token(ann):
    token = Token.objects.create(user=ann)
    Client(headers={"Authorization": f"Token {token.key}"}).post("/api/")
    assert actor(last()) == (ann.pk, "user", "ann")


def test_session(ann):
    client = Client()
    client.force_login(ann)
    client.post("/api/")
    assert actor(last()) == (ann.pk, "user", "ann")


def test_token_that_is_given_out(ann):
    """Whoever asks for a token is nobody yet. Whose it is, the entry tells."""
    assert Client().post("/token/", {"username": "ann", "password": "pw"}).status_code == 200
    entry = last()
    assert (entry.action, entry.actor_type) == ("token.create", "anonymous")
    assert entry.changes["user"]["new"] == ann.pk
    assert entry.changes["key"] == {"masked": True}
    assert Token.objects.get().key not in f"{entry.target_id}{entry.target_repr}{entry.changes}"
    # One that is wrong leaves a failed log in, as any other.
    Client().post("/token/", {"username": "ann", "password": "wrong"})
    assert (last().action, last().outcome, last().target_repr) == ("user.log_in", "failure", "ann")


# The user comes and goes


def test_user_who_is_created_by_the_request():
    Client().post("/sign-up/")
    new = User.objects.get()
    assert [(e.action, e.actor_id) for e in entries()] == [
        ("user.create", None),
        ("user.log_in", new.pk),
        ("author.create", new.pk),
    ]


def test_user_who_is_deleted_by_the_request(ann):
    key = ann.pk
    client = Client()
    client.force_login(ann)
    client.post("/leave/")
    told = entries()[1:]
    assert [(e.action, e.actor_repr) for e in told] == [
        ("author.create", "ann"),
        ("user.delete", "ann"),
        ("author.create", "ann"),
    ]
    # With the object its key went; the name stays.
    assert [e.actor_id for e in told[:2]] == [key, key]


# ATOMIC_REQUESTS


@pytest.fixture
def atomic_requests(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)


def test_request_in_a_transaction(atomic_requests):
    client = Client(raise_request_exception=False)
    assert client.post("/create/").status_code == 200
    assert client.post("/create/?fail").status_code == 500
    # What the exception undid is not told.
    assert Author.objects.count() == len(entries()) == 1


def test_transaction_that_the_answer_undoes(atomic_requests):
    """By ``set_rollback()``, as Django REST framework does for what is refused."""
    client = Client()
    assert client.post("/refuse/").status_code == 400
    assert client.post("/api/refuse/").status_code == 400
    assert (Author.objects.count(), entries()) == (0, [])


def test_failed_log_in_whose_transaction_is_undone(atomic_requests, ann):
    """What is refused is rolled back; that it was tried stays, once."""
    wrong = {"username": "ann", "password": "wrong"}
    client = Client(raise_request_exception=False, REMOTE_ADDR="203.0.113.7")
    assert client.post("/token/", wrong).status_code == 400
    assert client.post("/log-in/", wrong).status_code == 500
    assert client.post("/log-in/?answer", wrong).status_code == 200
    told = entries()
    assert [(e.action, e.outcome, e.target_repr) for e in told] == [
        ("user.log_in", "failure", "ann")
    ] * 3
    assert {e.remote_addr for e in told} == {"203.0.113.7"}
    assert [e.metadata["path"] for e in told] == ["/token/", "/log-in/", "/log-in/"]
    assert Author.objects.count() == 0


def test_failed_log_in_of_an_asynchronous_server(atomic_requests, ann):
    async def post() -> Any:
        client = AsyncClient(raise_request_exception=False)
        return await client.post("/log-in/", {"username": "ann", "password": "wrong"})

    assert async_to_sync(post)().status_code == 500
    assert actions() == ["user.log_in"]
    assert not Author.objects.exists()


def test_request_out_of_the_transaction(atomic_requests):
    Client(raise_request_exception=False).post("/create-without-transaction/?fail")
    assert Author.objects.count() == len(entries()) == 1


def test_request_without_a_transaction():
    Client(raise_request_exception=False).post("/create/?fail")
    assert Author.objects.count() == len(entries()) == 1


# Threads


def write(name: str = "x") -> AuditEntry:
    author = Author.objects.create(name=name)
    return AuditEntry.objects.for_object(author).get()


def in_pool(*works: Any) -> list[Any]:
    """Run functions one after another in one thread that is used again and again."""

    with ThreadPoolExecutor(1) as pool:
        try:
            return [pool.submit(work).result() for work in works]
        finally:
            pool.submit(close_connections).result()


def test_thread_that_is_used_for_one_request_after_another(ann):
    bea = User.objects.create_user("bea")

    def serve(user: Any) -> Any:
        def view(request: HttpRequest) -> HttpResponse:
            write()
            return HttpResponse()

        request = RequestFactory().get(f"/{user}")
        request.user = user
        return lambda: AuditLogMiddleware(view)(request)

    in_pool(serve(ann), serve(bea), write)
    told = entries(action="author.create")
    assert [e.actor for e in told] == [ann, bea, None]
    assert [e.metadata.get("path") for e in told] == ["/ann", "/bea", None]
    assert told[0].correlation_id != told[1].correlation_id
    assert told[2].correlation_id == ""


def test_what_a_pool_of_threads_carries_over(ann):
    """Nothing by itself; all by a copy of the context; or what the thread itself says."""

    def by_itself() -> AuditEntry:
        with audit_log.context(actor="worker"):
            return write()

    with audit_log.context(actor=ann, reason="ticket 811"):
        carried = contextvars.copy_context()
        without, with_copy, own = in_pool(write, lambda: carried.run(write), by_itself)
    assert (without.actor_type, without.reason) == ("system", "")
    assert (with_copy.actor, with_copy.reason) == (ann, "ticket 811")
    assert (own.actor_repr, own.reason) == ("worker", "")


def test_what_asynchronous_code_carries_over(ann):
    """``sync_to_async``, tasks and ``asyncio.to_thread``: what held where they were begun."""

    def write_and_close() -> AuditEntry:
        try:
            return write()
        finally:
            close_connections()

    async def work() -> list[AuditEntry]:
        async with audit_log.context(actor=ann, reason="here"):
            task = asyncio.create_task(sync_to_async(write)())
            # One after the other: SQLite's databases in memory do not wait for a lock.
            found = [await task, await sync_to_async(write)()]
            found.append(await asyncio.to_thread(write_and_close))
            bare = await asyncio.get_running_loop().run_in_executor(None, write_and_close)
        return [*found, bare]

    *carried, bare = async_to_sync(work)()
    assert [(e.actor, e.reason) for e in carried] == [(ann, "here")] * 3
    assert (bare.actor, bare.reason) == (None, "")


# Workers


def test_worker_that_runs_one_job_after_another(ann):
    """As Celery's: one thread outside of requests, each job says who asked for it."""
    jobs: queue.Queue[Any] = queue.Queue()

    def run_job(name: str, user_key: Any, correlation_id: str) -> None:
        user = User.objects.filter(pk=user_key).first()
        with audit_log.context(
            actor=user or audit_log.Actor("task", name), correlation_id=correlation_id, task=name
        ):
            write(name)
            if name == "broken":
                raise RuntimeError

    def worker() -> None:
        try:
            while job := jobs.get():
                with suppress(RuntimeError):
                    run_job(*job)
            write("idle")
        finally:
            close_connections()

    for job in (("sync", ann.pk, "a"), ("broken", None, "b"), ("clean", None, "c"), None):
        jobs.put(job)
    thread = threading.Thread(target=worker)
    thread.start()
    thread.join()
    assert [(e.actor_repr, e.actor_type, e.correlation_id, e.metadata) for e in entries()] == [
        ("ann", "user", "a", {"task": "sync"}),
        ("broken", "task", "b", {"task": "broken"}),
        ("clean", "task", "c", {"task": "clean"}),
        ("", "system", "", {}),
    ]


PROCESS = """
import sys
from tests.capture.writer import set_up
set_up(sys.argv[1])
import audit_log
from django.db import connection
from tests.testapp.models import Author
for line in sys.stdin:
    name, user, correlation = line.split()
    from django.contrib.auth.models import User
    with audit_log.context(actor=User.objects.get(pk=user), correlation_id=correlation):
        Author.objects.create(name=name)
    connection.close()
print("done")
"""


def test_worker_process(ann):
    """The key of the user and the correlation id go with the job, to another process."""
    if connection.vendor == "sqlite":
        pytest.skip("a database in memory has one process")
    done = subprocess.run(
        [sys.executable, "-c", PROCESS, str(connection.settings_dict["NAME"])],
        cwd=Path(__file__).parents[2],
        env=os.environ,
        input=f"one {ann.pk} abc\ntwo {ann.pk} def\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "done\n", done.stderr
    assert [(e.actor, e.correlation_id) for e in entries()] == [(ann, "abc"), (ann, "def")]


# Commands


def test_command_that_changes_a_password(ann, monkeypatch):
    monkeypatch.setattr("getpass.getpass", lambda prompt="": "a new passw0rd!")
    call_command("changepassword", "ann", stdout=StringIO())
    entry = last()
    assert (entry.action, entry.actor_type, entry.actor_repr) == (
        "user.change_password",
        "command",
        "changepassword",
    )
    assert entry.changes == {"password": {"masked": True}}
    assert "passw0rd" not in str(AuditEntry.objects.values_list())


def test_command_that_creates_a_superuser(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a new passw0rd!")
    call_command("createsuperuser", username="root", email="r@x.org", interactive=False)
    assert last().changes["password"] == {"masked": True}
    assert actions() == ["user.create"]


def test_command_that_writes_a_row_a_job(ann):
    """A worker that is a command: its jobs have an id each, where they say so."""
    from django.core.management.base import BaseCommand

    class Worker(BaseCommand):
        def handle(self, **options: Any) -> None:
            write("start")
            for number in range(2):
                with audit_log.context(correlation_id=f"job {number}"):
                    write(str(number))

    call_command(Worker())
    told = entries()
    assert {e.actor_type for e in told} == {"command"}
    assert [e.correlation_id for e in told[1:]] == ["job 0", "job 1"]
    assert told[0].correlation_id not in {"", "job 0", "job 1"}
