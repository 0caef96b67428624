"""How long the audit log is kept: ``AUDIT_LOG["RETENTION"]``."""

from __future__ import annotations


def days_of(tenant: str) -> int | None:
    """Return the days of a team workspace's plan; ``None``, for good, for everything else."""
    from example_project.tenants import of_workspace
    from example_project.workspaces.models import Workspace

    slug = tenant.removeprefix(of_workspace(""))
    workspace = Workspace.objects.filter(slug=slug).first() if slug != tenant else None
    return None if workspace is None else workspace.retention_days
