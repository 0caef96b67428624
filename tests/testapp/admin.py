from __future__ import annotations

from django.contrib import admin

from audit_log.admin import AuditHistoryAdminMixin
from tests.testapp.models import Author, Book, Country, Document, Tag


@admin.register(Author, Country, Document)
class PlainAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    pass


@admin.register(Book)
class BookAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    """With templates of its own."""

    change_form_template = "testapp/change_form.html"
    object_history_template = "testapp/object_history.html"


@admin.register(Tag)
class TagAdmin(AuditHistoryAdminMixin, admin.ModelAdmin):
    """Hides some rows."""

    def get_queryset(self, request):
        return super().get_queryset(request).exclude(name="hidden")
