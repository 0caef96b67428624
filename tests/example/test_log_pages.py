"""The log's pages in the example: of everything that a person may see, and of one place alone."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import translation

from audit_log.catalogue import label_of
from audit_log.models import AuditEntry
from audit_log.reading.history import as_of_query
from audit_log.reading.sentences import sentence_of
from example_project import settings as example
from example_project.demo.story import tell
from tests.admin.conftest import make_entry

pytestmark = [pytest.mark.django_db, pytest.mark.urls("example_project.urls")]
BRIGHTSIDE = "/workspaces/brightside/settings/audit-log/"
PLACES = {
    "wanda": {"/audit-log/", BRIGHTSIDE},
    "nils": {"/audit-log/", "/workspaces/northwind/settings/audit-log/"},
    "finn": {"/audit-log/", "/flows/harbor/audit-log/"},
    "support": {
        "/audit-log/",
        BRIGHTSIDE,
        "/workspaces/northwind/settings/audit-log/",
        "/flows/harbor/audit-log/",
    },
}


@pytest.fixture(autouse=True)
def story(settings: Any) -> None:
    settings.AUDIT_LOG = example.AUDIT_LOG
    settings.LOGIN_URL = example.LOGIN_URL
    settings.TEMPLATES = example.TEMPLATES
    tell()


def client_of(username: str) -> Client:
    client = Client()
    client.force_login(get_user_model().objects.get(username=username))
    return client


def test_each_sees_the_log_of_what_they_administer() -> None:
    key = AuditEntry.objects.filter(action="api_key.revoke", tenant="workspaces:brightside").first()
    for username, places in PLACES.items():
        client = client_of(username)
        for place in set.union(*PLACES.values()):
            page = client.get(place)
            assert page.status_code == (200 if place in places else 404), (username, place)
            assert "Four systems" in page.text  # below the example's base template
        sees = username in {"wanda", "support"}
        for path in (f"entries/{key.pk}/", f"objects/{key.target_type}/{key.target_id}/"):
            assert client.get(f"/audit-log/{path}").status_code == (200 if sees else 404)
            assert client.get(BRIGHTSIDE + path).status_code == (200 if sees else 404)
            assert client.get(f"/flows/harbor/audit-log/{path}").status_code == 404


def test_links_stay_in_the_place() -> None:
    page = client_of("wanda").get(BRIGHTSIDE).text
    # It is a page of the workspace's settings.
    assert "<title>Audit log · Brightside</title>" in page
    assert f'<a href="{BRIGHTSIDE}" aria-current="page">Audit</a>' in page
    assert 'href="/workspaces/brightside/members/"' in page
    assert f'href="{BRIGHTSIDE}entries/' in page
    assert f'href="{BRIGHTSIDE}export.csv' in page
    assert 'href="/audit-log/entries/' not in page


def test_a_tenant_s_log_is_a_page_of_the_tenant() -> None:
    page = client_of("finn").get("/flows/harbor/audit-log/").text
    assert "<title>Audit log · Harbor Foods</title>" in page
    assert 'href="/flows/harbor/connectors/"' in page
    assert 'href="/audit-log/"' not in page


def test_the_platform_s_settings_lead_to_its_log() -> None:
    for username in ("mara", "support"):
        client = client_of(username)
        link = re.search(
            r'<a href="([^"]+)">Audit logs</a>', client.get("/licensing/settings/").text
        )
        assert link is not None
        page = client.get(link[1])
        found = page.context["listing"].page
        assert found.count > 100
        assert {entry.tenant for entry in found.entries} == {"licensing"}


def test_who_takes_a_workspace_s_log_is_in_it(settings: Any) -> None:
    settings.MIDDLEWARE = example.MIDDLEWARE
    b"".join(client_of("support").get(f"{BRIGHTSIDE}export.csv"))
    entry = AuditEntry.objects.get(action="audit_log.export")
    assert entry.tenant == "workspaces:brightside"
    page = client_of("wanda").get(BRIGHTSIDE, {"action": "audit_log.export"}).text
    assert "1 entry" in page
    assert f"{BRIGHTSIDE}entries/{entry.pk}/" in page
    # Neither is it in another's log, nor is what is taken elsewhere in this one.
    assert client_of("nils").get(f"/audit-log/entries/{entry.pk}/").status_code == 404
    b"".join(client_of("support").get("/audit-log/export.csv"))
    assert AuditEntry.objects.filter(action="audit_log.export", tenant="").count() == 1


def test_every_action_has_a_sentence() -> None:
    told = {
        entry.action: sentence_of(entry)
        for entry in AuditEntry.objects.filter(outcome="success").order_by("id")
    }
    assert told["api_key.revoke"].startswith("Keiko Mori revoked API key Time sheets")
    assert told["user.add_to_group"] == "Tess Novak added hugo to Finance"
    assert told["license.disable"] == "Mara Lindqvist disabled license L-3008"
    # None is told as "actor: label: target".
    assert [action for action in told if f": {label_of(action)}" in told[action]] == []


def test_failures_are_told_as_such() -> None:
    entry = AuditEntry.objects.filter(action="device.borrow", outcome="failure").first()
    assert sentence_of(entry) == "activation-service: Device borrowed (failed): l-3001-ws2"


def test_everybody_reads_the_log_in_their_own_time(settings: Any) -> None:
    settings.MIDDLEWARE = example.MIDDLEWARE
    key = AuditEntry.objects.filter(action="api_key.revoke", tenant="workspaces:brightside").first()
    # The day before in Los Angeles, and the day after in Auckland.
    late = datetime.datetime(2026, 3, 1, 5, 30, tzinfo=datetime.UTC)
    entry = make_entry(
        occurred_at=late,
        tenant=key.tenant,
        target_type=key.target_type,
        target_id=key.target_id,
    )
    for zone, time, day in (
        ("America/Los_Angeles", "2026-02-28 21:30:00", "2026-02-28"),
        ("Pacific/Auckland", "2026-03-01 18:30:00", "2026-03-01"),
    ):
        client = client_of("wanda")
        answer = client.post(f"/time-zone/?next={BRIGHTSIDE}", {"zone": zone})
        assert (answer.status_code, answer["Location"]) == (302, BRIGHTSIDE)
        page = client.get(BRIGHTSIDE, {"occurred_after": day, "occurred_before": day}).text
        assert f"Time ({zone})" in page
        assert f'<span dir="ltr">{time}</span>' in page
        assert "1 entry" in page
        assert f"{BRIGHTSIDE}entries/{entry.pk}/" in page
        assert time in client.get(f"{BRIGHTSIDE}entries/{entry.pk}/").text
        at = as_of_query(key.target_type, key.target_id, time.replace(" ", "T"))
        page = client.get(f"{BRIGHTSIDE}objects/{key.target_type}/{key.target_id}/{at}").text
        assert f'dir="ltr">{time}</time> ({zone})' in page
    # Elsewhere is not where it leads to, and what is no zone is none.
    answer = client.post("/time-zone/?next=https://example.com/", {"zone": "UTC"})
    assert answer["Location"] == "/"
    assert client.post("/time-zone/", {"zone": "Mars/Olympus"}).status_code == 200
    assert client.get("/time-zone/").context["form"].initial == {"zone": "UTC"}


def test_everybody_reads_the_log_in_their_own_language(settings: Any) -> None:
    settings.MIDDLEWARE = example.MIDDLEWARE
    client = Client()
    client.force_login(get_user_model().objects.get(username="wanda"))
    for language, title in {
        "en-US": "Audit log",
        "de-DE": "Audit-Log",
        "ru": "Журнал аудита",
    }.items():
        with translation.override(None):  # and what held before, afterwards
            answer = client.get(
                "/workspaces/brightside/settings/audit-log/", headers={"accept-language": language}
            )
        page = answer.text
        assert f'<html lang="{language[:2]}"' in page
        assert f">{title}</h1>" in page
