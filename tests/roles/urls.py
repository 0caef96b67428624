"""The suite's addresses, and a page of a project's own with a panel of any object."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template import RequestContext, Template
from django.urls import path

from tests.urls import urlpatterns as suite

PANEL = Template("{% load audit_log %}{% audit_history target_type=type target_id=id %}")


def panel(request: HttpRequest, target_type: str, target_id: str) -> HttpResponse:
    context = RequestContext(request, {"type": target_type, "id": target_id})
    return HttpResponse(PANEL.render(context))


urlpatterns = [*suite, path("panel/<str:target_type>/<str:target_id>/", panel, name="panel")]
