"""The API and what drf-spectacular says of it."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [
    path("api/audit-log/", include("audit_log.api.urls")),
    path("schema/", SpectacularAPIView.as_view()),
]
