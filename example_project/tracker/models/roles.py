"""Permission groups: of the whole system, of one workspace, of one application.

Users are in them by themselves or through their user groups, and through the groups that those
are in.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import Group, User
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

import audit_log
from example_project.tenants import TRACKER, always
from example_project.tracker.models.work import Application, Workspace

POLICY: dict[str, Any] = {
    "m2m": {"users": ("add_user", "remove_user"), "groups": ("add_group", "remove_group")},
    "transitions": {"permissions": "set_permissions"},
    "tenant": always(TRACKER),
}


class Permission(models.TextChoices):
    """What a permission group allows. Looking needs no permission, only a place in any group."""

    ACCOUNTS = "manage_accounts", _("Manage users and user groups")
    ROLES = "manage_roles", _("Manage permission groups")
    WORKSPACES = "manage_workspaces", _("Manage workspaces")
    APPLICATIONS = "manage_applications", _("Manage applications")
    LOG = "read_log", _("Read the tracker's audit log")


class PermissionGroup(models.Model):
    """Who may do what: the part that the three levels have in common."""

    level: ClassVar[str] = ""
    name = models.CharField(_("name"), max_length=100)
    permissions = models.JSONField(_("permissions"), default=list, blank=True)
    users = models.ManyToManyField(User, blank=True, verbose_name=_("users"))
    groups = models.ManyToManyField(Group, blank=True, verbose_name=_("groups"))

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse(f"tracker:{self.level}role-detail", args=[self.pk])

    @classmethod
    def choices(cls) -> list[Permission]:
        """Return the permissions that make sense at the level."""
        return list(Permission)

    @property
    def permission_labels(self) -> list[str]:
        """The permissions in words, in the order of the form."""
        return [str(choice.label) for choice in Permission if choice.value in self.permissions]

    def set_permissions(self, permissions: list[str]) -> None:
        """Allow exactly these; they are kept in one order, so that only a change is a change."""
        self.permissions = [choice.value for choice in Permission if choice.value in permissions]
        self.save(update_fields=["permissions"])


@audit_log.register(**POLICY)
class SystemPermissionGroup(PermissionGroup):
    """Allows something everywhere."""

    level = "system"

    class Meta(PermissionGroup.Meta):
        verbose_name = _("system permission group")
        verbose_name_plural = _("system permission groups")


@audit_log.register(references=["workspace"], **POLICY)
class WorkspacePermissionGroup(PermissionGroup):
    """Allows something in one workspace."""

    level = "workspace"
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="roles", verbose_name=_("workspace")
    )

    class Meta(PermissionGroup.Meta):
        verbose_name = _("workspace permission group")
        verbose_name_plural = _("workspace permission groups")

    @classmethod
    def choices(cls) -> list[Permission]:
        return [Permission.ROLES, Permission.WORKSPACES, Permission.APPLICATIONS]


@audit_log.register(references=["application"], **POLICY)
class AppPermissionGroup(PermissionGroup):
    """Allows something with one application."""

    level = "app"
    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="roles", verbose_name=_("application")
    )

    class Meta(PermissionGroup.Meta):
        verbose_name = _("app permission group")
        verbose_name_plural = _("app permission groups")

    @classmethod
    def choices(cls) -> list[Permission]:
        return [Permission.ROLES, Permission.APPLICATIONS]
