"""What other programs get into a workspace with, and what it gets into them with."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

import audit_log
from example_project.pages.cells import State
from example_project.workspaces.models.team import Workspace


def digest_of(key: str) -> str:
    """Return what is kept of an API key: enough to know it again, too little to use it."""
    return hashlib.sha256(key.encode()).hexdigest()


@audit_log.register(
    mask=["digest"],
    exclude=["last_used_at"],
    transitions={"is_revoked": {True: "revoke"}},
    tenant="workspace.audit_tenant",
)
class ApiKey(models.Model):
    """Lets a program in. The key itself is shown once and kept nowhere."""

    # In a request it stands where users stand: to the log, an actor of the type token.
    is_authenticated = True
    is_anonymous = False
    is_active = True

    class Scope(models.TextChoices):
        READ = "read", _("Read")
        WRITE = "write", _("Read and write")

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="api_keys", verbose_name=_("workspace")
    )
    name = models.CharField(_("name"), max_length=60)
    scope = models.CharField(_("scope"), max_length=10, choices=Scope, default=Scope.READ)
    prefix = models.CharField(_("begins with"), max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    is_revoked = models.BooleanField(_("revoked"), default=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def get_absolute_url(self) -> str:
        return reverse("workspaces:apikey-detail", args=[self.workspace.slug, self.pk])

    @property
    def state(self) -> State:
        """Whether it still opens anything."""
        return State("bad", _("revoked")) if self.is_revoked else State("good", _("active"))

    def issue(self, key: str = "") -> str:
        """Save it with a new key, and return that: the only time that anybody sees it."""
        key = key or f"wk_{secrets.token_urlsafe(30)}"
        self.prefix, self.digest = key[:8], digest_of(key)
        self.save()
        return key

    def revoke(self) -> None:
        """Let nobody in with it any more."""
        self.is_revoked = True
        self.save(update_fields=["is_revoked"])

    def used(self, at: datetime | None = None) -> None:
        """A program called. Nobody needs an entry for that."""
        self.last_used_at = at or timezone.now()
        self.save(update_fields=["last_used_at"])


@audit_log.register(
    verbs={"create": "connect", "delete": "disconnect"},
    tenant="workspace.audit_tenant",
)
class Integration(models.Model):
    """Another service that the workspace talks to, and how it gets in there."""

    class Provider(models.TextChoices):
        CALENDAR = "calendar", _("Calendar")
        CHAT = "chat", _("Chat")
        CODE = "code", _("Code hosting")
        INVOICES = "invoices", _("Invoices")

    workspace = models.ForeignKey(
        Workspace,
        on_delete=models.CASCADE,
        related_name="integrations",
        verbose_name=_("workspace"),
    )
    provider = models.CharField(_("service"), max_length=20, choices=Provider)
    account = models.CharField(_("account"), max_length=100)
    access_token = models.CharField(_("access token"), max_length=200)

    class Meta:
        ordering = ["provider"]
        verbose_name = _("integration")
        verbose_name_plural = _("integrations")
        constraints = [
            models.UniqueConstraint(fields=["workspace", "provider"], name="integration_provider")
        ]

    def __str__(self) -> str:
        return f"{self.get_provider_display()} ({self.account})"

    def get_absolute_url(self) -> str:
        return reverse("workspaces:integration-detail", args=[self.workspace.slug, self.pk])
