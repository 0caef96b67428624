"""From an entry to the object that it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.admin.exceptions import NotRegistered
from django.contrib.admin.utils import quote
from django.urls import NoReverseMatch

from audit_log.admin.pages import admin_url
from audit_log.reading.display import model_of

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.http import HttpRequest

    from audit_log.models import AuditEntry


def change_page_of(entry: AuditEntry, site: AdminSite, request: HttpRequest) -> str:
    """Return the address of the target's change page.

    Empty where the target does not exist any more, has no such page on ``site``, or may not
    be seen there by the user of ``request``.
    """
    model = model_of(entry.target_type)
    if model is None or not entry.target_id:
        return ""
    try:
        model_admin = site.get_model_admin(model)
        url = admin_url(site, model, "change", quote(entry.target_id))
    except (NotRegistered, NoReverseMatch):
        return ""
    target = model_admin.get_object(request, entry.target_id)
    if target is None or not model_admin.has_view_or_change_permission(request, target):
        return ""
    return url
