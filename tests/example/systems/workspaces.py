"""B: team workspaces, by their forms, the admin and REST."""

from __future__ import annotations

from django.contrib.auth import get_user_model

from example_project.workspaces import models
from tests.example.systems.common import (
    Expected,
    Performers,
    Steps,
    World,
    gone,
    masked,
    moment,
    moved,
    named,
    set_to,
    was,
)

performs = Performers()
TOKEN = "never-to-be-told"


class Team(World):
    """A workspace that the person administers, without being staff of the site."""

    namespace = "workspaces"
    tenant = "workspaces:brightside"
    args = ("brightside",)

    def __init__(self) -> None:
        super().__init__()
        self.owner = get_user_model().objects.create_user("olga", "olga@team.example")
        self.workspace = models.Workspace.open("Brightside", "brightside", self.owner)
        self.member = models.Member.objects.create(
            workspace=self.workspace, email="mara@vendor.example", role="admin"
        )
        self.member.join(self.account)
        self.project = models.Project.objects.create(workspace=self.workspace, name="Web site")

    @property
    def settings(self) -> models.WorkspaceSettings:
        return models.WorkspaceSettings.objects.get(workspace=self.workspace)

    def api_key(self) -> models.ApiKey:
        key = models.ApiKey(workspace=self.workspace, name="Build server", scope="write")
        key.issue("wk_1234567890")
        return key


@performs("settings.update")
def _(p: Team) -> Steps:
    yield None
    p.edit("settings", requires_two_factors=True, allowed_domains='["team.example"]')
    changes = moved("requires_two_factors", False, True)
    yield Expected(p.settings, changes | moved("allowed_domains", [], ["team.example"]))


@performs("settings.update", "admin")
def _(p: Team) -> Steps:
    p.make_staff()
    yield None
    p.edit("admin:workspaces_workspacesettings_change", p.settings.pk, session_hours=4)
    yield Expected(p.settings, moved("session_hours", 12, 4), reason="")


@performs("member.invite")
def _(p: Team) -> Steps:
    yield None
    p.post("member-create", email="ravi@team.example", role="member")
    member = models.Member.objects.get(email="ravi@team.example")
    values = {"workspace": p.workspace.pk, "email": "ravi@team.example", "role": "member"}
    changes = named(set_to(**values), workspace="Brightside")
    yield Expected(member, changes | masked("invitation_token"))


@performs("member.remove")
def _(p: Team) -> Steps:
    ravi = get_user_model().objects.create_user("ravi")
    member = models.Member.objects.create(workspace=p.workspace, email="ravi@team.example")
    member.join(ravi)
    target = gone(member)
    yield None
    p.post("member-delete", member.pk)
    lost = was(
        workspace=p.workspace.pk,
        email="ravi@team.example",
        role="member",
        user=ravi.pk,
        joined_at=moment(member.joined_at),
    )
    changes = named(lost, workspace="Brightside")
    yield Expected(target, changes | masked("invitation_token"), [ravi])


PROJECT = {
    "name": "Spring fair",
    "client": "Fjord Energy",
    "description": "",
    "status": "planned",
    "due_on": "2026-05-01",
}


@performs("project.create")
def _(p: Team) -> Steps:
    yield None
    p.post("project-create", **PROJECT)
    changes = named(set_to(workspace=p.workspace.pk, **PROJECT), workspace="Brightside")
    yield Expected(models.Project.objects.get(name="Spring fair"), changes)


@performs("project.create", "rest")
def _(p: Team) -> Steps:
    yield None
    p.rest("post", "/api/workspaces/brightside/projects/", PROJECT, 201)
    changes = named(set_to(workspace=p.workspace.pk, **PROJECT), workspace="Brightside")
    yield Expected(models.Project.objects.get(name="Spring fair"), changes, reason="")


@performs("project.update")
def _(p: Team) -> Steps:
    yield None
    p.edit("project-update", p.project.pk, status="active", client="Fjord Energy")
    changes = moved("status", "planned", "active") | moved("client", "", "Fjord Energy")
    yield Expected(p.project, changes)


@performs("project.update", "rest")
def _(p: Team) -> Steps:
    url = f"/api/workspaces/brightside/projects/{p.project.pk}/"
    yield None
    p.rest("patch", url, {"status": "active"})
    yield Expected(p.project, moved("status", "planned", "active"), reason="")


@performs("api_key.create")
def _(p: Team) -> Steps:
    yield None
    answer = p.client.post(
        p.url("apikey-create"), {"name": "Build server", "scope": "write", "reason": "ticket 811"}
    )
    key = models.ApiKey.objects.get()
    assert answer.context["key"].startswith(key.prefix)
    values = {"name": "Build server", "scope": "write", "prefix": key.prefix, "is_revoked": False}
    changes = named(set_to(workspace=p.workspace.pk, **values), workspace="Brightside")
    yield Expected(key, changes | masked("digest"))


@performs("api_key.revoke")
def _(p: Team) -> Steps:
    key = p.api_key()
    yield None
    p.post("apikey-action", key.pk, "revoke")
    yield Expected(key, moved("is_revoked", False, True))


@performs("api_key.revoke", "admin")
def _(p: Team) -> Steps:
    p.make_staff()
    key = p.api_key()
    yield None
    p.edit("admin:workspaces_apikey_change", key.pk, is_revoked=True)
    yield Expected(key, moved("is_revoked", False, True), reason="")


@performs("integration.connect")
def _(p: Team) -> Steps:
    yield None
    p.post("integration-create", provider="chat", account="brightside", access_token=TOKEN)
    integration = models.Integration.objects.get()
    values = {"workspace": p.workspace.pk, "provider": "chat", "account": "brightside"}
    changes = named(set_to(**values), workspace="Brightside")
    yield Expected(integration, changes | masked("access_token"))


@performs("integration.disconnect")
def _(p: Team) -> Steps:
    integration = models.Integration.objects.create(
        workspace=p.workspace, provider="chat", account="brightside", access_token=TOKEN
    )
    target = gone(integration)
    yield None
    p.post("integration-delete", integration.pk)
    lost = was(workspace=p.workspace.pk, provider="chat", account="brightside")
    changes = named(lost, workspace="Brightside")
    yield Expected(target, changes | masked("access_token"))
