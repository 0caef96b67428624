"""Whose log an entry belongs to: a system's, or that of one workspace or tenant within it.

The names stand in the entries for good, so what they are made of never changes: the slugs of
workspaces and tenants cannot be edited, and neither is ever deleted, or somebody else could take
the name and find another one's log under it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

TRACKER = "tracker"
LICENSING = "licensing"


def of_workspace(slug: str) -> str:
    """Return the tenant of a team's workspace: ``"workspaces:brightside"``."""
    return f"workspaces:{slug}"


def of_flows(slug: str) -> str:
    """Return the tenant of a company that automates its flows: ``"flows:harbor"``."""
    return f"flows:{slug}"


def always(tenant: str) -> Callable[[Any], str]:
    """Return a policy's option ``tenant`` for a system that has only one."""
    return lambda _obj: tenant


def of_user(user: Any) -> str:
    """Return the tenant whose account it is; empty for an account of several systems or none.

    For ``AUDIT_LOG["MODELS"]``: that the accounts of one app belong to the tenants of another,
    neither of them knows, only the project.
    """
    from example_project.flows.models import Tenant

    tenant = Tenant.objects.filter(users=user.pk).order_by("pk").first()
    return "" if tenant is None else tenant.audit_tenant
