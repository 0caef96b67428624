"""Where ``audit_log.urls`` is included: once or often, in namespaces, below captured prefixes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse

if TYPE_CHECKING:
    from django.http import HttpRequest

OWN = frozenset({"pk", "target_id", "target_type"})
"""What the addresses of the pages themselves capture."""


class Mount:
    """The addresses of the pages beside the one that ``request`` asks for.

    What the prefix captures (``workspaces/<slug:workspace>/audit-log/``) stays as it is.
    """

    def __init__(self, request: HttpRequest) -> None:
        match: Any = request.resolver_match
        self._namespace = match.namespace
        self._captured = {name: match.kwargs[name] for name in match.kwargs if name not in OWN}

    def url(self, name: str, **kwargs: Any) -> str:
        """Return the address of a page of ``audit_log.urls``."""
        return reverse(f"{self._namespace}:{name}", kwargs={**self._captured, **kwargs})

    @property
    def entries(self) -> str:
        """The list."""
        return self.url("entries")
