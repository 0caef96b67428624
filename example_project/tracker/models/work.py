"""Workspaces, and the applications in them."""

from __future__ import annotations

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

import audit_log
from example_project.tenants import TRACKER, always


@audit_log.register(tenant=always(TRACKER))
class Workspace(models.Model):
    """Where a department has its applications."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    description = models.TextField(_("description"), blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("workspace")
        verbose_name_plural = _("workspaces")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("tracker:workspace-detail", args=[self.pk])


@audit_log.register(references=["workspace"], tenant=always(TRACKER))
class Application(models.Model):
    """What people work with: requests, holidays, invoices."""

    workspace = models.ForeignKey(
        Workspace,
        on_delete=models.PROTECT,
        related_name="applications",
        verbose_name=_("workspace"),
    )
    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(
        _("prefix"), max_length=10, help_text=_("What the numbers of its records begin with.")
    )
    description = models.TextField(_("description"), blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="application_name")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("tracker:application-detail", args=[self.pk])
