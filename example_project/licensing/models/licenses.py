"""Licenses, the devices they run on, and what else is noted about them."""

from __future__ import annotations

import secrets
from datetime import date

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

import audit_log
from example_project.licensing.models.catalogue import LicenseType, Product
from example_project.licensing.models.sales import EndUser, Order
from example_project.pages.exceptions import Refused
from example_project.tenants import LICENSING, always


class Feature(models.TextChoices):
    EXPORT = "export", _("Export")
    COLLABORATION = "collaboration", _("Collaboration")
    SINGLE_SIGN_ON = "single_sign_on", _("Single sign-on")
    API = "api", _("API access")
    PRIORITY_SUPPORT = "priority_support", _("Priority support")


def new_key() -> str:
    """A key that nobody guesses, in groups that people can read out."""
    return "-".join(secrets.token_hex(2).upper() for _group in range(4))


def new_license_number() -> str:
    """A short name for people; not secret, unlike the key."""
    return f"L-{secrets.token_hex(3).upper()}"


@audit_log.register(
    mask=["key"],
    transitions={
        "is_enabled": {True: "enable", False: "disable"},
        "features": "update_features",
        "consumption": {0: "reset_consumption"},
    },
    m2m={"users": ("assign_user", "unassign_user")},
    tenant=always(LICENSING),
)
class License(models.Model):
    """The right to use a product, on some devices, by some people."""

    number = models.CharField(
        _("number"), max_length=20, unique=True, default=new_license_number, editable=False
    )
    key = models.CharField(_("license key"), max_length=40, default=new_key)
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="licenses", verbose_name=_("order")
    )
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="licenses", verbose_name=_("product")
    )
    license_type = models.CharField(
        _("license type"), max_length=20, choices=LicenseType, default=LicenseType.SUBSCRIPTION
    )
    seats = models.PositiveIntegerField(_("seats"), default=5)
    max_devices = models.PositiveIntegerField(_("devices"), default=3)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    consumption = models.PositiveBigIntegerField(_("consumption"), default=0)
    consumption_limit = models.PositiveBigIntegerField(
        _("consumption limit"), null=True, blank=True
    )
    features = models.JSONField(_("features"), default=list, blank=True)
    allows_borrowing = models.BooleanField(_("devices may borrow it"), default=True)
    is_enabled = models.BooleanField(_("enabled"), default=True)
    note = models.TextField(_("note"), blank=True)
    users = models.ManyToManyField(
        EndUser, blank=True, related_name="licenses", verbose_name=_("users")
    )

    class Meta:
        ordering = ["number"]
        verbose_name = _("license")
        verbose_name_plural = _("licenses")

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("licensing:license-detail", args=[self.pk])

    @property
    def feature_labels(self) -> list[str]:
        """The features in words, in the order of the form."""
        return [str(choice.label) for choice in Feature if choice.value in self.features]

    def enable(self) -> None:
        """Let it be used again."""
        self.is_enabled = True
        self.save(update_fields=["is_enabled"])

    def disable(self) -> None:
        """Stop its use until further notice."""
        self.is_enabled = False
        self.save(update_fields=["is_enabled"])

    def reset(self) -> None:
        """Free the license of every device that is active on it."""
        active = self.devices.filter(activated_at__isnull=False)
        numbers = [device.hostname for device in active]
        for device in active:
            device.reset()
        # No column of the license changes: the action is told in so many words.
        audit_log.record("license.reset", target=self, metadata={"devices": numbers})

    def use(self, units: int) -> None:
        """Count ``units`` as consumed. Raises :class:`Refused` past the limit."""
        if self.consumption_limit is not None and units > self.consumption_limit - self.consumption:
            raise Refused(_("The license's consumption limit would be exceeded."))
        self.consumption += units
        self.save(update_fields=["consumption"])

    def reset_consumption(self) -> None:
        """Count from zero again."""
        self.consumption = 0
        self.save(update_fields=["consumption"])

    def set_features(self, features: list[str]) -> None:
        """Switch on exactly these; they are kept in one order, so that only a change is one."""
        self.features = [choice.value for choice in Feature if choice.value in features]
        self.save(update_fields=["features"])

    def assign(self, user: EndUser) -> None:
        """Give the person a seat. Raises :class:`Refused` where none is left."""
        if self.users.count() >= self.seats:
            refusal = Refused(_("Every seat of the license is taken."))
            # What was tried and refused is worth knowing, too.
            audit_log.record(
                "license.assign_user",
                target=self,
                metadata={"refused": str(refusal)},
                references=[user],
                outcome="failure",
            )
            raise refusal
        self.users.add(user)

    def unassign(self, user: EndUser) -> None:
        """Take the seat back."""
        self.users.remove(user)


@audit_log.register(
    exclude=["last_seen_at"],
    transitions={
        "is_blacklisted": {True: "blacklist"},
        "is_borrowed": {True: "borrow", False: "release_borrow"},
        "activated_at": {None: "reset"},
    },
    references=["license"],
    tenant=always(LICENSING),
)
class Device(models.Model):
    """A computer on which a license was activated."""

    license = models.ForeignKey(
        License, on_delete=models.CASCADE, related_name="devices", verbose_name=_("license")
    )
    hostname = models.CharField(_("host name"), max_length=100)
    hardware_id = models.CharField(_("hardware id"), max_length=100)
    operating_system = models.CharField(_("operating system"), max_length=60, blank=True)
    app_version = models.CharField(_("version"), max_length=20, blank=True)
    activated_at = models.DateTimeField(_("activated"), null=True, blank=True, default=timezone.now)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True)
    is_blacklisted = models.BooleanField(_("blacklisted"), default=False)
    is_borrowed = models.BooleanField(_("borrowed"), default=False)
    borrowed_until = models.DateField(_("borrowed until"), null=True, blank=True)

    class Meta:
        ordering = ["hostname"]
        verbose_name = _("device")
        verbose_name_plural = _("devices")

    def __str__(self) -> str:
        return self.hostname

    def get_absolute_url(self) -> str:
        return reverse("licensing:license-detail", args=[self.license_id])

    def reset(self) -> None:
        """Take the activation back: another device may have its place."""
        self.activated_at = None
        self.save(update_fields=["activated_at"])

    def blacklist(self) -> None:
        """Never let it use the license again."""
        self.is_blacklisted = True
        self.save(update_fields=["is_blacklisted"])

    def borrow(self, until: date) -> None:
        """Let it use the license without a connection until that day.

        Raises :class:`Refused` where the license or the device may not.
        """
        if self.is_blacklisted or not self.license.allows_borrowing:
            refusal = Refused(
                _("A blacklisted device cannot borrow.")
                if self.is_blacklisted
                else _("The license does not allow borrowing.")
            )
            audit_log.record(
                "device.borrow",
                target=self,
                metadata={"refused": str(refusal)},
                outcome="failure",
            )
            raise refusal
        self.is_borrowed, self.borrowed_until = True, until
        self.save(update_fields=["is_borrowed", "borrowed_until"])

    def release_borrow(self) -> None:
        """The device is back: it needs a connection again."""
        self.is_borrowed, self.borrowed_until = False, None
        self.save(update_fields=["is_borrowed", "borrowed_until"])

    def seen(self) -> None:
        """It called. Nobody needs an entry for that."""
        self.last_seen_at = timezone.now()
        self.save(update_fields=["last_seen_at"])


@audit_log.register(references=["license"], tenant=always(LICENSING))
class LicenseCustomField(models.Model):
    """A name and a value that the vendor notes about one license."""

    license = models.ForeignKey(
        License, on_delete=models.CASCADE, related_name="custom_fields", verbose_name=_("license")
    )
    name = models.CharField(_("name"), max_length=60)
    value = models.CharField(_("value"), max_length=200, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("license custom field")
        verbose_name_plural = _("license custom fields")
        constraints = [
            models.UniqueConstraint(fields=["license", "name"], name="license_custom_field_name")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("licensing:license-detail", args=[self.license_id])
