"""Who sees which entries, on every surface that the example has."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from audit_log.models import AuditEntry
from example_project import settings as example
from example_project.visibility import tenants_of
from tests.example.systems.flows import Company
from tests.example.systems.licensing import Platform
from tests.example.systems.tracker import Tracker
from tests.example.systems.workspaces import Team

pytestmark = [pytest.mark.django_db, pytest.mark.urls("example_project.urls")]
ENTRIES = "/api/audit-log/entries/"
ALL = {"", "tracker", "workspaces:brightside", "licensing", "flows:harbor"}


@pytest.fixture
def people(settings: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, User]:
    """All four systems in use, each by somebody of its own, and others."""
    settings.AUDIT_LOG = example.AUDIT_LOG
    found: dict[str, User] = {}
    for world in (Tracker, Team, Platform, Company):
        # Every world has the same person, and most the same colleague.
        User.objects.filter(username="mara").update(username=f"mara-{len(found)}")
        User.objects.filter(username="ravi").update(username=f"ravi-{len(found)}")
        found[world.__name__] = world().account
    found["reader"] = User.objects.create_user("reader", is_staff=True)
    found["reader"].user_permissions.add(Permission.objects.get(codename="view_auditentry"))
    found["root"] = User.objects.create_superuser("root")
    found["nobody"] = User.objects.create_user("nobody", is_staff=True)
    return found


SEES = {
    "Tracker": {"tracker"},
    "Team": {"workspaces:brightside"},
    "Platform": {"licensing"},
    "Company": {"flows:harbor"},
    "reader": ALL,
    "root": ALL,
    "nobody": set(),
}


@pytest.mark.parametrize("who", SEES)
def test_everybody_sees_what_is_theirs(people: dict[str, User], who: str) -> None:
    client = Client()
    client.force_login(people[who])
    sees = set(AuditEntry.objects.filter(tenant__in=SEES[who]).values_list("pk", flat=True))
    others = AuditEntry.objects.exclude(pk__in=sees).values_list("pk", flat=True)

    listed = client.get(f"{ENTRIES}?page_size=200").json()
    assert listed["count"] == len(sees)
    for tenant in ALL - {""}:
        count = client.get(f"{ENTRIES}?tenant={tenant}").json()["count"]
        assert bool(count) == (tenant in SEES[who])
    for pk in [*sees][:1]:
        assert client.get(f"{ENTRIES}{pk}/").status_code == 200
    for pk in others[:3]:
        assert client.get(f"{ENTRIES}{pk}/").status_code == 404
    before = timezone.now().replace(tzinfo=None)
    for name in ("export.csv", "export.jsonl"):
        # Without the entry that the export before has left.
        url = f"{ENTRIES}{name}?occurred_before={before.isoformat()}"
        lines = b"".join(client.get(url).streaming_content).decode().splitlines()
        assert len(lines) == len(sees) + name.endswith("csv")


def test_nobody_who_is_not_logged_in_sees_anything(people: dict[str, User]) -> None:
    assert Client().get(ENTRIES).status_code in {401, 403}
    assert tenants_of(Client().get("/").wsgi_request.user) == []


def test_who_loses_the_role_loses_the_log(people: dict[str, User]) -> None:
    assert tenants_of(people["Team"]) == ["workspaces:brightside"]
    people["Team"].memberships.get().change_role("member")
    assert tenants_of(people["Team"]) == []
    people["Company"].acl_rules.get().delete()
    assert tenants_of(people["Company"]) == []
    people["Platform"].platform_user.delete()
    assert tenants_of(User.objects.get(pk=people["Platform"].pk)) == []
