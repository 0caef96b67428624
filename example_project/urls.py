"""All addresses of the example project."""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from rest_framework.authtoken.views import obtain_auth_token

from example_project.demo.views import Home
from example_project.zones import ChooseZone

urlpatterns = [
    path("", Home.as_view(), name="home"),
    path("login/", LoginView.as_view(template_name="demo/login.html"), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("time-zone/", ChooseZone.as_view(), name="time-zone"),
    path("admin/", admin.site.urls),
    path("api/audit-log/", include("audit_log.api.urls")),
    path("api/token/", obtain_auth_token, name="api-token"),
    path("api/", include("example_project.licensing.api")),
    path("api/tracker/", include("example_project.tracker.api")),
    path("api/workspaces/", include("example_project.workspaces.api")),
    path("api/flows/", include("example_project.flows.api")),
    path("audit-log/", include("audit_log.urls", namespace="whole_log")),
    # The same pages of one workspace's or tenant's log alone: see example_project.visibility.
    path(
        "workspaces/<slug:workspace>/settings/audit-log/",
        include("audit_log.urls", namespace="workspace_log"),
    ),
    path("flows/<slug:tenant>/audit-log/", include("audit_log.urls", namespace="flows_log")),
    path("languages/", include("example_project.languages.urls")),
    path("tracker/", include("example_project.tracker.urls")),
    path("workspaces/", include("example_project.workspaces.urls")),
    path("licensing/", include("example_project.licensing.urls")),
    path("flows/", include("example_project.flows.urls")),
]

if apps.is_installed("drf_spectacular"):
    from drf_spectacular.views import SpectacularAPIView

    urlpatterns.append(path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"))
