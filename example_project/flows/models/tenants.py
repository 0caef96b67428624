"""A tenant, the accounts in it, what they may do, and how its system is configured."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

import audit_log
from example_project.tenants import of_flows


@audit_log.register(m2m={"users": ("add_user", "remove_user")}, tenant="audit_tenant")
class Tenant(models.Model):
    """A company that automates its flows. Never deleted: see :mod:`example_project.tenants`."""

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(
        _("address"), max_length=40, unique=True, help_text=_("It cannot be changed later.")
    )
    users = models.ManyToManyField(
        User, blank=True, related_name="flow_tenants", verbose_name=_("users")
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("flows:flow-list", args=[self.slug])

    @property
    def audit_tenant(self) -> str:
        """Whose log it is."""
        return of_flows(self.slug)


class Person(User):
    """An account of a tenant's. To the log it is the user: the row is the same."""

    class Meta:
        proxy = True
        ordering = ["username"]
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def get_absolute_url(self) -> str:
        tenant = self.flow_tenants.order_by("pk").first()
        slug = "" if tenant is None else tenant.slug
        return reverse("flows:user-detail", args=[slug, self.pk])

    @property
    def full_name(self) -> str:
        """First and last name."""
        return self.get_full_name()


class Resource(models.TextChoices):
    """What a rule is about."""

    EVERYTHING = "everything", _("Everything")
    FLOWS = "flows", _("Flows")
    TEMPLATES = "templates", _("Integration templates")
    CONNECTORS = "connectors", _("Connectors")
    CONFIGURATION = "configuration", _("Configuration")
    USERS = "users", _("Users")
    ACL = "acl", _("Access rules")
    LOG = "audit_log", _("Audit log")


@audit_log.register(references=["user"], tenant="tenant.audit_tenant")
class AclRule(models.Model):
    """Lets somebody change something. Looking needs no rule, but for the audit log."""

    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, related_name="acl_rules", verbose_name=_("tenant")
    )
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="acl_rules", verbose_name=_("user")
    )
    resource = models.CharField(_("resource"), max_length=20, choices=Resource)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        ordering = ["user__username", "resource"]
        verbose_name = _("ACL rule")
        verbose_name_plural = _("ACL rules")

    def __str__(self) -> str:
        return f"{self.user}: {self.get_resource_display()}"

    def get_absolute_url(self) -> str:
        return reverse("flows:aclrule-detail", args=[self.tenant.slug, self.pk])


@audit_log.register(tenant="tenant.audit_tenant")
class Configuration(models.Model):
    """A setting of the tenant's system; what nobody may read goes into ``secret``."""

    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, related_name="configuration", verbose_name=_("tenant")
    )
    key = models.SlugField(_("key"), max_length=60)
    value = models.TextField(_("value"), blank=True)
    secret = models.CharField(_("secret value"), max_length=200, blank=True)

    class Meta:
        ordering = ["key"]
        verbose_name = _("configuration")
        verbose_name_plural = _("configuration")
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="configuration_key")]

    def __str__(self) -> str:
        return self.key

    def get_absolute_url(self) -> str:
        return reverse("flows:configuration-detail", args=[self.tenant.slug, self.pk])
