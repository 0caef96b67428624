"""The example's addresses, and those that a look of the admin has of its own."""

from __future__ import annotations

from django.apps import apps
from django.urls import include, path

from example_project.urls import urlpatterns as example

urlpatterns = [*example]
if apps.is_installed("grappelli"):
    urlpatterns.append(path("grappelli/", include("grappelli.urls")))
