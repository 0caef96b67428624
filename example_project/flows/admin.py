"""Tenants and what is theirs in the admin, for the site's staff, each model with its history."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from audit_log.admin import AuditHistoryAdminMixin
from example_project.flows import models


@admin.register(models.Tenant)
class TenantAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    """Never deleted, for its log is kept under its name."""

    list_display = ["name", "slug"]
    search_fields = ["name", "slug"]
    filter_horizontal = ["users"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["slug"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(models.Flow)
class FlowAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["name", "tenant", "is_running"]
    list_filter = ["tenant", "is_running"]
    list_select_related = ["tenant"]
    search_fields = ["name"]


@admin.register(models.IntegrationTemplate)
class IntegrationTemplateAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["name", "tenant", "version", "is_published", "published_version"]
    list_filter = ["tenant", "is_published"]
    list_select_related = ["tenant"]
    search_fields = ["name"]


@admin.register(models.TemplateTest)
class TemplateTestAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["template", "version", "started_at", "stopped_at", "has_failed"]
    list_select_related = ["template"]


@admin.register(models.Connector)
class ConnectorAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["service", "version", "tenant"]
    list_filter = ["tenant", "service"]
    list_select_related = ["tenant"]


@admin.register(models.ComponentAccess)
class ComponentAccessAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["component", "user", "connector"]
    list_select_related = ["user", "connector"]


@admin.register(models.AclRule)
class AclRuleAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["user", "resource", "tenant", "note"]
    list_filter = ["tenant", "resource"]
    list_select_related = ["user", "tenant"]


@admin.register(models.Configuration)
class ConfigurationAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["key", "value", "tenant"]
    list_filter = ["tenant"]
    list_select_related = ["tenant"]
    exclude = ["secret"]
    search_fields = ["key"]
