"""Each reader's own time zone: chosen on a page, kept in the session."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views import generic

KEY = "time_zone"
CONTINENTS = [
    "Africa",
    "America",
    "Antarctica",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
]


class ReaderZone:
    """Lets pages, filters and exports of a session have the zone that its reader chose."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = request.session.get(KEY)
        with timezone.override(zoneinfo.ZoneInfo(name) if name else None):
            return self.get_response(request)


def zones() -> list[tuple[str, str]]:
    """Return the zones by which people call their time, UTC first."""
    names = sorted(zoneinfo.available_timezones())
    places = [name for name in names if name.partition("/")[0] in CONTINENTS and "/" in name]
    return [(name, name.replace("_", " ")) for name in ("UTC", *places)]


class ZoneForm(forms.Form):
    zone = forms.ChoiceField(label=_("Time zone"), choices=zones)


class ChooseZone(generic.FormView):
    """The page that asks, and leads back to where the reader came from."""

    form_class = ZoneForm
    template_name = "demo/time_zone.html"

    def get_initial(self) -> dict[str, Any]:
        return {"zone": timezone.get_current_timezone_name()}

    def form_valid(self, form: ZoneForm) -> HttpResponse:
        self.request.session[KEY] = form.cleaned_data["zone"]
        return super().form_valid(form)

    def get_success_url(self) -> str:
        back = self.request.GET.get("next", "")
        is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts={self.request.get_host()})
        return back if is_ours else reverse("home")
