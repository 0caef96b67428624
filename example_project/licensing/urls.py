"""The platform's addresses: the same five for each model, then what is special about some."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from example_project.licensing import forms, models
from example_project.licensing.models.platform import Permission
from example_project.licensing.views import base, pages

app_name = "licensing"


def crud(
    where: str,
    name: str,
    model: type[Model],
    form_class: type[forms.ReasonModelForm],
    permission: str,
    listing: type[base.ObjectList] = base.ObjectList,
    detail: type[base.ObjectDetail] = base.ObjectDetail,
) -> list[URLPattern]:
    """List, page, form of a new one, form of one that is there, and deletion."""
    common: dict[str, Any] = {"model": model, "permission": permission, "url_prefix": name}
    create = base.ObjectCreate.as_view(form_class=form_class, **common)
    update = base.ObjectUpdate.as_view(form_class=form_class, **common)
    return [
        path(f"{where}/", listing.as_view(**common), name=f"{name}-list"),
        path(f"{where}/add/", create, name=f"{name}-create"),
        path(f"{where}/<int:pk>/", detail.as_view(**common), name=f"{name}-detail"),
        path(f"{where}/<int:pk>/edit/", update, name=f"{name}-update"),
        path(
            f"{where}/<int:pk>/delete/", base.ObjectDelete.as_view(**common), name=f"{name}-delete"
        ),
    ]


def part(
    where: str,
    name: str,
    model: type[Model],
    form_class: type[forms.ReasonModelForm],
    permission: str,
    parent: type[Model],
    parent_prefix: str,
) -> list[URLPattern]:
    """Adding to the parent's page; editing and deletion lead back to it."""
    common: dict[str, Any] = {
        "model": model,
        "permission": permission,
        "url_prefix": parent_prefix,
    }
    create = base.PartCreate.as_view(form_class=form_class, parent=parent, **common)
    update = base.ObjectUpdate.as_view(form_class=form_class, **common)
    delete = base.ObjectDelete.as_view(is_part=True, **common)
    return [
        path(f"{parent_prefix}s/<int:pk>/{where}/add/", create, name=f"{name}-create"),
        path(f"{where}/<int:pk>/edit/", update, name=f"{name}-update"),
        path(f"{where}/<int:pk>/delete/", delete, name=f"{name}-delete"),
    ]


def buttons(
    where: str, name: str, model: type[Model], permission: str, **actions: Any
) -> URLPattern:
    """One address for each action, by its name."""
    view = base.ObjectAction.as_view(
        model=model, permission=permission, actions=actions, url_prefix=name
    )
    return path(f"{where}/<int:pk>/<slug:action>/", view, name=f"{name}-action")


def ask(
    where: str,
    name: str,
    model: type[Model],
    permission: str,
    verb: str,
    title: Any,
    form_class: type[forms.ObjectForm],
    action: Any,
    parent_prefix: str = "",
) -> URLPattern:
    """An action that needs to know more."""
    view = base.ObjectForm.as_view(
        model=model,
        permission=permission,
        url_prefix=parent_prefix or name,
        title=title,
        form_class=form_class,
        action=action,
    )
    return path(f"{where}/<int:pk>/{verb}/", view, name=f"{name}-{verb}")


PRODUCT = ("products", "product", models.Product)
CUSTOMER = ("customers", "customer", models.Customer)
ORDER = ("orders", "order", models.Order)
LICENSE = ("licenses", "license", models.License)
DEVICE = ("devices", "device", models.Device)
TEMPLATE = ("settings/permission-templates", "template", models.PermissionTemplate)
PLATFORM_USER = ("settings/users", "platformuser", models.PlatformUser)
POLICY = ("settings/notifications", "policy", models.NotificationPolicy)

urlpatterns = [
    *crud(*PRODUCT, forms.ProductForm, Permission.PRODUCTS, listing=pages.ProductList),
    buttons(
        *PRODUCT,
        Permission.PRODUCTS,
        activate=models.Product.activate,
        deactivate=models.Product.deactivate,
        archive=models.Product.archive,
        unarchive=models.Product.unarchive,
    ),
    *crud(*CUSTOMER, forms.CustomerForm, Permission.CUSTOMERS),
    *part(
        "end-users",
        "enduser",
        models.EndUser,
        forms.EndUserForm,
        Permission.CUSTOMERS,
        models.Customer,
        "customer",
    ),
    *crud(
        *ORDER,
        forms.OrderForm,
        Permission.ORDERS,
        listing=pages.OrderList,
        detail=pages.OrderDetail,
    ),
    ask(
        *ORDER,
        Permission.ORDERS,
        "add-manager",
        _("Add a manager"),
        forms.AddManagerForm,
        lambda order, manager: order.managers.add(manager),
    ),
    ask(
        *ORDER,
        Permission.ORDERS,
        "remove-manager",
        _("Remove a manager"),
        forms.RemoveManagerForm,
        lambda order, manager: order.managers.remove(manager),
    ),
    *crud(
        *LICENSE,
        forms.LicenseForm,
        Permission.LICENSES,
        listing=pages.LicenseList,
        detail=pages.LicenseDetail,
    ),
    ask(
        *LICENSE,
        Permission.LICENSES,
        "features",
        _("Features"),
        forms.FeaturesForm,
        models.License.set_features,
    ),
    ask(
        *LICENSE,
        Permission.LICENSES,
        "assign-user",
        _("Assign a user"),
        forms.AssignUserForm,
        models.License.assign,
    ),
    ask(
        *LICENSE,
        Permission.LICENSES,
        "unassign-user",
        _("Unassign a user"),
        forms.UnassignUserForm,
        models.License.unassign,
    ),
    ask(
        *LICENSE,
        Permission.LICENSES,
        "use",
        _("Record consumption"),
        forms.UseForm,
        models.License.use,
    ),
    *part(
        "custom-fields",
        "customfield",
        models.LicenseCustomField,
        forms.CustomFieldForm,
        Permission.LICENSES,
        models.License,
        "license",
    ),
    *part(
        "devices",
        "device",
        models.Device,
        forms.DeviceForm,
        Permission.DEVICES,
        models.License,
        "license",
    ),
    buttons(
        *LICENSE,
        Permission.LICENSES,
        **{
            "enable": models.License.enable,
            "disable": models.License.disable,
            "reset": models.License.reset,
            "reset-consumption": models.License.reset_consumption,
        },
    ),
    ask(
        *DEVICE,
        Permission.DEVICES,
        "borrow",
        _("Borrow"),
        forms.BorrowForm,
        models.Device.borrow,
        parent_prefix="license",
    ),
    buttons(
        *DEVICE,
        Permission.DEVICES,
        **{
            "reset": models.Device.reset,
            "blacklist": models.Device.blacklist,
            "release-borrow": models.Device.release_borrow,
        },
    ),
    path("settings/", pages.Settings.as_view(), name="settings"),
    *crud(*PLATFORM_USER, forms.PlatformUserForm, Permission.PLATFORM),
    *crud(*TEMPLATE, forms.PermissionTemplateForm, Permission.PLATFORM),
    ask(
        *TEMPLATE,
        Permission.PLATFORM,
        "permissions",
        _("Set permissions"),
        forms.PermissionsForm,
        models.PermissionTemplate.set_permissions,
    ),
    *crud(*POLICY, forms.NotificationPolicyForm, Permission.PLATFORM),
]
