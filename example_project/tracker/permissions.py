"""Who may do what in the tracker: the permission groups decide, at three levels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from example_project import tenants
from example_project.pages.places import Place
from example_project.tracker.models import (
    Application,
    AppPermissionGroup,
    PermissionGroup,
    SystemPermissionGroup,
    Workspace,
    WorkspacePermissionGroup,
)
from example_project.tracker.models.accounts import with_groups_around
from example_project.tracker.models.roles import Permission

LEVELS = (SystemPermissionGroup, WorkspacePermissionGroup, AppPermissionGroup)


def is_in(user: Any) -> Q:
    """Return the condition on permission groups that a user is in, through groups too."""
    groups = with_groups_around(user.groups.values_list("pk", flat=True))
    return Q(users=user.pk) | Q(groups__in=groups)


def has_a_role(user: Any) -> bool:
    """Whether a user is in any permission group at all."""
    if user.is_superuser:
        return True
    condition = is_in(user)
    return any(level._default_manager.filter(condition).exists() for level in LEVELS)


def may(user: Any, permission: str, obj: Model | None = None) -> bool:
    """Whether a user has a permission: in the whole system, or for one object."""
    if user.is_superuser:
        return True
    condition = is_in(user)
    return any(
        permission in role.permissions
        for roles in _roles_about(obj)
        for role in roles.filter(condition).distinct()
    )


def _roles_about(obj: Model | None) -> Iterator[QuerySet[Any]]:
    # A workspace's roles hold for its applications, too.
    yield SystemPermissionGroup.objects.all()
    if isinstance(obj, PermissionGroup):
        obj = getattr(obj, "application", None) or getattr(obj, "workspace", None)
    if isinstance(obj, Application):
        yield AppPermissionGroup.objects.filter(application=obj)
        yield WorkspacePermissionGroup.objects.filter(workspace=obj.workspace_id)
    elif isinstance(obj, Workspace):
        yield WorkspacePermissionGroup.objects.filter(workspace=obj)


def logs_of(user: Any) -> Iterator[str]:
    """Yield the tracker's tenant to who may read its log."""
    if may(user, Permission.LOG):
        yield tenants.TRACKER


class Tracker(Place):
    namespace = "tracker"
    title = _("Tracker")
    base_template = "tracker/base.html"
    tenant = tenants.TRACKER

    def may_enter(self) -> bool:
        return has_a_role(self.user)

    def may(self, permission: str, obj: Model | None = None) -> bool:
        return may(self.user, permission, obj)

    def mine(self, objects: QuerySet[Any]) -> QuerySet[Any]:
        # Who manages accounts must not become the superuser by setting a password.
        if issubclass(objects.model, User) and not self.user.is_superuser:
            return objects.filter(is_staff=False, is_superuser=False)
        return objects
