"""Workspaces in the admin, for the site's staff, each model with its history."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from audit_log.admin import AuditHistoryAdminMixin
from example_project.workspaces import models


@admin.register(models.Workspace)
class WorkspaceAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    """Neither added, for it is more than a row, nor deleted, for its log is kept under its name."""

    list_display = ["name", "slug", "plan"]
    list_filter = ["plan"]
    search_fields = ["name", "slug"]
    readonly_fields = ["slug"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(models.WorkspaceSettings)
class WorkspaceSettingsAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["workspace", "language", "requires_two_factors", "allows_guests"]
    list_select_related = ["workspace"]
    readonly_fields = ["workspace"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(models.Member)
class MemberAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["email", "workspace", "role", "joined_at"]
    list_filter = ["workspace", "role"]
    list_select_related = ["workspace"]
    search_fields = ["email"]
    raw_id_fields = ["user"]


@admin.register(models.Project)
class ProjectAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["name", "workspace", "status", "due_on"]
    list_filter = ["workspace", "status"]
    list_select_related = ["workspace"]
    search_fields = ["name", "client"]


@admin.register(models.ApiKey)
class ApiKeyAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    """Keys are made where the new one can be shown: on the workspace's own page."""

    list_display = ["name", "prefix", "workspace", "scope", "is_revoked", "last_used_at"]
    list_filter = ["workspace", "is_revoked"]
    list_select_related = ["workspace"]
    readonly_fields = ["workspace", "prefix", "last_used_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(models.Integration)
class IntegrationAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["provider", "account", "workspace"]
    list_filter = ["workspace", "provider"]
    list_select_related = ["workspace"]
    exclude = ["access_token"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
