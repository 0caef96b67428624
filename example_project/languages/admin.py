from __future__ import annotations

from django.contrib import admin

from audit_log.admin import AuditHistoryAdminMixin
from example_project.languages.models import Language


@admin.register(Language)
class LanguageAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    list_display = ["name", "type", "group", "color"]
    list_filter = ["type"]
    search_fields = ["name"]
