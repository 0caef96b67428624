"""Wherever the host puts it, and with whatever apps."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.core import checks
from django.test import override_settings
from django.urls import include, path, reverse

from tests.reading.helpers import make, make_many

pytestmark = pytest.mark.django_db

urlpatterns = [
    path("one/", include("audit_log.api.urls")),
    path("two/", include("audit_log.api.urls", namespace="second")),
    path("<slug:workspace>/", include(("audit_log.api.urls", "audit_log_api"), namespace="third")),
]
MOUNTED = override_settings(ROOT_URLCONF=__name__)


@MOUNTED
def test_twice_in_namespaces_and_below_a_parameter(api: Any) -> None:
    entry = make_many(25)[-1]
    for prefix in ("one", "two", "acme"):
        data = api.get(f"/{prefix}/entries/").json()
        assert data["next"].startswith(f"http://testserver/{prefix}/entries/?page=2&pin=")
        assert api.get(data["next"]).json()["page"] == 2
        assert api.get(f"/{prefix}/entries/{entry.pk}/").json()["id"] == str(entry.pk)
        assert api.get(f"/{prefix}/actions/").status_code == 200
        assert api.get(f"/{prefix}/entries/export.csv").status_code == 200
    assert reverse("audit_log_api:entries") == "/one/entries/"
    assert reverse("second:entry", args=[entry.pk]) == f"/two/entries/{entry.pk}/"
    assert checks.run_checks(tags=[checks.Tags.urls]) == []


def links_in(data: Any) -> list[str]:
    return [data[name] for name in ("next", "previous") if data.get(name)]


@pytest.mark.parametrize("prefix", ["one", "two", "acme"])
@pytest.mark.parametrize("how", ["from the server", "by the settings"])
def test_every_link_below_a_script_name(api: Any, settings: Any, prefix: str, how: str) -> None:
    settings.ROOT_URLCONF = __name__
    settings.AUDIT_LOG = {"SETTLING_SECONDS": 0}
    make_many(65)
    environ = {"SCRIPT_NAME": "/below"}
    if how == "by the settings":
        settings.FORCE_SCRIPT_NAME, environ = "/below", {}
    root = f"http://testserver/below/{prefix}/entries/?"
    seen = []
    for query in ("page=2&tenant=", "cursor=&page_size=30"):
        links = links_in(api.get(f"/{prefix}/entries/?{query}", **environ).json())
        for link in links:
            assert link.startswith(root), link
            # The server takes the script's name away.
            found = api.get(link.replace("/below", "", 1), **environ)
            assert found.status_code == 200
            seen += [one["id"] for one in found.json()["results"]]
    # Pages 3 and 1, and what comes after the first thirty.
    assert len(seen) == 20 + 20 + 30
    page = api.get(f"/{prefix}/entries/?page=2", HTTP_ACCEPT="text/html", **environ)
    addresses = re.findall(r'(?:href|action)="([^"#]+)"', page.content.decode())
    below = [one for one in addresses if f"/{prefix}/" in one]
    assert below
    assert all(one.replace("http://testserver", "").startswith("/below/") for one in below)


BARE = override_settings(
    INSTALLED_APPS=[
        app
        for app in settings.INSTALLED_APPS
        if app not in {"rest_framework", "rest_framework.authtoken", "django_filters"}
    ]
)


class TestWithoutTheAppsOfOthers:
    @BARE
    def test_a_browser_gets_json(self, get: Any) -> None:
        make()
        response = get("entries/", HTTP_ACCEPT="text/html,*/*;q=0.8")
        assert response.status_code == 200
        assert response["Content-Type"] == "application/json"
        assert get("entries/?actor=x", HTTP_ACCEPT="text/html,*/*;q=0.8").status_code == 400

    @BARE
    def test_everything_else_works(self, get: Any) -> None:
        make()
        for name in ("entries/", "actions/", "target-types/", "entries/export.csv"):
            assert get(name).status_code == 200


class TestBrowsable:
    def test_the_filter_form_and_the_entries(self, get: Any) -> None:
        entry = make(target_repr="<script>alert(1)</script>")
        response = get("entries/", HTTP_ACCEPT="text/html")
        assert response.status_code == 200
        text = response.content.decode()
        assert str(entry.pk) in text
        assert "<script>alert(1)" not in text
        assert 'name="occurred_after"' in text
        assert get(f"entries/{entry.pk}/", HTTP_ACCEPT="text/html").status_code == 200
        assert get("actions/", HTTP_ACCEPT="text/html").status_code == 200
        assert get("entries/?actor=x", HTTP_ACCEPT="text/html").status_code == 400

    @override_settings(
        INSTALLED_APPS=[app for app in settings.INSTALLED_APPS if app != "django_filters"]
    )
    def test_without_the_templates_of_the_form(self, get: Any) -> None:
        make()
        assert get("entries/", HTTP_ACCEPT="text/html").status_code == 200
