"""The pages that show more than their object."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.views import generic

from example_project.licensing.models import License, Order, Product
from example_project.licensing.models.platform import Permission
from example_project.pages.views import ObjectDetail, ObjectList, PageMixin


class ProductList(ObjectList):
    """Products that are on offer, or, where asked for, those that are archived."""

    def get_queryset(self) -> Any:
        return Product.objects.filter(is_archived="archived" in self.request.GET)


class OrderList(ObjectList):
    queryset = Order.objects.select_related("customer")


class OrderDetail(ObjectDetail):
    queryset = Order.objects.select_related("customer").prefetch_related(
        "managers", "licenses__product"
    )


class LicenseList(ObjectList):
    queryset = License.objects.select_related("product", "order__customer")


class LicenseDetail(ObjectDetail):
    queryset = License.objects.select_related("product", "order__customer").prefetch_related(
        "users", "devices", "custom_fields"
    )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        may_devices = self.place.may(Permission.DEVICES)
        return super().get_context_data(may_change_devices=may_devices, **kwargs)


class Settings(PageMixin, generic.TemplateView):
    """Platform users, permission templates, notifications, and the audit log."""

    template_name = "licensing/settings.html"
    permission = Permission.PLATFORM
    extra_context = {"title": _("Settings")}
