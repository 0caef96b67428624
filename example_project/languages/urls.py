from __future__ import annotations

from django.contrib.auth.mixins import LoginRequiredMixin
from django.urls import path, reverse_lazy
from django.views import generic

from example_project.languages.models import Language

app_name = "languages"


class LanguageList(LoginRequiredMixin, generic.ListView):
    login_url = reverse_lazy("login")
    model = Language
    paginate_by = 100


class LanguageDetail(LoginRequiredMixin, generic.DetailView):
    """A record, and how it came to be so."""

    login_url = reverse_lazy("login")
    model = Language


urlpatterns = [
    path("", LanguageList.as_view(), name="language-list"),
    path("<int:pk>/", LanguageDetail.as_view(), name="language-detail"),
]
