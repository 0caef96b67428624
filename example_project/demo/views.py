"""The home page."""

from __future__ import annotations

from typing import Any

from django.views import generic

from example_project.demo.guide import surfaces, tours
from example_project.demo.story import PASSWORD
from example_project.languages.models import Language


class Home(generic.TemplateView):
    """What is where."""

    template_name = "demo/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            tours=tours(),
            surfaces=surfaces(),
            languages=Language.objects.count(),
            password=PASSWORD,
            **kwargs,
        )
