"""What the log's pages of one workspace or tenant are surrounded by: its name, menu and tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404

if TYPE_CHECKING:
    from django.http import HttpRequest

    from example_project.pages.places import Place


def place_of_log(request: HttpRequest) -> dict[str, Any]:
    """Return the ``place`` whose log is read; nothing on other pages, which have their own."""
    from example_project.flows.permissions import InTenant
    from example_project.workspaces.permissions import InWorkspace

    places: dict[str, type[Place]] = {"workspace_log": InWorkspace, "flows_log": InTenant}
    match = request.resolver_match
    found = None if match is None else places.get(match.namespace)
    if match is None or found is None:
        return {}
    try:
        return {"place": found(request, **match.kwargs)}
    except Http404:
        # Whoever reads all logs need not belong to the place.
        return {}
