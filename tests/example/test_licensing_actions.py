"""Every action of the licensing platform, performed as a person does: by forms in the browser.

``TABLE`` is the vocabulary of the platform that the example was modelled on, one to one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.authtoken.models import Token

from audit_log import catalogue
from audit_log.models import AuditEntry
from example_project.licensing import models
from example_project.licensing.models.platform import Permission as PlatformPermission

pytestmark = [pytest.mark.django_db, pytest.mark.urls("example_project.urls")]

ADDRESS = "203.0.113.9"
REASON = "ticket 811"
ALL_PERMISSIONS = PlatformPermission.values

TABLE = {
    "platform_user_added": ("platform_user.add", "Platform user added", "create"),
    "platform_user_updated": ("platform_user.update", "Platform user updated", "update"),
    "platform_user_removed": ("platform_user.remove", "Platform user removed", "delete"),
    "user_permission_template_created": (
        "user_permission_template.create",
        "User permission template created",
        "create",
    ),
    "user_permission_template_updated": (
        "user_permission_template.update",
        "User permission template updated",
        "update",
    ),
    "user_permission_template_permissions_set": (
        "user_permission_template.set_permissions",
        "Permissions of a template set",
        "update",
    ),
    "user_permission_template_deleted": (
        "user_permission_template.delete",
        "User permission template deleted",
        "delete",
    ),
    "notification_policy_created": (
        "notification_policy.create",
        "Notification policy created",
        "create",
    ),
    "notification_policy_updated": (
        "notification_policy.update",
        "Notification policy updated",
        "update",
    ),
    "notification_policy_deleted": (
        "notification_policy.delete",
        "Notification policy deleted",
        "delete",
    ),
    "product_created": ("product.create", "Product created", "create"),
    "product_updated": ("product.update", "Product updated", "update"),
    "product_activated": ("product.activate", "Product activated", "update"),
    "product_deactivated": ("product.deactivate", "Product deactivated", "update"),
    "product_archived": ("product.archive", "Product archived", "update"),
    "product_unarchived": ("product.unarchive", "Product unarchived", "update"),
    "product_deleted": ("product.delete", "Product deleted", "delete"),
    "customer_created": ("customer.create", "Customer created", "create"),
    "customer_updated": ("customer.update", "Customer updated", "update"),
    "customer_deleted": ("customer.delete", "Customer deleted", "delete"),
    "order_created": ("order.create", "Order created", "create"),
    "order_updated": ("order.update", "Order updated", "update"),
    "order_manager_added": ("order.add_manager", "Order manager added", "update"),
    "order_manager_removed": ("order.remove_manager", "Order manager removed", "update"),
    "order_deleted": ("order.delete", "Order deleted", "delete"),
    "license_created": ("license.create", "License created", "create"),
    "license_updated": ("license.update", "License updated", "update"),
    "license_reset": ("license.reset", "License reset", "update"),
    "license_disabled": ("license.disable", "License disabled", "update"),
    "license_enabled": ("license.enable", "License enabled", "update"),
    "license_consumption_reset": (
        "license.reset_consumption",
        "License consumption reset",
        "update",
    ),
    "license_user_assigned": ("license.assign_user", "License user assigned", "update"),
    "license_user_unassigned": ("license.unassign_user", "License user unassigned", "update"),
    "license_features_updated": ("license.update_features", "License features updated", "update"),
    "license_deleted": ("license.delete", "License deleted", "delete"),
    "license_custom_field_created": (
        "license_custom_field.create",
        "License custom field created",
        "create",
    ),
    "license_custom_field_updated": (
        "license_custom_field.update",
        "License custom field updated",
        "update",
    ),
    "license_custom_field_deleted": (
        "license_custom_field.delete",
        "License custom field deleted",
        "delete",
    ),
    "device_reset": ("device.reset", "Device reset", "update"),
    "device_blacklisted": ("device.blacklist", "Device blacklisted", "update"),
    "device_borrowed": ("device.borrow", "Device borrowed", "update"),
    "device_borrow_released": ("device.release_borrow", "Device borrow released", "update"),
}
"""Vendor's name: (our action, label, event type)."""


@dataclass
class Expected:
    """What the entry must say of its object."""

    target: Model | tuple[str, str, str]
    changes: dict[str, Any]
    references: list[Model] = field(default_factory=list)


class Platform:
    """A platform in use, and a person in front of it."""

    def __init__(self) -> None:
        accounts = get_user_model().objects
        self.account = accounts.create_user(
            "mara", "mara@vendor.example", first_name="Mara", last_name="Lindqvist"
        )
        self.newcomer = accounts.create_user("ravi")
        self.template = models.PermissionTemplate.objects.create(name="All")
        self.template.set_permissions(ALL_PERMISSIONS)
        self.member = models.PlatformUser.objects.create(
            user=self.account, display_name="Mara Lindqvist", permission_template=self.template
        )
        self.policy = models.NotificationPolicy.objects.create(
            name="Renewals", event="license_expiring", recipients="sales@vendor.example"
        )
        self.product = models.Product.objects.create(name="Atlas", code="atlas")
        self.customer = models.Customer.objects.create(
            company_name="Fjord Energy", email="info@fjord.example"
        )
        self.end_user = models.EndUser.objects.create(
            customer=self.customer, full_name="Ingrid Dahl", email="ingrid@fjord.example"
        )
        self.order = models.Order.objects.create(
            number="O-1", customer=self.customer, placed_on=date(2026, 3, 2)
        )
        self.license = models.License.objects.create(
            number="L-1", order=self.order, product=self.product, consumption=7
        )
        self.client = Client(REMOTE_ADDR=ADDRESS)
        self.client.force_login(self.account)

    def device(self, **values: Any) -> models.Device:
        """A computer that has the license activated."""
        return models.Device.objects.create(
            license=self.license, hostname="rig-1", hardware_id="00aa", **values
        )

    def custom_field(self) -> models.LicenseCustomField:
        return models.LicenseCustomField.objects.create(
            license=self.license, name="Cost centre", value="CC-1"
        )

    def post(self, view: str, *args: Any, **data: Any) -> None:
        """Send a form; whatever is wrong with it shows as another status."""
        url = reverse(f"licensing:{view}", args=args)
        answer = self.client.post(url, {"reason": REASON, **data})
        assert answer.status_code == 302, answer.content.decode()

    def edit(self, view: str, obj: Model, **data: Any) -> None:
        """Open the form of an object as it is, change some fields, and send it."""
        url = reverse(f"licensing:{view}", args=[obj.pk])
        form = self.client.get(url).context["form"]
        values = {name: form[name].value() for name in form.fields}
        # A box that is not ticked is not sent.
        filled = {n: v for n, v in values.items() if v is not None and v is not False}
        answer = self.client.post(url, {**filled, "reason": REASON, **data})
        assert answer.status_code == 302, answer.content.decode()


@pytest.fixture
def platform() -> Platform:
    return Platform()


Steps = Iterator[Expected | None]
PERFORM: dict[str, Callable[[Platform], Steps]] = {}


def performs(vendor_name: str) -> Callable[[Any], Any]:
    """Prepares what is needed, yields, performs the action, yields what the entry must say."""

    def keep(function: Callable[[Platform], Steps]) -> Callable[[Platform], Steps]:
        PERFORM[vendor_name] = function
        return function

    return keep


def gone(obj: Model) -> tuple[str, str, str]:
    """The target of an entry about an object that will have no key any more."""
    return obj._meta.label_lower, str(obj.pk), str(obj)


def set_to(**values: Any) -> dict[str, Any]:
    """The changes of a creation."""
    return {name: {"old": None, "new": value} for name, value in values.items()}


def was(**values: Any) -> dict[str, Any]:
    """The changes of a deletion."""
    return {name: {"old": value, "new": None} for name, value in values.items()}


def moved(name: str, old: Any, new: Any) -> dict[str, Any]:
    """The changes of an update of one field."""
    return {name: {"old": old, "new": new}}


def linked(name: str, verb: str, obj: Model) -> dict[str, Any]:
    """The changes of a many-to-many field by one object."""
    one = [{"id": str(obj.pk), "repr": str(obj)}]
    return {name: {"added": [], "removed": [], verb: one}}


@performs("platform_user_added")
def _(p: Platform) -> Steps:
    yield None
    p.post("platformuser-create", user=p.newcomer.pk, display_name="Ravi Menon", role="support")
    expected = set_to(user=p.newcomer.pk, display_name="Ravi Menon", role="support")
    expected["user"]["new_repr"] = "ravi"
    yield Expected(models.PlatformUser.objects.get(user=p.newcomer), expected)


@performs("platform_user_updated")
def _(p: Platform) -> Steps:
    yield None
    p.edit("platformuser-update", p.member, role="sales")
    yield Expected(p.member, moved("role", "support", "sales"))


@performs("platform_user_removed")
def _(p: Platform) -> Steps:
    ravi = models.PlatformUser.objects.create(user=p.newcomer, display_name="Ravi Menon")
    target = gone(ravi)
    yield None
    p.post("platformuser-delete", ravi.pk)
    yield Expected(target, was(user=p.newcomer.pk, display_name="Ravi Menon", role="support"))


@performs("user_permission_template_created")
def _(p: Platform) -> Steps:
    yield None
    p.post("template-create", name="Sales")
    template = models.PermissionTemplate.objects.get(name="Sales")
    yield Expected(template, set_to(name="Sales", description="", permissions=[]))


@performs("user_permission_template_updated")
def _(p: Platform) -> Steps:
    yield None
    p.edit("template-update", p.template, description="may do everything")
    yield Expected(p.template, moved("description", "", "may do everything"))


@performs("user_permission_template_permissions_set")
def _(p: Platform) -> Steps:
    template = models.PermissionTemplate.objects.create(name="Sales")
    yield None
    p.post("template-permissions", template.pk, permissions=["manage_orders", "manage_customers"])
    yield Expected(template, moved("permissions", [], ["manage_customers", "manage_orders"]))


@performs("user_permission_template_deleted")
def _(p: Platform) -> Steps:
    template = models.PermissionTemplate.objects.create(name="Sales")
    target = gone(template)
    yield None
    p.post("template-delete", template.pk)
    yield Expected(target, was(name="Sales", description="", permissions=[]))


@performs("notification_policy_created")
def _(p: Platform) -> Steps:
    yield None
    values = {
        "name": "Fraud",
        "event": "device_blacklisted",
        "recipients": "ada@vendor.example",
        "days_before": 14,
    }
    p.post("policy-create", **values)
    policy = models.NotificationPolicy.objects.get(name="Fraud")
    yield Expected(policy, set_to(**values, is_active=False))


@performs("notification_policy_updated")
def _(p: Platform) -> Steps:
    yield None
    p.edit("policy-update", p.policy, days_before=30)
    yield Expected(p.policy, moved("days_before", 14, 30))


@performs("notification_policy_deleted")
def _(p: Platform) -> Steps:
    target = gone(p.policy)
    yield None
    p.post("policy-delete", p.policy.pk)
    yield Expected(
        target,
        was(
            name="Renewals",
            event="license_expiring",
            recipients="sales@vendor.example",
            days_before=14,
            is_active=True,
        ),
    )


@performs("product_created")
def _(p: Platform) -> Steps:
    yield None
    values = {"name": "Beacon", "code": "beacon", "license_type": "trial", "max_devices": 4}
    p.post("product-create", **values, list_price="12.5")
    yield Expected(
        models.Product.objects.get(code="beacon"),
        set_to(**values, description="", list_price="12.50", is_active=True, is_archived=False),
    )


@performs("product_updated")
def _(p: Platform) -> Steps:
    yield None
    p.edit("product-update", p.product, list_price="1390")
    yield Expected(p.product, moved("list_price", "0.00", "1390.00"))


@performs("product_activated")
def _(p: Platform) -> Steps:
    product = models.Product.objects.create(name="Beacon", code="beacon", is_active=False)
    yield None
    p.post("product-action", product.pk, "activate")
    yield Expected(product, moved("is_active", False, True))


@performs("product_deactivated")
def _(p: Platform) -> Steps:
    yield None
    p.post("product-action", p.product.pk, "deactivate")
    yield Expected(p.product, moved("is_active", True, False))


@performs("product_archived")
def _(p: Platform) -> Steps:
    yield None
    p.post("product-action", p.product.pk, "archive")
    yield Expected(p.product, moved("is_archived", False, True))


@performs("product_unarchived")
def _(p: Platform) -> Steps:
    product = models.Product.objects.create(name="Beacon", code="beacon", is_archived=True)
    yield None
    p.post("product-action", product.pk, "unarchive")
    yield Expected(product, moved("is_archived", True, False))


@performs("product_deleted")
def _(p: Platform) -> Steps:
    product = models.Product.objects.create(name="Beacon", code="beacon")
    target = gone(product)
    yield None
    p.post("product-delete", product.pk)
    yield Expected(
        target,
        was(
            name="Beacon",
            code="beacon",
            description="",
            license_type="subscription",
            list_price="0.00",
            max_devices=3,
            is_active=True,
            is_archived=False,
        ),
    )


CUSTOMER = {
    "company_name": "Red Kite Studios",
    "contact_name": "Amelia Wright",
    "email": "info@kite.example",
    "phone": "",
    "country": "United Kingdom",
    "note": "",
}


@performs("customer_created")
def _(p: Platform) -> Steps:
    yield None
    p.post("customer-create", **CUSTOMER)
    customer = models.Customer.objects.get(company_name="Red Kite Studios")
    yield Expected(customer, set_to(**CUSTOMER))


@performs("customer_updated")
def _(p: Platform) -> Steps:
    yield None
    p.edit("customer-update", p.customer, country="Norway", phone="+47 1")
    yield Expected(p.customer, moved("country", "", "Norway") | moved("phone", "", "+47 1"))


@performs("customer_deleted")
def _(p: Platform) -> Steps:
    customer = models.Customer.objects.create(**CUSTOMER)
    target = gone(customer)
    yield None
    p.post("customer-delete", customer.pk)
    yield Expected(target, was(**CUSTOMER))


@performs("order_created")
def _(p: Platform) -> Steps:
    yield None
    p.post("order-create", customer=p.customer.pk, placed_on="2026-03-04", purchase_order="PO-7")
    order = models.Order.objects.get(purchase_order="PO-7")
    changes = set_to(
        number=order.number,
        customer=p.customer.pk,
        placed_on="2026-03-04",
        purchase_order="PO-7",
        note="",
    )
    changes["customer"]["new_repr"] = "Fjord Energy"
    yield Expected(order, changes)


@performs("order_updated")
def _(p: Platform) -> Steps:
    yield None
    p.edit("order-update", p.order, placed_on="2026-03-04")
    yield Expected(p.order, moved("placed_on", "2026-03-02", "2026-03-04"))


@performs("order_manager_added")
def _(p: Platform) -> Steps:
    yield None
    p.post("order-add-manager", p.order.pk, manager=p.member.pk)
    yield Expected(p.order, linked("managers", "added", p.member), [p.member])


@performs("order_manager_removed")
def _(p: Platform) -> Steps:
    p.order.managers.add(p.member)
    yield None
    p.post("order-remove-manager", p.order.pk, manager=p.member.pk)
    yield Expected(p.order, linked("managers", "removed", p.member), [p.member])


@performs("order_deleted")
def _(p: Platform) -> Steps:
    order = models.Order.objects.create(
        number="O-9", customer=p.customer, placed_on=date(2026, 3, 9)
    )
    target = gone(order)
    yield None
    p.post("order-delete", order.pk)
    yield Expected(
        target,
        was(
            number="O-9",
            customer=p.customer.pk,
            placed_on="2026-03-09",
            purchase_order="",
            note="",
        ),
    )


@performs("license_created")
def _(p: Platform) -> Steps:
    yield None
    values = {
        "order": p.order.pk,
        "product": p.product.pk,
        "license_type": "perpetual",
        "seats": 9,
        "max_devices": 2,
        "valid_until": "2027-03-02",
        "note": "by phone",
    }
    p.post("license-create", **values, allows_borrowing="on")
    license = models.License.objects.get(seats=9)
    changes = set_to(
        **values,
        number=license.number,
        consumption=0,
        features=[],
        allows_borrowing=True,
        is_enabled=True,
    )
    changes["order"]["new_repr"] = "O-1"
    changes["product"]["new_repr"] = "Atlas"
    changes["key"] = {"masked": True}
    yield Expected(license, changes)


@performs("license_updated")
def _(p: Platform) -> Steps:
    yield None
    p.edit("license-update", p.license, seats=40, consumption_limit=500)
    yield Expected(p.license, moved("seats", 5, 40) | moved("consumption_limit", None, 500))


@performs("license_reset")
def _(p: Platform) -> Steps:
    p.device(activated_at=None)
    yield None
    p.post("license-action", p.license.pk, "reset")
    yield Expected(p.license, {})


@performs("license_disabled")
def _(p: Platform) -> Steps:
    yield None
    p.post("license-action", p.license.pk, "disable")
    yield Expected(p.license, moved("is_enabled", True, False))


@performs("license_enabled")
def _(p: Platform) -> Steps:
    p.license.disable()
    yield None
    p.post("license-action", p.license.pk, "enable")
    yield Expected(p.license, moved("is_enabled", False, True))


@performs("license_consumption_reset")
def _(p: Platform) -> Steps:
    yield None
    p.post("license-action", p.license.pk, "reset-consumption")
    yield Expected(p.license, moved("consumption", 7, 0))


@performs("license_user_assigned")
def _(p: Platform) -> Steps:
    yield None
    p.post("license-assign-user", p.license.pk, user=p.end_user.pk)
    yield Expected(p.license, linked("users", "added", p.end_user), [p.end_user])


@performs("license_user_unassigned")
def _(p: Platform) -> Steps:
    p.license.assign(p.end_user)
    yield None
    p.post("license-unassign-user", p.license.pk, user=p.end_user.pk)
    yield Expected(p.license, linked("users", "removed", p.end_user), [p.end_user])


@performs("license_features_updated")
def _(p: Platform) -> Steps:
    yield None
    p.post("license-features", p.license.pk, features=["api", "export"])
    yield Expected(p.license, moved("features", [], ["export", "api"]))


@performs("license_deleted")
def _(p: Platform) -> Steps:
    target = gone(p.license)
    yield None
    p.post("license-delete", p.license.pk)
    changes = was(
        number="L-1",
        order=p.order.pk,
        product=p.product.pk,
        license_type="subscription",
        seats=5,
        max_devices=3,
        consumption=7,
        features=[],
        allows_borrowing=True,
        is_enabled=True,
        note="",
    )
    changes["key"] = {"masked": True}
    yield Expected(target, changes)


@performs("license_custom_field_created")
def _(p: Platform) -> Steps:
    yield None
    p.post("customfield-create", p.license.pk, name="Cost centre", value="CC-1")
    changes = set_to(license=p.license.pk, name="Cost centre", value="CC-1")
    changes["license"]["new_repr"] = "L-1"
    yield Expected(models.LicenseCustomField.objects.get(), changes, [p.license])


@performs("license_custom_field_updated")
def _(p: Platform) -> Steps:
    custom = p.custom_field()
    yield None
    p.edit("customfield-update", custom, value="CC-2")
    yield Expected(custom, moved("value", "CC-1", "CC-2"), [p.license])


@performs("license_custom_field_deleted")
def _(p: Platform) -> Steps:
    custom = p.custom_field()
    target = gone(custom)
    yield None
    p.post("customfield-delete", custom.pk)
    changes = was(license=p.license.pk, name="Cost centre", value="CC-1")
    yield Expected(target, changes, [p.license])


@performs("device_reset")
def _(p: Platform) -> Steps:
    device = p.device(activated_at=datetime(2026, 3, 2, 8, 30, tzinfo=UTC))
    yield None
    p.post("device-action", device.pk, "reset")
    yield Expected(device, moved("activated_at", "2026-03-02T08:30:00.000000Z", None), [p.license])


@performs("device_blacklisted")
def _(p: Platform) -> Steps:
    device = p.device()
    yield None
    p.post("device-action", device.pk, "blacklist")
    yield Expected(device, moved("is_blacklisted", False, True), [p.license])


@performs("device_borrowed")
def _(p: Platform) -> Steps:
    device = p.device()
    until = (timezone.localdate() + timedelta(days=14)).isoformat()
    yield None
    p.post("device-borrow", device.pk, until=until)
    changes = moved("is_borrowed", False, True) | moved("borrowed_until", None, until)
    yield Expected(device, changes, [p.license])


@performs("device_borrow_released")
def _(p: Platform) -> Steps:
    device = p.device()
    device.borrow(date(2026, 4, 1))
    yield None
    p.post("device-action", device.pk, "release-borrow")
    changes = moved("is_borrowed", True, False) | moved("borrowed_until", "2026-04-01", None)
    yield Expected(device, changes, [p.license])


def perform(platform: Platform, vendor_name: str) -> tuple[list[AuditEntry], Expected]:
    """Return the entries that the action left, and what they should say."""
    steps = PERFORM[vendor_name](platform)
    next(steps)
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    expected = next(steps)
    assert expected is not None
    return list(AuditEntry.objects.exclude(pk__in=before)), expected


def test_the_whole_table_is_performed() -> None:
    assert PERFORM.keys() == TABLE.keys()


@pytest.mark.parametrize("vendor_name", TABLE)
def test_action_leaves_exactly_one_entry(platform: Platform, vendor_name: str) -> None:
    action, label, event_type = TABLE[vendor_name]
    entries, expected = perform(platform, vendor_name)

    assert [entry.action for entry in entries] == [action]
    entry = entries[0]
    target = expected.target if isinstance(expected.target, tuple) else gone(expected.target)
    assert (entry.target_type, entry.target_id, entry.target_repr) == target
    assert entry.changes == expected.changes
    assert set(entry.references.values_list("target_type", "target_id")) == {
        gone(reference)[:2] for reference in expected.references
    }
    assert catalogue.label_of(entry.action) == label
    assert (entry.event_type, entry.outcome) == (event_type, "success")
    assert entry.actor_id == platform.account.pk
    assert entry.actor_type == "user"
    assert entry.actor_repr == "Mara Lindqvist <mara@vendor.example>"
    assert (entry.reason, entry.remote_addr) == (REASON, ADDRESS)
    assert entry.metadata["method"] == "POST"


DETAIL_PAGES = {
    models.Product: "product",
    models.Customer: "customer",
    models.Order: "order",
    models.License: "license",
}


@pytest.mark.parametrize(
    "vendor_name",
    [name for name in TABLE if name.startswith(("license_", "device_", "order_", "product_"))],
)
def test_action_is_in_the_table_of_the_items_page(platform: Platform, vendor_name: str) -> None:
    reader = Permission.objects.get(codename="view_auditentry")
    platform.account.user_permissions.add(reader)
    _entries, expected = perform(platform, vendor_name)
    if vendor_name.endswith("_deleted") and not expected.references:
        return  # the page is gone with the item
    label = TABLE[vendor_name][1]
    pages = [expected.target, *expected.references]
    for item in pages:
        if type(item) in DETAIL_PAGES:
            page = platform.client.get(item.get_absolute_url())
            assert label in page.content.decode()


def test_reset_of_a_license_also_resets_its_devices(platform: Platform) -> None:
    device = platform.device()
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    platform.post("license-action", platform.license.pk, "reset")

    entries = AuditEntry.objects.exclude(pk__in=before).order_by("id")
    assert [entry.action for entry in entries] == ["device.reset", "license.reset"]
    assert entries[1].metadata["devices"] == [device.hostname]
    assert len({entry.correlation_id for entry in entries}) == 1
    assert set(AuditEntry.objects.for_object(platform.license)) >= set(entries)


def test_deleting_a_license_tells_of_what_goes_with_it(platform: Platform) -> None:
    platform.device()
    platform.custom_field()
    license = models.License.objects.get()
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    platform.post("license-delete", license.pk)

    entries = AuditEntry.objects.exclude(pk__in=before)
    assert sorted(entry.action for entry in entries) == [
        "device.delete",
        "license.delete",
        "license_custom_field.delete",
    ]
    assert set(AuditEntry.objects.for_object(license)) >= set(entries)


def test_unchanged_form_leaves_nothing(platform: Platform) -> None:
    before = AuditEntry.objects.count()
    platform.edit("license-update", platform.license)
    platform.edit("product-update", platform.product)
    platform.post("license-action", platform.license.pk, "enable")
    platform.post("template-permissions", platform.template.pk, permissions=ALL_PERMISSIONS)
    assert AuditEntry.objects.count() == before


def test_call_of_a_device_leaves_nothing(platform: Platform) -> None:
    device = platform.device()
    before = AuditEntry.objects.count()
    device.seen()
    assert models.Device.objects.get().last_seen_at is not None
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize(
    ("action", "prepare", "view", "message"),
    [
        ("license.assign_user", {"seats": 0}, "license-assign-user", "Every seat"),
        ("device.borrow", {"allows_borrowing": False}, "device-borrow", "does not allow"),
    ],
)
def test_refusal_is_told_as_a_failure(
    platform: Platform, action: str, prepare: dict[str, Any], view: str, message: str
) -> None:
    models.License.objects.filter(pk=platform.license.pk).update(**prepare)
    device = platform.device()
    target = platform.license if view.startswith("license") else device
    until = (timezone.localdate() + timedelta(days=3)).isoformat()
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    platform.post(view, target.pk, user=platform.end_user.pk, until=until)

    entry = AuditEntry.objects.exclude(pk__in=before).get()
    assert (entry.action, entry.outcome) == (action, "failure")
    assert (entry.target_type, entry.target_id) == gone(target)[:2]
    assert entry.reason == REASON
    assert message in entry.metadata["refused"]
    assert not platform.license.users.exists()
    assert not models.Device.objects.get().is_borrowed


def test_consumption_past_the_limit_is_refused(platform: Platform) -> None:
    platform.edit("license-update", platform.license, consumption_limit=10)
    platform.post("license-use", platform.license.pk, units=3)
    platform.post("license-use", platform.license.pk, units=1)
    assert models.License.objects.get().consumption == 10


def test_somebody_without_the_permission_changes_nothing(platform: Platform) -> None:
    platform.template.set_permissions(["manage_products"])
    url = reverse("licensing:license-action", args=[platform.license.pk, "disable"])
    assert platform.client.post(url).status_code == 403
    assert models.License.objects.get().is_enabled


def test_somebody_without_an_account_sees_nothing(platform: Platform) -> None:
    answer = Client().get(platform.license.get_absolute_url())
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("login"))


def test_actor_of_the_rest_api_is_the_tokens_user(platform: Platform) -> None:
    token = Token.objects.create(user=platform.account)
    url = f"/api/licenses/{platform.license.pk}/disable/"
    assert Client().post(url).status_code == 401
    answer = Client(REMOTE_ADDR=ADDRESS).post(
        url, {"reason": REASON}, headers={"Authorization": f"Token {token.key}"}
    )
    assert answer.status_code == 200
    assert answer.json()["is_enabled"] is False

    entry = AuditEntry.objects.get(action="license.disable")
    assert entry.actor_id == platform.account.pk
    assert entry.actor_repr == "Mara Lindqvist <mara@vendor.example>"
    assert (entry.reason, entry.remote_addr) == (REASON, ADDRESS)


def test_nobody_finds_the_license_key_in_the_log(platform: Platform) -> None:
    platform.license.delete()
    texts = [str(entry.changes) + entry.target_repr for entry in AuditEntry.objects.all()]
    assert texts
    assert not any(platform.license.key in text for text in texts)
