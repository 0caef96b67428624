"""Admin sites of a project's own, and their addresses."""

from __future__ import annotations

from django.contrib.admin import AdminSite, ModelAdmin, site
from django.urls import path

from audit_log.admin import AuditEntryAdmin, AuditHistoryAdminMixin
from audit_log.models import AuditEntry
from tests.testapp.models import Author


class AuthorAdmin(AuditHistoryAdminMixin, ModelAdmin):
    pass


backoffice = AdminSite(name="backoffice")
backoffice.register(AuditEntry, AuditEntryAdmin)
backoffice.register(Author, AuthorAdmin)

bare = AdminSite(name="bare")
bare.register(Author, AuthorAdmin)

urlpatterns = [
    path("admin/", site.urls),
    path("backoffice/", backoffice.urls),
    path("bare/", bare.urls),
]
