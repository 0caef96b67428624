"""The addresses of team workspaces."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView

from example_project.pages.urls import Pages
from example_project.workspaces import forms, models, views
from example_project.workspaces.permissions import ADMINISTER, WORK, InWorkspace, Workspaces

app_name = "workspaces"

outside = Pages(Workspaces)
inside = Pages(InWorkspace, prefix="<slug:workspace>/")

MEMBER = ("members", "member", models.Member, ADMINISTER)
API_KEY = ("settings/api-keys", "apikey", models.ApiKey, ADMINISTER)
INTEGRATION = ("settings/integrations", "integration", models.Integration, ADMINISTER)

urlpatterns = [
    outside.at("", views.WorkspaceList, "workspace-list", url_prefix="workspace"),
    outside.at(
        "add/",
        views.WorkspaceCreate,
        "workspace-create",
        model=models.Workspace,
        form_class=forms.NewWorkspaceForm,
        url_prefix="workspace",
    ),
    outside.at("join/", views.Join, "join"),
    path("<slug:workspace>/", RedirectView.as_view(pattern_name="workspaces:project-list")),
    *inside.crud(
        "projects",
        "project",
        models.Project,
        WORK,
        forms.ProjectForm,
        columns=["client", "due_on"],
        facts=["client", "due_on", "description"],
        only=["list", "create", "detail", "update"],
    ),
    *inside.crud(
        *MEMBER,
        forms.InviteForm,
        columns=["role", "user"],
        facts=["role", "user", "joined_at"],
        only=["list", "create", "detail", "delete"],
        special={"delete": views.MemberRemove},
    ),
    inside.ask(*MEMBER, "role", _("Change the role"), forms.RoleForm, models.Member.change_role),
    inside.at(
        "settings/",
        views.Settings,
        "settings",
        model=models.WorkspaceSettings,
        form_class=forms.SettingsForm,
        permission=ADMINISTER,
    ),
    inside.at(
        "settings/plan/",
        views.ChangePlan,
        "plan",
        model=models.Workspace,
        form_class=forms.PlanForm,
        permission=ADMINISTER,
    ),
    *inside.crud(
        *API_KEY,
        forms.ApiKeyForm,
        columns=["scope", "last_used_at"],
        facts=["scope", "prefix", "last_used_at"],
        only=["list", "create", "detail"],
        special={"create": views.ApiKeyCreate},
        is_closed=True,
    ),
    inside.buttons(*API_KEY, revoke=models.ApiKey.revoke),
    *inside.crud(
        *INTEGRATION,
        forms.IntegrationForm,
        columns=["account"],
        facts=["provider", "account"],
        only=["list", "create", "detail", "delete"],
        is_closed=True,
    ),
]
