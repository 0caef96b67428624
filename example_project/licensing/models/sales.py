"""Whom the vendor sells to."""

from __future__ import annotations

import secrets

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

import audit_log
from example_project.licensing.models.platform import PlatformUser
from example_project.tenants import LICENSING, always


@audit_log.register(tenant=always(LICENSING))
class Customer(models.Model):
    """A company that orders."""

    company_name = models.CharField(_("company name"), max_length=150)
    contact_name = models.CharField(_("contact"), max_length=150, blank=True)
    email = models.EmailField(_("e-mail"))
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    country = models.CharField(_("country"), max_length=60, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        ordering = ["company_name"]
        verbose_name = _("customer")
        verbose_name_plural = _("customers")

    def __str__(self) -> str:
        return self.company_name

    def get_absolute_url(self) -> str:
        return reverse("licensing:customer-detail", args=[self.pk])


@audit_log.register(references=["customer"], tenant=always(LICENSING))
class EndUser(models.Model):
    """A person at a customer's who uses the software."""

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="end_users", verbose_name=_("customer")
    )
    full_name = models.CharField(_("full name"), max_length=150)
    email = models.EmailField(_("e-mail"))

    class Meta:
        ordering = ["full_name"]
        verbose_name = _("end user")
        verbose_name_plural = _("end users")

    def __str__(self) -> str:
        return f"{self.full_name} <{self.email}>"

    def get_absolute_url(self) -> str:
        return reverse("licensing:customer-detail", args=[self.customer_id])


def new_order_number() -> str:
    """A short name for people."""
    return f"O-{secrets.token_hex(3).upper()}"


@audit_log.register(
    m2m={"managers": ("add_manager", "remove_manager")},
    tenant=always(LICENSING),
)
class Order(models.Model):
    """What a customer bought at one time; licenses are issued under it."""

    number = models.CharField(
        _("number"), max_length=20, unique=True, default=new_order_number, editable=False
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="orders", verbose_name=_("customer")
    )
    placed_on = models.DateField(_("placed on"))
    purchase_order = models.CharField(_("customer's reference"), max_length=60, blank=True)
    note = models.TextField(_("note"), blank=True)
    managers = models.ManyToManyField(
        PlatformUser, blank=True, related_name="managed_orders", verbose_name=_("managers")
    )

    class Meta:
        ordering = ["-placed_on", "-number"]
        verbose_name = _("order")
        verbose_name_plural = _("orders")

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("licensing:order-detail", args=[self.pk])
