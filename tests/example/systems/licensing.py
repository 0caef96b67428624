"""C: the licensing platform, by its forms."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from example_project.licensing import models
from example_project.licensing.models.platform import Permission
from tests.example.systems.common import (
    Expected,
    Performers,
    Steps,
    World,
    gone,
    linked,
    moved,
    set_to,
    was,
)

ALL_PERMISSIONS = Permission.values
performs = Performers()


class Platform(World):
    namespace = "licensing"
    tenant = "licensing"

    def __init__(self) -> None:
        super().__init__()
        self.newcomer = get_user_model().objects.create_user("ravi")
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

    def device(self, **values: Any) -> models.Device:
        """A computer that has the license activated."""
        return models.Device.objects.create(
            license=self.license, hostname="rig-1", hardware_id="00aa", **values
        )

    def custom_field(self) -> models.LicenseCustomField:
        return models.LicenseCustomField.objects.create(
            license=self.license, name="Cost centre", value="CC-1"
        )


@performs("platform_user.add")
def _(p: Platform) -> Steps:
    yield None
    p.post("platformuser-create", user=p.newcomer.pk, display_name="Ravi Menon", role="support")
    expected = set_to(user=p.newcomer.pk, display_name="Ravi Menon", role="support")
    expected["user"]["new_repr"] = "ravi"
    yield Expected(models.PlatformUser.objects.get(user=p.newcomer), expected)


@performs("platform_user.update")
def _(p: Platform) -> Steps:
    yield None
    p.edit("platformuser-update", p.member.pk, role="sales")
    yield Expected(p.member, moved("role", "support", "sales"))


@performs("platform_user.remove")
def _(p: Platform) -> Steps:
    ravi = models.PlatformUser.objects.create(user=p.newcomer, display_name="Ravi Menon")
    target = gone(ravi)
    yield None
    p.post("platformuser-delete", ravi.pk)
    yield Expected(target, was(user=p.newcomer.pk, display_name="Ravi Menon", role="support"))


@performs("user_permission_template.create")
def _(p: Platform) -> Steps:
    yield None
    p.post("template-create", name="Sales")
    template = models.PermissionTemplate.objects.get(name="Sales")
    yield Expected(template, set_to(name="Sales", description="", permissions=[]))


@performs("user_permission_template.update")
def _(p: Platform) -> Steps:
    yield None
    p.edit("template-update", p.template.pk, description="may do everything")
    yield Expected(p.template, moved("description", "", "may do everything"))


@performs("user_permission_template.set_permissions")
def _(p: Platform) -> Steps:
    template = models.PermissionTemplate.objects.create(name="Sales")
    yield None
    p.post("template-permissions", template.pk, permissions=["manage_orders", "manage_customers"])
    yield Expected(template, moved("permissions", [], ["manage_customers", "manage_orders"]))


@performs("user_permission_template.delete")
def _(p: Platform) -> Steps:
    template = models.PermissionTemplate.objects.create(name="Sales")
    target = gone(template)
    yield None
    p.post("template-delete", template.pk)
    yield Expected(target, was(name="Sales", description="", permissions=[]))


@performs("notification_policy.create")
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


@performs("notification_policy.update")
def _(p: Platform) -> Steps:
    yield None
    p.edit("policy-update", p.policy.pk, days_before=30)
    yield Expected(p.policy, moved("days_before", 14, 30))


@performs("notification_policy.delete")
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


@performs("product.create")
def _(p: Platform) -> Steps:
    yield None
    values = {"name": "Beacon", "code": "beacon", "license_type": "trial", "max_devices": 4}
    p.post("product-create", **values, list_price="12.5")
    yield Expected(
        models.Product.objects.get(code="beacon"),
        set_to(**values, description="", list_price="12.50", is_active=True, is_archived=False),
    )


@performs("product.update")
def _(p: Platform) -> Steps:
    yield None
    p.edit("product-update", p.product.pk, list_price="1390")
    yield Expected(p.product, moved("list_price", "0.00", "1390.00"))


@performs("product.activate")
def _(p: Platform) -> Steps:
    product = models.Product.objects.create(name="Beacon", code="beacon", is_active=False)
    yield None
    p.post("product-action", product.pk, "activate")
    yield Expected(product, moved("is_active", False, True))


@performs("product.deactivate")
def _(p: Platform) -> Steps:
    yield None
    p.post("product-action", p.product.pk, "deactivate")
    yield Expected(p.product, moved("is_active", True, False))


@performs("product.archive")
def _(p: Platform) -> Steps:
    yield None
    p.post("product-action", p.product.pk, "archive")
    yield Expected(p.product, moved("is_archived", False, True))


@performs("product.unarchive")
def _(p: Platform) -> Steps:
    product = models.Product.objects.create(name="Beacon", code="beacon", is_archived=True)
    yield None
    p.post("product-action", product.pk, "unarchive")
    yield Expected(product, moved("is_archived", True, False))


@performs("product.delete")
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


@performs("customer.create")
def _(p: Platform) -> Steps:
    yield None
    p.post("customer-create", **CUSTOMER)
    customer = models.Customer.objects.get(company_name="Red Kite Studios")
    yield Expected(customer, set_to(**CUSTOMER))


@performs("customer.update")
def _(p: Platform) -> Steps:
    yield None
    p.edit("customer-update", p.customer.pk, country="Norway", phone="+47 1")
    yield Expected(p.customer, moved("country", "", "Norway") | moved("phone", "", "+47 1"))


@performs("customer.delete")
def _(p: Platform) -> Steps:
    customer = models.Customer.objects.create(**CUSTOMER)
    target = gone(customer)
    yield None
    p.post("customer-delete", customer.pk)
    yield Expected(target, was(**CUSTOMER))


@performs("order.create")
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


@performs("order.update")
def _(p: Platform) -> Steps:
    yield None
    p.edit("order-update", p.order.pk, placed_on="2026-03-04")
    yield Expected(p.order, moved("placed_on", "2026-03-02", "2026-03-04"))


@performs("order.add_manager")
def _(p: Platform) -> Steps:
    yield None
    p.post("order-add-manager", p.order.pk, manager=p.member.pk)
    yield Expected(p.order, linked("managers", "added", p.member), [p.member])


@performs("order.remove_manager")
def _(p: Platform) -> Steps:
    p.order.managers.add(p.member)
    yield None
    p.post("order-remove-manager", p.order.pk, manager=p.member.pk)
    yield Expected(p.order, linked("managers", "removed", p.member), [p.member])


@performs("order.delete")
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


@performs("license.create")
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


@performs("license.update")
def _(p: Platform) -> Steps:
    yield None
    p.edit("license-update", p.license.pk, seats=40, consumption_limit=500)
    yield Expected(p.license, moved("seats", 5, 40) | moved("consumption_limit", None, 500))


@performs("license.reset")
def _(p: Platform) -> Steps:
    p.device(activated_at=None)
    yield None
    p.post("license-action", p.license.pk, "reset")
    yield Expected(p.license, {})


@performs("license.disable")
def _(p: Platform) -> Steps:
    yield None
    p.post("license-action", p.license.pk, "disable")
    yield Expected(p.license, moved("is_enabled", True, False))


@performs("license.enable")
def _(p: Platform) -> Steps:
    p.license.disable()
    yield None
    p.post("license-action", p.license.pk, "enable")
    yield Expected(p.license, moved("is_enabled", False, True))


@performs("license.reset_consumption")
def _(p: Platform) -> Steps:
    yield None
    p.post("license-action", p.license.pk, "reset-consumption")
    yield Expected(p.license, moved("consumption", 7, 0))


@performs("license.assign_user")
def _(p: Platform) -> Steps:
    yield None
    p.post("license-assign-user", p.license.pk, user=p.end_user.pk)
    yield Expected(p.license, linked("users", "added", p.end_user), [p.end_user])


@performs("license.unassign_user")
def _(p: Platform) -> Steps:
    p.license.assign(p.end_user)
    yield None
    p.post("license-unassign-user", p.license.pk, user=p.end_user.pk)
    yield Expected(p.license, linked("users", "removed", p.end_user), [p.end_user])


@performs("license.update_features")
def _(p: Platform) -> Steps:
    yield None
    p.post("license-features", p.license.pk, features=["api", "export"])
    yield Expected(p.license, moved("features", [], ["export", "api"]))


@performs("license.delete")
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


@performs("license_custom_field.create")
def _(p: Platform) -> Steps:
    yield None
    p.post("customfield-create", p.license.pk, name="Cost centre", value="CC-1")
    changes = set_to(license=p.license.pk, name="Cost centre", value="CC-1")
    changes["license"]["new_repr"] = "L-1"
    yield Expected(models.LicenseCustomField.objects.get(), changes, [p.license])


@performs("license_custom_field.update")
def _(p: Platform) -> Steps:
    custom = p.custom_field()
    yield None
    p.edit("customfield-update", custom.pk, value="CC-2")
    yield Expected(custom, moved("value", "CC-1", "CC-2"), [p.license])


@performs("license_custom_field.delete")
def _(p: Platform) -> Steps:
    custom = p.custom_field()
    target = gone(custom)
    yield None
    p.post("customfield-delete", custom.pk)
    changes = was(license=p.license.pk, name="Cost centre", value="CC-1")
    yield Expected(target, changes, [p.license])


@performs("device.reset")
def _(p: Platform) -> Steps:
    device = p.device(activated_at=datetime(2026, 3, 2, 8, 30, tzinfo=UTC))
    yield None
    p.post("device-action", device.pk, "reset")
    yield Expected(device, moved("activated_at", "2026-03-02T08:30:00.000000Z", None), [p.license])


@performs("device.blacklist")
def _(p: Platform) -> Steps:
    device = p.device()
    yield None
    p.post("device-action", device.pk, "blacklist")
    yield Expected(device, moved("is_blacklisted", False, True), [p.license])


@performs("device.borrow")
def _(p: Platform) -> Steps:
    device = p.device()
    until = (timezone.localdate() + timedelta(days=14)).isoformat()
    yield None
    p.post("device-borrow", device.pk, until=until)
    changes = moved("is_borrowed", False, True) | moved("borrowed_until", None, until)
    yield Expected(device, changes, [p.license])


@performs("device.release_borrow")
def _(p: Platform) -> Steps:
    device = p.device()
    device.borrow(date(2026, 4, 1))
    yield None
    p.post("device-action", device.pk, "release-borrow")
    changes = moved("is_borrowed", True, False) | moved("borrowed_until", "2026-04-01", None)
    yield Expected(device, changes, [p.license])
