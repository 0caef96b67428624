from django.contrib import admin

from tests.benchmarks.reading.project.models import Plain


@admin.register(Plain)
class PlainAdmin(admin.ModelAdmin):
    list_display = ("occurred_at", "actor", "action", "target", "address")
    list_per_page = 20
