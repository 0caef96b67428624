"""The platform's models in the admin, each with its history."""

from __future__ import annotations

from django.contrib import admin

from audit_log.admin import AuditHistoryAdminMixin
from example_project.licensing import models


@admin.register(models.Product)
class ProductAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["name", "code", "license_type", "list_price", "is_active", "is_archived"]
    list_filter = ["license_type", "is_active", "is_archived"]
    search_fields = ["name", "code"]


@admin.register(models.Customer)
class CustomerAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["company_name", "contact_name", "email", "country"]
    search_fields = ["company_name", "contact_name", "email"]


@admin.register(models.EndUser)
class EndUserAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["full_name", "email", "customer"]
    list_select_related = ["customer"]
    search_fields = ["full_name", "email"]


@admin.register(models.Order)
class OrderAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["number", "customer", "placed_on", "purchase_order"]
    list_select_related = ["customer"]
    search_fields = ["number", "customer__company_name", "purchase_order"]
    autocomplete_fields = ["customer", "managers"]


@admin.register(models.License)
class LicenseAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["number", "product", "order", "license_type", "valid_until", "is_enabled"]
    list_filter = ["is_enabled", "license_type"]
    list_select_related = ["product", "order"]
    search_fields = ["number", "product__name", "order__number"]
    autocomplete_fields = ["order", "product", "users"]


@admin.register(models.Device)
class DeviceAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["hostname", "license", "operating_system", "activated_at", "is_blacklisted"]
    list_filter = ["is_blacklisted", "is_borrowed"]
    list_select_related = ["license"]
    search_fields = ["hostname", "hardware_id"]
    autocomplete_fields = ["license"]


@admin.register(models.LicenseCustomField)
class LicenseCustomFieldAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["name", "value", "license"]
    list_select_related = ["license"]
    search_fields = ["name", "value"]
    autocomplete_fields = ["license"]


@admin.register(models.PermissionTemplate)
class PermissionTemplateAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["name", "description"]
    search_fields = ["name"]


@admin.register(models.PlatformUser)
class PlatformUserAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["display_name", "user", "role", "permission_template"]
    list_select_related = ["user", "permission_template"]
    search_fields = ["display_name", "user__username", "user__email"]


@admin.register(models.NotificationPolicy)
class NotificationPolicyAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["name", "event", "is_active"]
    list_filter = ["event", "is_active"]
