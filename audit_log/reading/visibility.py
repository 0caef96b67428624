"""Who may read what: one answer for every surface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured

from audit_log.conf import settings
from audit_log.models import AuditEntry
from audit_log.querysets import AuditEntryQuerySet

if TYPE_CHECKING:
    from django.http import HttpRequest

VIEW = "audit_log.view_auditentry"
EXPORT = "audit_log.export_auditentry"


def may_read(request: HttpRequest) -> bool:
    """Whether the user of ``request`` may look at entries: those of :func:`visible_entries`.

    True with the permission ``audit_log.view_auditentry``, and for every user who is logged
    in where ``VISIBILITY`` decides row by row. Never for anonymous or inactive users.
    """
    return _may(request, VIEW)


def may_export(request: HttpRequest) -> bool:
    """Like :func:`may_read`, with the permission ``audit_log.export_auditentry``."""
    return _may(request, EXPORT)


def visible_entries(request: HttpRequest) -> AuditEntryQuerySet:
    """Return the entries that the user of ``request`` may see.

    Nothing for a user who may neither read nor export. Where ``VISIBILITY`` is set, it has
    the last word over everybody's entries. Raises ``ImproperlyConfigured`` where it returns
    anything but a queryset of entries.
    """
    entries: AuditEntryQuerySet = AuditEntry.objects.using(settings.DATABASE)
    if not (may_read(request) or may_export(request)):
        return entries.none()
    narrow = settings.VISIBILITY
    if narrow is None:
        return entries
    visible = narrow(request, entries)
    if not isinstance(visible, AuditEntryQuerySet):
        raise ImproperlyConfigured(
            'AUDIT_LOG["VISIBILITY"] is f(request, queryset) -> queryset; it returned '
            f"{type(visible).__name__}."
        )
    return visible


def _may(request: HttpRequest, permission: str) -> bool:
    user: Any = getattr(request, "user", None)
    # Whatever an authenticator calls a user may be anything, or nothing.
    if not getattr(user, "is_authenticated", False) or not getattr(user, "is_active", True):
        return False
    if settings.VISIBILITY is not None:
        return True
    # A user model without permissions has no such method.
    has_perm = getattr(user, "has_perm", None)
    return has_perm is not None and bool(has_perm(permission))
