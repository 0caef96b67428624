"""``{% load audit_log %}{% audit_history object %}``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from audit_log.access import record_view
from audit_log.conf import settings
from audit_log.identity import key_text
from audit_log.pages.mount import Mount
from audit_log.pages.rows import ANY, HistoryRows
from audit_log.reading.history import history_of
from audit_log.reading.visibility import may_read
from audit_log.registry import target_of

if TYPE_CHECKING:
    from django.http import HttpRequest

register = template.Library()


@register.inclusion_tag("audit_log/history_panel.html", takes_context=True)
def audit_history(
    context: template.Context,
    obj: Any = None,
    *,
    target_type: str = "",
    target_id: Any = None,
    limit: int | None = None,
    title: str = "",
) -> dict[str, Any]:
    """Render the history of an object: a table of its newest entries, with links to older ones.

    ``obj`` is the object; for one that is gone, give ``target_type="app_label.model"`` and
    ``target_id`` instead. ``limit`` is how many entries are on a page, otherwise the setting
    ``PAGE_SIZE``; ``title`` replaces the heading "History".

    Renders nothing without a request in the context, for somebody who may not read the audit
    log, and for an object that is ``None``, empty or not saved yet; where ``VISIBILITY`` decides
    row by row, also where it leaves no entry of the object. Raises ``TypeError`` for
    anything else that is no model instance, and ``ValueError`` for a ``limit`` below 1.
    """
    if limit is not None and int(limit) < 1:
        raise ValueError(f"audit_history shows at least 1 entry, not {limit}.")
    request = _request_of(context)
    target = _target(obj, target_type, target_id)
    if request is None or target is None or not may_read(request):
        return {"history": None}
    history = history_of(request, *target, None if limit is None else int(limit))
    if settings.VISIBILITY is not None and history.is_empty:
        # Whether anything is recorded is not for this reader to know.
        return {"history": None}
    if history.page is not None:
        record_view(request, "history", history.page.entries, object=":".join(target))
    in_admin = "admin" in getattr(request.resolver_match, "app_names", ())
    # On the log's own pages in the application.
    mount = context.get("mount") if isinstance(context.get("mount"), Mount) else None
    entry_url = ""
    if mount:
        entry_url = mount.url("entry", pk=ANY)
    elif in_admin:
        entry_url = _entry_url_in_admin(request)
    return {
        "history": history,
        "rows": HistoryRows(history.page.entries, history.names, entry_url) if history.page else (),
        "title": title or _("History"),
        "leads_to_entries": in_admin or bool(mount),
        "columns": 5 if in_admin or mount else 4,
        "csp_nonce": context.get("csp_nonce"),
    }


def _entry_url_in_admin(request: HttpRequest) -> str:
    match: Any = request.resolver_match
    site = getattr(request, "current_app", None) or match.namespace
    try:
        return reverse("admin:audit_log_auditentry_change", args=[ANY], current_app=site)
    except NoReverseMatch:  # an admin without the audit log's pages
        return ""


def _request_of(context: template.Context) -> HttpRequest | None:
    # A RequestContext has it also where no context processor puts it among the variables.
    return getattr(context, "request", None) or context.get("request") or None


def _target(obj: Any, target_type: str, target_id: Any) -> tuple[str, str] | None:
    if target_type and target_id is not None:
        return target_type.lower(), key_text(target_id)
    if obj is None or obj == "":
        return None
    if not isinstance(obj, models.Model):
        raise TypeError(f"audit_history shows the history of a model instance, not of {obj!r}.")
    return None if obj.pk is None else target_of(obj)
