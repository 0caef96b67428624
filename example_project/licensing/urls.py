"""The platform's addresses."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView

from example_project.licensing import forms, models, views
from example_project.licensing.models.platform import Permission
from example_project.licensing.permissions import Platform
from example_project.pages.urls import Pages

app_name = "licensing"

pages = Pages(Platform)

PRODUCT = ("products", "product", models.Product, Permission.PRODUCTS)
CUSTOMER = ("customers", "customer", models.Customer, Permission.CUSTOMERS)
ORDER = ("orders", "order", models.Order, Permission.ORDERS)
LICENSE = ("licenses", "license", models.License, Permission.LICENSES)
DEVICE = ("devices", "device", models.Device, Permission.DEVICES)
TEMPLATE = (
    "settings/permission-templates",
    "template",
    models.PermissionTemplate,
    Permission.PLATFORM,
)
PLATFORM_USER = ("settings/users", "platformuser", models.PlatformUser, Permission.PLATFORM)
POLICY = ("settings/notifications", "policy", models.NotificationPolicy, Permission.PLATFORM)

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="licensing:license-list")),
    *pages.crud(*PRODUCT, forms.ProductForm, special={"list": views.ProductList}),
    pages.buttons(
        *PRODUCT,
        activate=models.Product.activate,
        deactivate=models.Product.deactivate,
        archive=models.Product.archive,
        unarchive=models.Product.unarchive,
    ),
    *pages.crud(*CUSTOMER, forms.CustomerForm),
    *pages.part(
        "end-users",
        "enduser",
        models.EndUser,
        Permission.CUSTOMERS,
        forms.EndUserForm,
        models.Customer,
        "customer",
    ),
    *pages.crud(
        *ORDER, forms.OrderForm, special={"list": views.OrderList, "detail": views.OrderDetail}
    ),
    pages.ask(
        *ORDER,
        "add-manager",
        _("Add a manager"),
        forms.AddManagerForm,
        lambda order, manager: order.managers.add(manager),
    ),
    pages.ask(
        *ORDER,
        "remove-manager",
        _("Remove a manager"),
        forms.RemoveManagerForm,
        lambda order, manager: order.managers.remove(manager),
    ),
    *pages.crud(
        *LICENSE,
        forms.LicenseForm,
        special={"list": views.LicenseList, "detail": views.LicenseDetail},
    ),
    pages.ask(*LICENSE, "features", _("Features"), forms.FeaturesForm, models.License.set_features),
    pages.ask(
        *LICENSE, "assign-user", _("Assign a user"), forms.AssignUserForm, models.License.assign
    ),
    pages.ask(
        *LICENSE,
        "unassign-user",
        _("Unassign a user"),
        forms.UnassignUserForm,
        models.License.unassign,
    ),
    pages.ask(*LICENSE, "use", _("Record consumption"), forms.UseForm, models.License.use),
    *pages.part(
        "custom-fields",
        "customfield",
        models.LicenseCustomField,
        Permission.LICENSES,
        forms.CustomFieldForm,
        models.License,
        "license",
    ),
    *pages.part(
        "devices",
        "device",
        models.Device,
        Permission.DEVICES,
        forms.DeviceForm,
        models.License,
        "license",
    ),
    pages.buttons(
        *LICENSE,
        **{
            "enable": models.License.enable,
            "disable": models.License.disable,
            "reset": models.License.reset,
            "reset-consumption": models.License.reset_consumption,
        },
    ),
    pages.ask(
        *DEVICE,
        "borrow",
        _("Borrow"),
        forms.BorrowForm,
        models.Device.borrow,
        parent_prefix="license",
    ),
    pages.buttons(
        *DEVICE,
        **{
            "reset": models.Device.reset,
            "blacklist": models.Device.blacklist,
            "release-borrow": models.Device.release_borrow,
        },
    ),
    pages.at("settings/", views.Settings, "settings"),
    *pages.crud(*PLATFORM_USER, forms.PlatformUserForm),
    *pages.crud(*TEMPLATE, forms.PermissionTemplateForm),
    pages.ask(
        *TEMPLATE,
        "permissions",
        _("Set permissions"),
        forms.PermissionsForm,
        models.PermissionTemplate.set_permissions,
    ),
    *pages.crud(*POLICY, forms.NotificationPolicyForm),
]
