"""Who may do what in a workspace: the role of the member decides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _

from example_project.pages.places import Place
from example_project.workspaces.models import Member, Workspace

WORK = "work"
ADMINISTER = "administer"


def member_of(workspace: Workspace, user: Any) -> Member | None:
    """Return what the user is in the workspace, if anything."""
    found: Member | None = workspace.members.filter(user=user.pk, joined_at__isnull=False).first()
    return found


def may(user: Any, permission: str, workspace: Workspace) -> bool:
    """Whether the user may work in the workspace, or administer it."""
    if user.is_superuser:
        return True
    member = member_of(workspace, user)
    if member is None:
        return False
    return member.is_administrator or (permission == WORK and member.role != Member.Role.GUEST)


def logs_of(user: Any) -> Iterator[str]:
    """Yield the tenants of the workspaces that the user administers."""
    administered = Member.objects.filter(
        user=user.pk, role__in=Member.ADMINISTRATORS, joined_at__isnull=False
    )
    for member in administered.select_related("workspace"):
        yield member.workspace.audit_tenant


class Workspaces(Place):
    """Before somebody chooses a workspace."""

    namespace = "workspaces"
    title = _("Team workspaces")
    base_template = "demo/base.html"

    def may(self, permission: str, obj: Model | None = None) -> bool:
        return True

    def mine(self, objects: QuerySet[Any]) -> QuerySet[Any]:
        if self.user.is_superuser:
            return objects
        return objects.filter(members__user=self.user.pk, members__joined_at__isnull=False)

    @property
    def home(self) -> str:
        return self.reverse("workspace-list")


class InWorkspace(Place):
    """In one of them; to whoever is not a member there is none."""

    namespace = "workspaces"
    base_template = "workspaces/base.html"

    def __init__(self, request: HttpRequest, workspace: str, **kwargs: Any) -> None:
        super().__init__(request)
        found = Workspace.objects.filter(slug=workspace).first()
        if found is None:
            raise Http404
        if not self.user.is_superuser and member_of(found, self.user) is None:
            raise Http404
        self.workspace = found
        self.title = found.name
        self.tenant = found.audit_tenant
        self.args = (found.slug,)

    def may(self, permission: str, obj: Model | None = None) -> bool:
        return may(self.user, permission, self.workspace)

    @property
    def administers(self) -> bool:
        """Whether the person administers the workspace."""
        return self.may(ADMINISTER)

    def mine(self, objects: QuerySet[Any]) -> QuerySet[Any]:
        return objects.filter(workspace=self.workspace).select_related("workspace")

    def settle(self, obj: Model) -> None:
        obj.workspace = self.workspace

    @property
    def home(self) -> str:
        return self.workspace.get_absolute_url()
