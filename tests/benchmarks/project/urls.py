"""One view, which does what views do: it reads who is there and changes a row."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
@login_required
def change(request: HttpRequest, pk: int) -> HttpResponse:
    from tests.benchmarks.project.bodies import touch
    from tests.benchmarks.project.models import Item

    item = Item.objects.get(pk=pk)
    touch(item)
    item.save()
    return HttpResponse("changed")


urlpatterns = [path("items/<int:pk>/", change)]
