"""Team workspaces beyond their single actions: each team sees its own, keys and invitations."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from audit_log.models import AuditEntry
from audit_log.retention.rules import Rules
from example_project import settings as example
from example_project.workspaces import models
from tests.example.systems.common import ADDRESS
from tests.example.systems.workspaces import TOKEN, Team

pytestmark = [pytest.mark.django_db, pytest.mark.urls("example_project.urls")]
PROJECTS = "/api/workspaces/brightside/projects/"


@pytest.fixture(autouse=True)
def as_in_the_example(settings: Any) -> None:
    settings.AUDIT_LOG = example.AUDIT_LOG


@pytest.fixture
def team() -> Team:
    return Team()


@pytest.fixture
def stranger(team: Team) -> Client:
    """The owner of another workspace."""
    account = get_user_model().objects.create_user("nils", "nils@north.example")
    models.Workspace.open("Northwind", "northwind", account)
    client = Client()
    client.force_login(account)
    return client


def said(entry: AuditEntry) -> str:
    return f"{entry.changes} {entry.target_repr} {entry.target_id} {entry.metadata} {entry.reason}"


def test_the_key_is_nowhere_in_the_log(team: Team) -> None:
    answer = team.client.post(team.url("apikey-create"), {"name": "Build", "scope": "write"})
    key = answer.context["key"]
    assert key in answer.text
    assert answer["Cache-Control"] == "no-store"
    row = models.ApiKey.objects.get()
    assert key not in {row.prefix, row.digest}
    team.post("apikey-action", row.pk, "revoke")
    row.delete()
    entries = AuditEntry.objects.filter(action__startswith="api_key.")
    assert entries.count() == 3
    for entry in AuditEntry.objects.all():
        assert key not in said(entry)
        assert row.digest not in said(entry)
    for page in ("apikey-list", "settings"):
        assert key not in team.client.get(team.url(page)).text


def test_what_a_program_does_is_done_by_its_key(team: Team) -> None:
    api_key = models.ApiKey(workspace=team.workspace, name="Build server", scope="write")
    key = api_key.issue()
    client = Client(REMOTE_ADDR=ADDRESS)
    call = {"content_type": "application/json", "headers": {"Authorization": f"Bearer {key}"}}
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    assert client.post(PROJECTS, {"name": "From afar"}, **call).status_code == 201

    entry = AuditEntry.objects.exclude(pk__in=before).get()
    assert (entry.actor_type, entry.actor_id) == ("token", None)
    assert entry.actor_repr == f"Build server ({key[:8]}…)"
    assert (entry.action, entry.tenant) == ("project.create", "workspaces:brightside")
    assert models.ApiKey.objects.get().last_used_at is not None
    assert key not in said(entry)

    models.ApiKey.objects.update(scope="read")
    assert client.get(PROJECTS, **call).status_code == 200
    assert client.post(PROJECTS, {"name": "Another"}, **call).status_code == 403
    models.ApiKey.objects.get().revoke()
    answer = client.get(PROJECTS, **call)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")


def test_a_key_opens_its_own_workspace_alone(team: Team, stranger: Client) -> None:
    key = models.ApiKey(workspace=team.workspace, name="Build", scope="write").issue()
    headers = {"Authorization": f"Bearer {key}"}
    answer = Client().get("/api/workspaces/northwind/projects/", headers=headers)
    assert answer.status_code == 404


def test_to_others_the_workspace_is_not_there(team: Team, stranger: Client) -> None:
    for page in ("project-list", "member-list", "settings", "apikey-list", "plan"):
        assert stranger.get(team.url(page)).status_code == 404
    assert stranger.get(team.project.get_absolute_url()).status_code == 404
    assert stranger.get(PROJECTS).status_code == 404
    other = f"/workspaces/northwind/projects/{team.project.pk}/"
    assert stranger.get(other).status_code == 404
    assert "Brightside" not in stranger.get("/workspaces/").text


def test_guests_look_on(team: Team) -> None:
    team.member.change_role("guest")
    assert team.client.get(team.url("project-list")).status_code == 200
    team.rest("get", PROJECTS)
    for page in ("project-create", "member-create", "settings", "apikey-list"):
        assert team.client.get(team.url(page)).status_code == 403
    team.rest("post", PROJECTS, {"name": "New"}, 403)
    page = team.client.get(team.project.get_absolute_url()).text
    assert "audit-log-history" not in page


def test_administrators_see_the_history_below_each_page(team: Team) -> None:
    key = team.api_key()
    team.post("apikey-action", key.pk, "revoke")
    for page, label in (
        (key.get_absolute_url(), "API key revoked"),
        (team.project.get_absolute_url(), "Project created"),
        (team.member.get_absolute_url(), "Member joined"),
        (team.url("settings"), "Settings created"),
    ):
        assert label in team.client.get(page).text


def test_invitation_is_accepted_once(team: Team) -> None:
    team.post("member-create", email="ravi@team.example", role="member")
    member = models.Member.objects.get(email="ravi@team.example")
    token = member.invitation_token
    link = f"/workspaces/join/?token={token}"
    assert link in team.client.get(member.get_absolute_url()).text

    ravi = get_user_model().objects.create_user("ravi", "ravi@team.example")
    client = Client()
    client.force_login(ravi)
    assert client.get(team.url("project-list")).status_code == 404
    assert "Join Brightside" in client.get(link).text
    assert client.post("/workspaces/join/", {"token": token}).status_code == 302
    assert client.get(team.url("project-list")).status_code == 200

    entry = AuditEntry.objects.get(action="member.join", actor=ravi)
    assert entry.tenant == "workspaces:brightside"
    assert entry.changes["user"] == {"old": None, "new": ravi.pk, "new_repr": "ravi"}
    assert entry.changes["invitation_token"] == {"masked": True}
    assert set(entry.references.values_list("target_type", flat=True)) == {"auth.user"}
    assert not any(token in said(entry) for entry in AuditEntry.objects.all())
    assert client.get(link).status_code == 404
    assert client.get("/workspaces/join/").status_code == 404


def test_who_is_in_already_does_not_join_again(team: Team) -> None:
    member = models.Member.objects.create(workspace=team.workspace, email="again@team.example")
    team.client.post("/workspaces/join/", {"token": member.invitation_token})
    member.refresh_from_db()
    assert member.joined_at is None


def test_the_last_owner_stays(team: Team) -> None:
    owner = models.Member.objects.get(role="owner")
    team.post("member-delete", owner.pk)
    team.post("member-role", owner.pk, role="guest")
    owner.refresh_from_db()
    assert owner.role == "owner"
    team.post("member-role", team.member.pk, role="owner")
    team.post("member-delete", owner.pk)
    assert AuditEntry.objects.filter(action="member.change_role").count() == 1
    assert AuditEntry.objects.filter(action="member.remove").count() == 1


def test_invitations_follow_the_settings(team: Team) -> None:
    team.edit("settings", allowed_domains='["team.example"]', allows_guests="")
    url = team.url("member-create")
    elsewhere = team.client.post(url, {"email": "x@elsewhere.example", "role": "member"})
    assert "other domains only" in elsewhere.text
    guest = team.client.post(url, {"email": "x@team.example", "role": "guest"})
    assert "allow no guests" in guest.text
    twice = team.client.post(url, {"email": "mara@vendor.example", "role": "member"})
    assert "There is one of this name already." in twice.text
    wrong = team.client.post(team.url("settings"), {"allowed_domains": '{"a": 1}'})
    assert "Write a list of names" in wrong.text


def test_access_token_of_an_integration_is_nowhere(team: Team) -> None:
    team.post("integration-create", provider="chat", account="b", access_token=TOKEN)
    integration = models.Integration.objects.get()
    team.post("integration-delete", integration.pk)
    assert not any(TOKEN in said(entry) for entry in AuditEntry.objects.all())


def test_opening_a_workspace_tells_each_thing_that_is_made(team: Team) -> None:
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    answer = team.client.post("/workspaces/add/", {"name": "Side job", "slug": "side-job"})
    assert answer.status_code == 302
    entries = AuditEntry.objects.exclude(pk__in=before).order_by("id")
    assert [entry.action for entry in entries] == [
        "team_workspace.create",
        "settings.create",
        "member.invite",
        "member.join",
    ]
    assert {entry.tenant for entry in entries} == {"workspaces:side-job"}
    taken = team.client.post("/workspaces/add/", {"name": "Again", "slug": "side-job"})
    assert taken.status_code == 200
    reserved = team.client.post("/workspaces/add/", {"name": "Join", "slug": "join"})
    assert "Choose another address." in reserved.text


def test_plan_says_how_long_the_log_is_kept(team: Team) -> None:
    assert "kept for 30 days" in team.client.get(team.url("settings")).text
    team.post("plan", plan="enterprise")
    assert "kept for good" in team.client.get(team.url("settings")).text
    entry = AuditEntry.objects.get(action="team_workspace.change_plan")
    assert entry.changes == {"plan": {"old": "free", "new": "enterprise"}}
    assert [plan for plan, days in models.team.RETENTION_DAYS.items() if days is None] == [
        "enterprise"
    ]


def test_plan_is_how_long_the_log_is_kept(team: Team) -> None:
    def keeps(tenant: str) -> int | None:
        rules = Rules()
        rule = rules.rule_of(AuditEntry(tenant=tenant, action="project.update"))
        return None if rule is None else rules.days_of(rule, tenant)

    assert keeps("workspaces:brightside") == 30
    team.post("plan", plan="pro")
    assert keeps("workspaces:brightside") == 365
    team.post("plan", plan="enterprise")
    assert keeps("workspaces:brightside") is None
    for other in ("workspaces:nowhere", "licensing", "flows:brightside", ""):
        assert keeps(other) is None


def test_short_addresses_lead_somewhere(team: Team) -> None:
    answer = team.client.get("/workspaces/brightside/")
    assert answer.url == team.url("project-list")
    assert team.client.get("/flows/harbor/").url == "/flows/harbor/flows/"
    assert team.client.get("/licensing/").url == "/licensing/licenses/"


def test_a_workspace_is_not_deleted_in_the_admin(team: Team) -> None:
    team.make_staff()
    url = f"/admin/workspaces/workspace/{team.workspace.pk}/delete/"
    assert team.client.get(url).status_code == 403
