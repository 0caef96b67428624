"""``path("api/audit-log/", include("audit_log.api.urls"))``; more than once, in namespaces."""

from __future__ import annotations

from django.apps import apps
from django.urls import path

from audit_log.api import views
from audit_log.api.objects import ObjectStateDetail

if apps.is_installed("drf_spectacular"):
    # Registers itself.
    from audit_log.api import schema  # noqa: F401

app_name = "audit_log_api"

urlpatterns = [
    path("entries/", views.EntryList.as_view(), name="entries"),
    path("entries/export.csv", views.CsvExport.as_view(), name="export-csv"),
    path("entries/export.jsonl", views.JsonLinesExport.as_view(), name="export-jsonl"),
    # Any text: what is no id is a 404 like the others, in JSON.
    path("entries/<str:pk>/", views.EntryDetail.as_view(), name="entry"),
    path(
        "objects/<str:target_type>/<path:target_id>/",
        ObjectStateDetail.as_view(),
        name="object",
    ),
    path("actions/", views.ActionList.as_view(), name="actions"),
    path("target-types/", views.TargetTypeList.as_view(), name="target-types"),
]
