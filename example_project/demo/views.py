"""The home page."""

from __future__ import annotations

from typing import Any

from django.views import generic

from example_project.languages.models import Language
from example_project.licensing.models import Customer, License, Order, Product


class Home(generic.TemplateView):
    """What is where."""

    template_name = "demo/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        counts = {
            "products": Product.objects.count(),
            "customers": Customer.objects.count(),
            "orders": Order.objects.count(),
            "licenses": License.objects.count(),
            "languages": Language.objects.count(),
        }
        return super().get_context_data(**counts, **kwargs)
