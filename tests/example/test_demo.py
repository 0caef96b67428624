"""The demonstration: a past made through the real API, and pages that all work."""

from __future__ import annotations

import io
import re
import socket
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse

from audit_log.models import AuditEntry
from example_project import settings as example
from example_project.demo.guide import surfaces, tours
from example_project.demo.management.commands import demo as command
from example_project.demo.story import MAY_LOG_IN, PASSWORD, tell
from example_project.flows import urls as flows_urls
from example_project.flows.models import Person
from example_project.languages.models import Language
from example_project.licensing import models
from example_project.licensing import urls as licensing_urls
from example_project.tracker import urls as tracker_urls
from example_project.workspaces import urls as workspaces_urls
from tests.example.systems.records import RECORDS

pytestmark = [pytest.mark.django_db, pytest.mark.urls("example_project.urls")]


def run(**options: Any) -> str:
    out = io.StringIO()
    call_command("demo", no_server=True, stdout=out, **options)
    return out.getvalue()


@pytest.fixture(autouse=True)
def as_in_the_example(settings: Any) -> None:
    settings.AUDIT_LOG = example.AUDIT_LOG


@pytest.fixture
def told() -> str:
    return run()


def test_history_is_lively(told: str) -> None:
    entries = AuditEntry.objects.all()
    assert entries.count() >= 150
    assert f"The audit log has {entries.count()} entries" in told

    actions = set(entries.values_list("action", flat=True))
    assert {record.action for record in RECORDS} - actions == set()
    assert {"success", "failure"} == set(entries.values_list("outcome", flat=True))

    people = entries.filter(actor_type="user").values_list("actor_repr", flat=True)
    assert len(set(people)) >= 5
    assert "Ada Berg <ada.berg@vendor.example>" in people
    addresses = set(entries.exclude(remote_addr=None).values_list("remote_addr", flat=True))
    assert len(addresses) >= 5
    assert entries.exclude(reason="").count() >= 40
    assert len(set(entries.values_list("correlation_id", flat=True))) >= 50

    times = sorted(entries.values_list("occurred_at", flat=True))
    assert times[-1] - times[0] > timedelta(days=50)
    # Made later under earlier dates, and honest about that.
    assert all("recorded_at" in entry.metadata for entry in entries)
    in_order = entries.order_by("id").values_list("occurred_at", flat=True)
    assert list(in_order) == times


def test_some_of_it_is_over_and_some_soon(told: str) -> None:
    out = io.StringIO()
    call_command("prune_audit_log", dry_run=True, database=["default"], stdout=out)
    due = re.search(r"(\d+) entries would be removed", out.getvalue())
    assert due is not None
    assert int(due[1]) > 0
    soon = b"".join(logged_in("signe").get("/workspaces/lantern/settings/audit-log/expiring.csv"))
    rows = soon.decode().splitlines()
    assert len(rows) > 2
    assert all(",workspaces:lantern," in row for row in rows[1:])


def test_second_run_adds_nothing(told: str) -> None:
    before = AuditEntry.objects.count()
    again = run()
    assert "there already" in again
    assert AuditEntry.objects.count() == before


def test_every_telling_is_the_same() -> None:
    def telling() -> list[Any]:
        with transaction.atomic():
            tell()
            content = [
                *AuditEntry.objects.order_by("id").values_list(
                    "occurred_at", "action", "actor_repr", "target_repr", "remote_addr", "reason"
                ),
                *models.License.objects.order_by("number").values_list("number", "key"),
            ]
            transaction.set_rollback(True)
        assert not AuditEntry.objects.exists()
        return content

    assert telling() == telling()


def test_every_place_that_is_printed_answers(told: str) -> None:
    found = tours()
    assert len(found) == 4
    for tour in found:
        assert len(tour.places) == 2
        for username, _sees in tour.logins:
            assert f"log in: {username} / {PASSWORD}" in told
        # The first of them may see all of it, but for what is in the admin.
        client = logged_in(tour.logins[0][0])
        for what, where in [(tour.title, tour.home), *tour.places]:
            assert what == tour.title or f"  {what!s:<34}http://127.0.0.1:8000{where}" in told
            if not where.startswith("/admin/"):
                answer = client.get(where)
                assert answer.status_code == 200, where
                assert "audit-log-history" in answer.text or what in CAN_BE_WITHOUT
    admin = logged_in("admin")
    for _what, where in surfaces():
        assert admin.get(where).status_code == 200, where
    gone = admin.get(dict(found[2].places)["A deleted license's history"]).text
    assert "License deleted" in gone
    assert "fraud, contract ended" in gone


CAN_BE_WITHOUT = {
    "Get Audit Log",
    "The door of its users",
    "Tracker",
    "Team workspaces",
    "Licensing platform",
    "Flow automation",
}


def test_token_is_given_as_it_is_printed(told: str) -> None:
    (command,) = re.findall(r"curl -d '(\S+)' http://127.0.0.1:8000(\S+)", told)
    answer = Client().post(command[1], dict(parse_qsl(command[0])))
    token = answer.json()["token"]
    licenses = Client().get("/api/licenses/", headers={"Authorization": f"Token {token}"})
    assert len(licenses.json()) == models.License.objects.count()


def logged_in(username: str) -> Client:
    client = Client()
    assert client.login(username=username, password=PASSWORD)
    return client


FOR_EVERYBODY = (
    "/",
    "/login/",
    "/flows/",
    "/flows/harbor/login/",
    "/languages/",
    "/workspaces/",
    "/workspaces/add/",
)


def pages() -> list[str]:
    """Every page that needs no more than an object's key, of one object of each kind.

    Made of the addresses themselves, so that a new page is tested, too.
    """
    language = Language.objects.create(name="Ada", extensions=[".ads"]).pk
    found = [
        *FOR_EVERYBODY,
        reverse("languages:language-detail", args=[language]),
        reverse("licensing:product-list") + "?archived",
    ]
    for system in (tracker_urls, workspaces_urls, licensing_urls, flows_urls):
        for pattern in system.urlpatterns:
            wanted = pattern.pattern.converters.keys()
            name = f"{system.app_name}:{pattern.name}"
            if "action" in wanted or name in {"workspaces:join", "flows:login"}:
                continue
            if pattern.name is None:  # leads to one of the others
                continue
            options = pattern.callback.view_initkwargs
            arguments = {"workspace": "brightside", "tenant": "harbor"}
            if "pk" in wanted:
                model = options.get("parent") or options["model"]
                arguments["pk"] = key_of(model)
            found.append(reverse(name, kwargs={word: arguments[word] for word in wanted}))
    return list(dict.fromkeys(found))


def key_of(model: Any) -> Any:
    """Of the first object of the model that belongs to the workspace or the tenant."""
    objects = model._default_manager.order_by("pk")
    if model is Person:
        objects = objects.filter(flow_tenants__slug="harbor")
    elif hasattr(model, "tenant"):
        objects = objects.filter(tenant__slug="harbor")
    elif model._meta.app_label == "workspaces":
        objects = objects.filter(workspace__slug="brightside")
    return objects.first().pk


@pytest.mark.parametrize("username", ["admin", "support", "tess", "wanda", "finn"])
def test_every_page_answers(told: str, username: str) -> None:
    client = logged_in(username)
    answers = {url: client.get(url) for url in pages()}
    assert len(answers) > 130
    codes = {url: answer.status_code for url, answer in answers.items()}
    if username == "admin":
        assert {url: code for url, code in codes.items() if code != 200} == {}
    else:
        open_to_them = {url for url, code in codes.items() if code == 200} - {*FOR_EVERYBODY}
        assert {url.split("/")[1] for url in open_to_them} == {HOME_OF[username], "languages"}
        assert set(codes.values()) <= {200, 403, 404}
    for url, answer in answers.items():
        if answer.status_code == 200:
            assert "<script>" not in answer.text, url
            assert "style=" not in answer.text, url


def test_every_page_of_the_admin_answers(told: str) -> None:
    client = logged_in("admin")
    models_there = [
        model
        for model in admin.site._registry
        if model._meta.app_label in {"tracker", "workspaces", "licensing", "flows"}
    ]
    assert len(models_there) >= 30
    for model in models_there:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        key = model._default_manager.order_by("pk").first().pk
        addresses = [reverse(f"{name}_changelist")]
        addresses += [reverse(f"{name}_{page}", args=[key]) for page in ("change", "history")]
        codes = {url: client.get(url).status_code for url in addresses}
        assert set(codes.values()) == {200}, codes


HOME_OF = {"support": "licensing", "tess": "tracker", "wanda": "workspaces", "finn": "flows"}


def test_home_page_is_for_everybody(told: str) -> None:
    assert "Log in" in Client().get(reverse("home")).content.decode()


def test_home_page_of_systems_that_nobody_has_used() -> None:
    answer = Client().get(reverse("home"))
    assert answer.status_code == 200
    assert "Flow automation" in answer.text
    assert "wanda</code></dt>" not in answer.text


def test_only_those_can_log_in_whom_the_guide_names(told: str) -> None:
    accounts = get_user_model().objects.all()
    named = {username for tour in tours() for username, _sees in tour.logins}
    usable = {a.username for a in accounts if a.has_usable_password()}
    assert usable == {*named, "admin"} == set(MAY_LOG_IN)


def test_taken_port_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind((command.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert command.free_port(port) > port


def test_server_starts_on_the_free_port(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[Any, ...]] = []

    def instead(name: str, *args: Any, **options: Any) -> None:
        calls.append((name, *args, options))

    monkeypatch.setattr(command, "call_command", instead)
    monkeypatch.setattr(command, "free_port", lambda wanted: wanted + 1)
    out = io.StringIO()
    call_command("demo", port=8123, stdout=out)
    assert calls[-1] == ("runserver", "127.0.0.1:8124", {"use_reloader": False})
    assert "Port 8123 is taken; using 8124 instead." in out.getvalue()
    assert "http://127.0.0.1:8124/" in out.getvalue()
