"""The tracker's models in the admin, each with its history."""

from __future__ import annotations

from django.contrib import admin

from audit_log.admin import AuditHistoryAdminMixin
from example_project.tracker import models


@admin.register(models.UserGroup)
class UserGroupAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["name", "description"]
    search_fields = ["name"]
    filter_horizontal = ["groups", "permissions"]


@admin.register(models.Workspace)
class WorkspaceAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["name", "description"]
    search_fields = ["name"]


@admin.register(models.Application)
class ApplicationAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["name", "prefix", "workspace"]
    list_select_related = ["workspace"]
    list_filter = ["workspace"]
    search_fields = ["name", "prefix"]


class PermissionGroupAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["name", "permissions"]
    search_fields = ["name"]
    filter_horizontal = ["users", "groups"]


@admin.register(models.SystemPermissionGroup)
class SystemPermissionGroupAdmin(PermissionGroupAdmin):
    pass


@admin.register(models.WorkspacePermissionGroup)
class WorkspacePermissionGroupAdmin(PermissionGroupAdmin):
    list_display = ["name", "workspace", "permissions"]
    list_select_related = ["workspace"]


@admin.register(models.AppPermissionGroup)
class AppPermissionGroupAdmin(PermissionGroupAdmin):
    list_display = ["name", "application", "permissions"]
    list_select_related = ["application"]
