"""What the vendor sells."""

from __future__ import annotations

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

import audit_log
from example_project.tenants import LICENSING, always


class LicenseType(models.TextChoices):
    PERPETUAL = "perpetual", _("Perpetual")
    SUBSCRIPTION = "subscription", _("Subscription")
    CONSUMPTION = "consumption", _("Consumption")
    TRIAL = "trial", _("Trial")


@audit_log.register(
    tenant=always(LICENSING),
    transitions={
        "is_archived": {True: "archive", False: "unarchive"},
        "is_active": {True: "activate", False: "deactivate"},
    },
)
class Product(models.Model):
    """A piece of software that licenses are issued for."""

    name = models.CharField(_("name"), max_length=100)
    code = models.SlugField(_("code"), max_length=40, unique=True)
    description = models.TextField(_("description"), blank=True)
    license_type = models.CharField(
        _("license type"), max_length=20, choices=LicenseType, default=LicenseType.SUBSCRIPTION
    )
    list_price = models.DecimalField(_("list price"), max_digits=9, decimal_places=2, default=0)
    max_devices = models.PositiveSmallIntegerField(_("devices per license"), default=3)
    is_active = models.BooleanField(_("active"), default=True)
    is_archived = models.BooleanField(_("archived"), default=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("product")
        verbose_name_plural = _("products")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("licensing:product-detail", args=[self.pk])

    def activate(self) -> None:
        """Offer the product for new orders."""
        self._set("is_active", True)

    def deactivate(self) -> None:
        """Offer it no longer; licenses that were issued stay valid."""
        self._set("is_active", False)

    def archive(self) -> None:
        """Take it out of the lists."""
        self._set("is_archived", True)

    def unarchive(self) -> None:
        """Take it back into the lists."""
        self._set("is_archived", False)

    def _set(self, field: str, value: bool) -> None:
        setattr(self, field, value)
        self.save(update_fields=[field])
