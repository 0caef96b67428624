"""Links among the pages of the audit log in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.urls import reverse
from django.utils.http import urlencode

if TYPE_CHECKING:
    from audit_log.models import AuditEntry, AuditReference

register = template.Library()


@register.simple_tag(takes_context=True)
def entries_url(context: template.Context, **filters: Any) -> str:
    """Return the address of the list with just these filters."""
    current_app = getattr(getattr(context, "request", None), "current_app", None)
    url = reverse("admin:audit_log_auditentry_changelist", current_app=current_app)
    return f"{url}?{urlencode(filters)}"


@register.filter
def object_key(named: AuditEntry | AuditReference) -> str:
    """Return what the filter ``object`` takes: ``"app_label.model:id"``."""
    return f"{named.target_type}:{named.target_id}"
