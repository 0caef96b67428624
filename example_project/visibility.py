"""Who sees which entries of the audit log, on every surface: ``AUDIT_LOG["VISIBILITY"]``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404

from example_project.tenants import of_flows, of_workspace

if TYPE_CHECKING:
    from django.http import HttpRequest

    from audit_log.querysets import AuditEntryQuerySet


def visible(request: HttpRequest, entries: AuditEntryQuerySet) -> AuditEntryQuerySet:
    """Return everything to who may view the log; to others the logs of what they administer.

    On the pages of one workspace or tenant nothing but its own log; for whom that is not there,
    neither are the pages.
    """
    reads_all = request.user.has_perm("audit_log.view_auditentry")
    here = tenant_of_the_place(request)
    if here is None:
        return entries if reads_all else entries.filter(tenant__in=tenants_of(request.user))
    if not reads_all and here not in tenants_of(request.user):
        raise Http404
    return entries.filter(tenant=here)


def tenant_of_the_place(request: HttpRequest) -> str | None:
    """Return the tenant whose log is read on its own pages; ``None`` elsewhere."""
    match = getattr(request, "resolver_match", None)
    if match is not None and match.namespace == "workspace_log":
        return of_workspace(match.kwargs["workspace"])
    if match is not None and match.namespace == "flows_log":
        return of_flows(match.kwargs["tenant"])
    return None


def tenants_of(user: Any) -> list[str]:
    """Return the tenants whose log a person reads, asked of each of the systems."""
    from example_project.flows import permissions as flows
    from example_project.licensing import permissions as licensing
    from example_project.tracker import permissions as tracker
    from example_project.workspaces import permissions as workspaces

    if not user.is_authenticated:
        return []
    systems = (tracker, workspaces, licensing, flows)
    return [tenant for system in systems for tenant in system.logs_of(user)]
