"""Connectors to other services, and who may use their components."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

import audit_log
from example_project.flows.models.tenants import Tenant


class Service(models.TextChoices):
    """What there are connectors to."""

    MAIL = "mail", _("Mail")
    SHEETS = "sheets", _("Spreadsheets")
    SHOP = "shop", _("Web shop")
    TIMER = "timer", _("Timer")


COMPONENTS = {
    Service.MAIL: ("mail.on_receive", "mail.send"),
    Service.SHEETS: ("sheets.append", "sheets.read"),
    Service.SHOP: ("shop.on_order", "shop.refund"),
    Service.TIMER: ("timer.every_day", "timer.every_hour"),
}
"""The steps that flows can be made of, by the connector that has them."""


@audit_log.register(
    verbs={"create": "install", "delete": "uninstall"},
    tenant="tenant.audit_tenant",
)
class Connector(models.Model):
    """An installed connector, in some version."""

    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, related_name="connectors", verbose_name=_("tenant")
    )
    service = models.CharField(_("service"), max_length=20, choices=Service)
    version = models.CharField(_("version"), max_length=20)

    class Meta:
        ordering = ["service"]
        verbose_name = _("connector")
        verbose_name_plural = _("connectors")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "service"], name="connector_service")
        ]

    def __str__(self) -> str:
        return str(self.get_service_display())

    def get_absolute_url(self) -> str:
        return reverse("flows:connector-detail", args=[self.tenant.slug, self.pk])

    @property
    def components(self) -> list[str]:
        """The steps that it has."""
        return list(COMPONENTS[Service(self.service)])


@audit_log.register(
    verbs={"create": "assign", "delete": "withdraw"},
    references=["connector", "user"],
    tenant="connector.tenant.audit_tenant",
)
class ComponentAccess(models.Model):
    """Lets somebody use a component in flows."""

    connector = models.ForeignKey(
        Connector, on_delete=models.CASCADE, related_name="access", verbose_name=_("connector")
    )
    component = models.CharField(_("component"), max_length=60)
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="component_access", verbose_name=_("user")
    )

    class Meta:
        ordering = ["component", "user__username"]
        verbose_name = _("component access")
        verbose_name_plural = _("component access")

    def __str__(self) -> str:
        return f"{self.component}: {self.user}"

    def get_absolute_url(self) -> str:
        return self.connector.get_absolute_url()


def missing_components(tenant: Tenant, steps: list[str]) -> list[str]:
    """Return those steps for which the tenant has no connector."""
    installed = {component for one in tenant.connectors.all() for component in one.components}
    return [step for step in steps if step not in installed]
