"""``path("audit-log/", include("audit_log.urls"))``; more than once, in namespaces, below prefixes
that capture something."""

from __future__ import annotations

from django.urls import path

from audit_log.pages import views

app_name = "audit_log"

urlpatterns = [
    path("", views.EntryList.as_view(), name="entries"),
    path("entries/<uuid:pk>/", views.EntryDetail.as_view(), name="entry"),
    path(
        "objects/<str:target_type>/<path:target_id>/", views.ObjectHistory.as_view(), name="object"
    ),
    path("export.csv", views.Export.as_view(), name="export"),
    path("expiring.csv", views.ExpiringExport.as_view(), name="expiring"),
]
