"""The demonstration: a past made through the real API, and pages that all work."""

from __future__ import annotations

import io
import socket
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse

from audit_log.models import AuditEntry
from example_project.demo.management.commands import demo as command
from example_project.demo.story import tell
from example_project.languages.models import Language
from example_project.licensing import models
from tests.example.systems.records import RECORDS

pytestmark = [pytest.mark.django_db, pytest.mark.urls("example_project.urls")]


def run(**options: Any) -> str:
    out = io.StringIO()
    call_command("demo", no_server=True, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def told() -> str:
    return run()


def test_history_is_lively(told: str) -> None:
    entries = AuditEntry.objects.all()
    assert entries.count() >= 150
    assert f"The audit log has {entries.count()} entries" in told

    actions = set(entries.values_list("action", flat=True))
    assert {record.action for record in RECORDS if record.system == "C"} - actions == set()
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
    client = Client()
    assert client.login(username="admin", password=command.PASSWORD)
    places = command.places()
    assert [what for what, _where in places] == [
        "What is where",
        "The whole log, in the admin",
        "A license with its table",
        "A deleted license's history",
        "The REST API",
    ]
    for what, where in places:
        assert f"{what.ljust(30)}http://127.0.0.1:8000{where}" in told
        answer = client.get(where)
        assert answer.status_code == 200, where
    gone = client.get(places[3][1]).content.decode()
    assert "License deleted" in gone
    assert "fraud, contract ended" in gone or "L-3010" in gone


def pages() -> list[str]:
    """Every page of the platform, of one object of each kind."""
    found = [reverse("home"), reverse("login"), reverse("licensing:settings")]
    kinds: dict[str, Any] = {
        "product": models.Product,
        "customer": models.Customer,
        "order": models.Order,
        "license": models.License,
        "platformuser": models.PlatformUser,
        "template": models.PermissionTemplate,
        "policy": models.NotificationPolicy,
    }
    for name, model in kinds.items():
        key = model.objects.order_by("pk").first().pk
        found += [reverse(f"licensing:{name}-{page}") for page in ("list", "create")]
        found += [
            reverse(f"licensing:{name}-{page}", args=[key])
            for page in ("detail", "update", "delete")
        ]
    license = models.License.objects.get(number="L-3001").pk
    found += [
        reverse(f"licensing:license-{page}", args=[license])
        for page in ("features", "assign-user", "unassign-user", "use")
    ]
    found += [
        reverse(f"licensing:{part}-create", args=[license]) for part in ("customfield", "device")
    ]
    order, device = models.Order.objects.first().pk, models.Device.objects.first().pk
    found += [
        reverse(f"licensing:order-{page}", args=[order])
        for page in ("add-manager", "remove-manager")
    ]
    found += [reverse(f"licensing:device-{page}", args=[device]) for page in ("borrow", "update")]
    language = Language.objects.create(name="Ada", extensions=[".ads"]).pk
    found += [
        reverse("languages:language-list"),
        reverse("languages:language-detail", args=[language]),
        reverse("licensing:product-list") + "?archived",
        reverse("licensing:license-create") + f"?order={order}",
    ]
    return found


@pytest.mark.parametrize("username", ["admin", "support"])
def test_every_page_answers(told: str, username: str) -> None:
    client = Client()
    client.login(username=username, password=command.PASSWORD)
    answers = {url: client.get(url) for url in pages()}
    codes = {url: answer.status_code for url, answer in answers.items()}
    assert set(codes.values()) <= {200, 403}
    if username == "admin":
        assert set(codes.values()) == {200}
    else:
        assert codes[reverse("licensing:license-list")] == 200
        assert codes[reverse("licensing:product-create")] == 403
    for url, answer in answers.items():
        page = answer.content.decode()
        if answer.status_code == 200:
            assert "<script>" not in page, url
            assert "style=" not in page, url


def test_home_page_is_for_everybody(told: str) -> None:
    assert "Log in" in Client().get(reverse("home")).content.decode()


def test_only_two_people_can_log_in(told: str) -> None:
    accounts = get_user_model().objects.all()
    assert sorted(a.username for a in accounts if a.has_usable_password()) == ["admin", "support"]


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
