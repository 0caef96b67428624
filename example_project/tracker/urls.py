"""The tracker's addresses."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from example_project.pages.accounts import PasswordForm, set_password
from example_project.pages.urls import Pages
from example_project.pages.views import PartCreate
from example_project.tracker import forms, models, views
from example_project.tracker.models.roles import Permission
from example_project.tracker.permissions import Tracker

app_name = "tracker"

pages = Pages(Tracker)

USER = ("administration/users", "user", models.Account, Permission.ACCOUNTS)
GROUP = ("administration/groups", "usergroup", models.UserGroup, Permission.ACCOUNTS)
WORKSPACE = ("workspaces", "workspace", models.Workspace, Permission.WORKSPACES)
APPLICATION = ("applications", "application", models.Application, Permission.APPLICATIONS)
SYSTEM_ROLE = (
    "administration/roles/system",
    "systemrole",
    models.SystemPermissionGroup,
    Permission.ROLES,
)
WORKSPACE_ROLE = (
    "administration/roles/workspace",
    "workspacerole",
    models.WorkspacePermissionGroup,
    Permission.ROLES,
)
APP_ROLE = ("administration/roles/app", "approle", models.AppPermissionGroup, Permission.ROLES)

BUT_CREATE = ("list", "detail", "update", "delete")


def members(role: tuple[Any, ...]) -> list[Any]:
    """The forms that a permission group has besides the usual ones."""
    return [
        pages.ask(
            *role,
            "add-user",
            _("Add a user"),
            forms.AddUserForm,
            lambda role, user: role.users.add(user),
        ),
        pages.ask(
            *role,
            "remove-user",
            _("Remove a user"),
            forms.RemoveUserForm,
            lambda role, user: role.users.remove(user),
        ),
        pages.ask(
            *role,
            "add-group",
            _("Add a group"),
            forms.AddGroupForm,
            lambda role, group: role.groups.add(group),
        ),
        pages.ask(
            *role,
            "remove-group",
            _("Remove a group"),
            forms.RemoveGroupForm,
            lambda role, group: role.groups.remove(group),
        ),
        pages.ask(
            *role,
            "permissions",
            _("Set permissions"),
            forms.PermissionsForm,
            lambda role, permissions: role.set_permissions(permissions),
        ),
    ]


urlpatterns = [
    pages.at("", views.Home, "home"),
    pages.at("administration/", views.Administration, "administration"),
    *pages.crud(
        *USER,
        forms.UserForm,
        new_form_class=forms.NewUserForm,
        columns=["full_name", "email", "last_login"],
        facts=["full_name", "email", "last_login", "date_joined"],
        special={"delete": views.UserDelete},
        is_closed=True,
    ),
    pages.ask(*USER, "password", _("Set the password"), PasswordForm, set_password),
    pages.ask(
        *USER,
        "add-to-group",
        _("Add to a group"),
        forms.AddUserToGroupForm,
        lambda user, group: user.groups.add(group),
    ),
    pages.ask(
        *USER,
        "remove-from-group",
        _("Remove from a group"),
        forms.RemoveUserFromGroupForm,
        lambda user, group: user.groups.remove(group),
    ),
    pages.buttons(*USER, activate=models.Account.activate, deactivate=models.Account.deactivate),
    *pages.crud(*GROUP, forms.UserGroupForm, columns=["description"], facts=["description"]),
    pages.ask(
        *GROUP,
        "add-to-group",
        _("Add to a group"),
        forms.AddGroupToGroupForm,
        models.UserGroup.add_to,
    ),
    pages.ask(
        *GROUP,
        "remove-from-group",
        _("Remove from a group"),
        forms.RemoveGroupFromGroupForm,
        models.UserGroup.remove_from,
    ),
    *pages.crud(
        *WORKSPACE,
        forms.WorkspaceForm,
        columns=["description"],
        facts=["description"],
        special={"detail": views.WorkspaceDetail},
    ),
    *pages.crud(
        *APPLICATION,
        forms.ApplicationForm,
        columns=["prefix", "workspace"],
        facts=["workspace", "prefix", "description"],
        only=BUT_CREATE,
        special={"detail": views.ApplicationDetail},
    ),
    pages.at(
        "workspaces/<int:pk>/applications/add/",
        PartCreate,
        "application-create",
        parent=models.Workspace,
        model=models.Application,
        form_class=forms.ApplicationForm,
        permission=Permission.APPLICATIONS,
        url_prefix="application",
    ),
    *pages.crud(
        *SYSTEM_ROLE,
        forms.SystemRoleForm,
        columns=["permission_labels"],
        special={"detail": views.RoleDetail},
    ),
    *pages.crud(
        *WORKSPACE_ROLE,
        forms.WorkspaceRoleForm,
        columns=["workspace", "permission_labels"],
        only=BUT_CREATE,
        special={"detail": views.RoleDetail},
    ),
    pages.at(
        "workspaces/<int:pk>/roles/add/",
        PartCreate,
        "workspacerole-create",
        parent=models.Workspace,
        model=models.WorkspacePermissionGroup,
        form_class=forms.WorkspaceRoleForm,
        permission=Permission.ROLES,
        url_prefix="workspacerole",
    ),
    *pages.crud(
        *APP_ROLE,
        forms.AppRoleForm,
        columns=["application", "permission_labels"],
        only=BUT_CREATE,
        special={"detail": views.RoleDetail},
    ),
    pages.at(
        "applications/<int:pk>/roles/add/",
        PartCreate,
        "approle-create",
        parent=models.Application,
        model=models.AppPermissionGroup,
        form_class=forms.AppRoleForm,
        permission=Permission.ROLES,
        url_prefix="approle",
    ),
    *members(SYSTEM_ROLE),
    *members(WORKSPACE_ROLE),
    *members(APP_ROLE),
]
