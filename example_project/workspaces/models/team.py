"""A workspace, its settings, the people in it and what they work on."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

import audit_log
from example_project.pages.cells import State
from example_project.pages.exceptions import Refused
from example_project.tenants import of_workspace


class Plan(models.TextChoices):
    """What a team pays for; also how long its audit log is kept."""

    FREE = "free", _("Free")
    BASIC = "basic", _("Basic")
    PRO = "pro", _("Pro")
    ENTERPRISE = "enterprise", _("Enterprise")


RETENTION_DAYS = {Plan.FREE: 30, Plan.BASIC: 90, Plan.PRO: 365, Plan.ENTERPRISE: None}
"""Days for which a workspace's log is kept; ``None``: for good."""


@audit_log.register(
    noun="team_workspace", transitions={"plan": "change_plan"}, tenant="audit_tenant"
)
class Workspace(models.Model):
    """A team's own place. It is never deleted: see :mod:`example_project.tenants`."""

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(
        _("address"), max_length=40, unique=True, help_text=_("It cannot be changed later.")
    )
    plan = models.CharField(_("plan"), max_length=20, choices=Plan, default=Plan.FREE)

    class Meta:
        ordering = ["name"]
        verbose_name = _("team workspace")
        verbose_name_plural = _("team workspaces")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("workspaces:project-list", args=[self.slug])

    @property
    def audit_tenant(self) -> str:
        """Whose log it is."""
        return of_workspace(self.slug)

    @property
    def retention_days(self) -> int | None:
        """How many days of the log the plan keeps; ``None``: all."""
        return RETENTION_DAYS[Plan(self.plan)]

    @classmethod
    def open(cls, name: str, slug: str, user: Any, at: datetime | None = None) -> Workspace:
        """Make a workspace with its settings, whose owner is the user."""
        workspace = cls.objects.create(name=name, slug=slug)
        WorkspaceSettings.objects.create(workspace=workspace)
        owner = Member.objects.create(workspace=workspace, email=user.email, role=Member.Role.OWNER)
        owner.join(user, at)
        return workspace

    def change_plan(self, plan: str) -> None:
        """Pay for more, or for less."""
        self.plan = plan
        self.save(update_fields=["plan"])


@audit_log.register(noun="settings", tenant="workspace.audit_tenant")
class WorkspaceSettings(models.Model):
    """What holds for everybody in a workspace."""

    workspace = models.OneToOneField(
        Workspace, on_delete=models.CASCADE, related_name="settings", verbose_name=_("workspace")
    )
    language = models.CharField(
        _("language"),
        max_length=5,
        choices=[("en", _("English")), ("de", _("German")), ("es", _("Spanish"))],
        default="en",
    )
    session_hours = models.PositiveSmallIntegerField(_("hours until log out"), default=12)
    requires_two_factors = models.BooleanField(_("two-factor log in for everybody"), default=False)
    allows_guests = models.BooleanField(_("guests may be invited"), default=True)
    allowed_domains = models.JSONField(
        _("e-mail domains"), default=list, blank=True, help_text=_("A JSON list; empty: any.")
    )

    class Meta:
        verbose_name = _("settings")
        verbose_name_plural = _("settings")

    def __str__(self) -> str:
        return str(_("Settings of %(name)s") % {"name": self.workspace})

    def get_absolute_url(self) -> str:
        return reverse("workspaces:settings", args=[self.workspace.slug])


def new_invitation() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(24)


@audit_log.register(
    verbs={"create": "invite", "delete": "remove"},
    transitions={"joined_at": "join", "role": "change_role"},
    references=["user"],
    tenant="workspace.audit_tenant",
)
class Member(models.Model):
    """Somebody in a workspace: invited by e-mail first, then joined with an account."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        ADMIN = "admin", _("Administrator")
        MEMBER = "member", _("Member")
        GUEST = "guest", _("Guest")

    ADMINISTRATORS = (Role.OWNER, Role.ADMIN)

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="members", verbose_name=_("workspace")
    )
    email = models.EmailField(_("e-mail"))
    role = models.CharField(_("role"), max_length=20, choices=Role, default=Role.MEMBER)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="memberships",
        verbose_name=_("account"),
    )
    invitation_token = models.CharField(max_length=64, default=new_invitation, editable=False)
    joined_at = models.DateTimeField(_("joined"), null=True, blank=True)

    class Meta:
        ordering = ["email"]
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.UniqueConstraint(fields=["workspace", "email"], name="member_email"),
        ]

    def __str__(self) -> str:
        return self.email

    def get_absolute_url(self) -> str:
        return reverse("workspaces:member-detail", args=[self.workspace.slug, self.pk])

    @property
    def state(self) -> State:
        """Whether the person has accepted the invitation."""
        return State("good", _("joined")) if self.joined_at else State("busy", _("invited"))

    @property
    def is_administrator(self) -> bool:
        """Whether the person administers the workspace."""
        return self.role in self.ADMINISTRATORS

    def join(self, user: Any, at: datetime | None = None) -> None:
        """Accept the invitation, which then is void. Raises :class:`Refused` the second time."""
        if self.workspace.members.filter(user=user).exists():
            raise Refused(_("This account is in the workspace already."))
        self.user, self.joined_at, self.invitation_token = user, at or timezone.now(), ""
        self.save(update_fields=["user", "joined_at", "invitation_token"])

    def change_role(self, role: str) -> None:
        """Let the person do more, or less."""
        self._keep_an_owner(role)
        self.role = role
        self.save(update_fields=["role"])

    def remove(self) -> None:
        """Let the person in no longer. Raises :class:`Refused` for the last owner."""
        self._keep_an_owner("")
        self.delete()

    def _keep_an_owner(self, role: str) -> None:
        owners = self.workspace.members.filter(role=self.Role.OWNER, joined_at__isnull=False)
        if role != self.Role.OWNER and list(owners.values_list("pk", flat=True)) == [self.pk]:
            raise Refused(_("A workspace has at least one owner."))


@audit_log.register(tenant="workspace.audit_tenant")
class Project(models.Model):
    """What the team works on."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("planned")
        ACTIVE = "active", _("active")
        DONE = "done", _("done")

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="projects", verbose_name=_("workspace")
    )
    name = models.CharField(_("name"), max_length=100)
    client = models.CharField(_("client"), max_length=100, blank=True)
    description = models.TextField(_("description"), blank=True)
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.PLANNED)
    due_on = models.DateField(_("due on"), null=True, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("project")
        verbose_name_plural = _("projects")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("workspaces:project-detail", args=[self.workspace.slug, self.pk])

    @property
    def state(self) -> State:
        """How far it is."""
        tone = {"planned": "off", "active": "good", "done": "busy"}[self.status]
        return State(tone, self.get_status_display())
