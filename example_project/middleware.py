"""What happens on the log's pages of one workspace or tenant belongs to that log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

import audit_log
from example_project.visibility import tenant_of_the_place


class LogOfThePlace:
    """Lets the entry of who took a workspace's log be in the log that was taken."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> HttpResponse | None:
        tenant = tenant_of_the_place(request)
        if tenant is None:
            return None
        with audit_log.context(tenant=tenant):
            return view(request, *args, **kwargs)
