from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/audit-log/", include("audit_log.api.urls")),
    path("audit-log/", include("audit_log.urls")),
]
