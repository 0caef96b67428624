"""The vendor's own people: who may do what, and who is told what by e-mail."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

import audit_log
from example_project.tenants import LICENSING, always


class Permission(models.TextChoices):
    """What a permission template can allow. Looking needs no permission, only an account."""

    PRODUCTS = "manage_products", _("Manage products")
    CUSTOMERS = "manage_customers", _("Manage customers")
    ORDERS = "manage_orders", _("Manage orders")
    LICENSES = "manage_licenses", _("Manage licenses")
    DEVICES = "manage_devices", _("Manage devices")
    PLATFORM = "manage_platform", _("Manage users, permissions and notifications")


@audit_log.register(
    noun="user_permission_template",
    transitions={"permissions": "set_permissions"},
    tenant=always(LICENSING),
)
class PermissionTemplate(models.Model):
    """A named set of permissions, given to platform users."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    description = models.CharField(_("description"), max_length=200, blank=True)
    permissions = models.JSONField(_("permissions"), default=list, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("user permission template")
        verbose_name_plural = _("user permission templates")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("licensing:template-detail", args=[self.pk])

    @property
    def permission_labels(self) -> list[str]:
        """The permissions in words, in the order of the form."""
        return [str(choice.label) for choice in Permission if choice.value in self.permissions]

    def set_permissions(self, permissions: list[str]) -> None:
        """Allow exactly these; they are kept in one order, so that only a change is a change."""
        self.permissions = [choice.value for choice in Permission if choice.value in permissions]
        self.save(update_fields=["permissions"])


@audit_log.register(
    verbs={"create": "add", "delete": "remove"},
    tenant=always(LICENSING),
)
class PlatformUser(models.Model):
    """An account that works on the platform. Removing it leaves the account as it is."""

    class Role(models.TextChoices):
        ADMINISTRATOR = "administrator", _("Administrator")
        SALES = "sales", _("Sales")
        SUPPORT = "support", _("Support")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="platform_user",
        verbose_name=_("account"),
    )
    display_name = models.CharField(_("name"), max_length=150)
    role = models.CharField(_("role"), max_length=20, choices=Role, default=Role.SUPPORT)
    permission_template = models.ForeignKey(
        PermissionTemplate,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="platform_users",
        verbose_name=_("permission template"),
    )

    class Meta:
        ordering = ["display_name"]
        verbose_name = _("platform user")
        verbose_name_plural = _("platform users")

    def __str__(self) -> str:
        return self.display_name

    def get_absolute_url(self) -> str:
        return reverse("licensing:platformuser-detail", args=[self.pk])

    def may(self, permission: str) -> bool:
        """Whether the person's template allows this."""
        template = self.permission_template
        return template is not None and permission in template.permissions


@audit_log.register(tenant=always(LICENSING))
class NotificationPolicy(models.Model):
    """Who gets an e-mail about what."""

    class Event(models.TextChoices):
        LICENSE_EXPIRING = "license_expiring", _("A license is about to expire")
        LICENSE_DISABLED = "license_disabled", _("A license was disabled")
        CONSUMPTION = "consumption", _("A license's consumption nears its limit")
        DEVICE_BLACKLISTED = "device_blacklisted", _("A device was blacklisted")

    name = models.CharField(_("name"), max_length=100)
    event = models.CharField(_("event"), max_length=30, choices=Event)
    recipients = models.TextField(_("recipients"), help_text=_("E-mail addresses, one a line."))
    days_before = models.PositiveSmallIntegerField(
        _("days before"), default=14, help_text=_("For licenses about to expire.")
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("notification policy")
        verbose_name_plural = _("notification policies")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("licensing:policy-detail", args=[self.pk])
