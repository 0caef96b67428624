"""The platform's forms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from example_project.licensing.models import (
    Customer,
    Device,
    EndUser,
    License,
    LicenseCustomField,
    NotificationPolicy,
    Order,
    PermissionTemplate,
    PlatformUser,
    Product,
)
from example_project.licensing.models.licenses import Feature
from example_project.licensing.models.platform import Permission
from example_project.pages.forms import ObjectForm, ReasonModelForm, date_input, pick


class ProductForm(ReasonModelForm):
    class Meta:
        model = Product
        fields = ["name", "code", "description", "license_type", "list_price", "max_devices"]


class CustomerForm(ReasonModelForm):
    class Meta:
        model = Customer
        fields = ["company_name", "contact_name", "email", "phone", "country", "note"]


class EndUserForm(ReasonModelForm):
    class Meta:
        model = EndUser
        fields = ["full_name", "email"]


class OrderForm(ReasonModelForm):
    class Meta:
        model = Order
        fields = ["customer", "placed_on", "purchase_order", "note"]
        widgets = {"placed_on": date_input()}


class LicenseForm(ReasonModelForm):
    class Meta:
        model = License
        fields = [
            "order",
            "product",
            "license_type",
            "seats",
            "max_devices",
            "valid_until",
            "consumption_limit",
            "allows_borrowing",
            "note",
        ]
        widgets = {"valid_until": date_input()}


class CustomFieldForm(ReasonModelForm):
    class Meta:
        model = LicenseCustomField
        fields = ["name", "value"]


class DeviceForm(ReasonModelForm):
    class Meta:
        model = Device
        fields = ["hostname", "hardware_id", "operating_system", "app_version"]


class PermissionTemplateForm(ReasonModelForm):
    class Meta:
        model = PermissionTemplate
        fields = ["name", "description"]


class PlatformUserForm(ReasonModelForm):
    class Meta:
        model = PlatformUser
        fields = ["user", "display_name", "role", "permission_template"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            del self.fields["user"]
        else:
            accounts = get_user_model()._default_manager.filter(platform_user=None)
            self.fields["user"].queryset = accounts.order_by("pk")


class NotificationPolicyForm(ReasonModelForm):
    class Meta:
        model = NotificationPolicy
        fields = ["name", "event", "recipients", "days_before", "is_active"]


class PermissionsForm(ObjectForm):
    permissions = forms.MultipleChoiceField(
        label=_("Permissions"),
        choices=Permission,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, instance: PermissionTemplate, **kwargs: Any) -> None:
        super().__init__(*args, instance=instance, **kwargs)
        self.fields["permissions"].initial = instance.permissions


class FeaturesForm(ObjectForm):
    features = forms.MultipleChoiceField(
        label=_("Features"), choices=Feature, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, instance: License, **kwargs: Any) -> None:
        super().__init__(*args, instance=instance, **kwargs)
        self.fields["features"].initial = instance.features


AssignUserForm = pick(
    "user",
    _("User"),
    lambda license: EndUser.objects.filter(customer__orders=license.order_id).exclude(
        licenses=license
    ),
)
UnassignUserForm = pick("user", _("User"), lambda license: license.users.all())
AddManagerForm = pick(
    "manager", _("Manager"), lambda order: PlatformUser.objects.exclude(managed_orders=order)
)
RemoveManagerForm = pick("manager", _("Manager"), lambda order: order.managers.all())


class UseForm(ObjectForm):
    units = forms.IntegerField(label=_("Units"), min_value=1)


class BorrowForm(ObjectForm):
    until = forms.DateField(label=_("Until"), widget=date_input())

    def clean_until(self) -> Any:
        """A day that is still to come."""
        until = self.cleaned_data["until"]
        if until <= timezone.localdate():
            raise forms.ValidationError(_("Choose a day in the future."))
        return until
