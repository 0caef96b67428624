"""All surfaces on which the log is read."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template import RequestContext, Template
from django.urls import include, path

PANEL = Template(
    "{% load audit_log %}{% audit_history target_type=target_type target_id=target_id %}"
)


def panel(request: HttpRequest, target_type: str, target_id: str) -> HttpResponse:
    """A page with nothing on it but the history of an object."""
    context = {"target_type": target_type, "target_id": target_id}
    return HttpResponse(PANEL.render(RequestContext(request, context)))


urlpatterns = [
    path("admin/", admin.site.urls),
    path("audit-log/", include("audit_log.urls")),
    path("api/", include("audit_log.api.urls")),
    path("panel/<str:target_type>/<str:target_id>/", panel),
]
