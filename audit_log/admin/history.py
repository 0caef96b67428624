"""The audit log on the admin pages of other models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from audit_log import registry
from audit_log.admin.pages import admin_url, app_crumb, explained, page_context
from audit_log.conf import settings
from audit_log.identity import type_of
from audit_log.reading.display import target_text
from audit_log.reading.values import visible
from audit_log.reading.visibility import may_read, visible_entries
from audit_log.registry import target_of

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest, HttpResponse

    AnyModelAdmin = admin.ModelAdmin[Any]
else:
    AnyModelAdmin = object


class AuditHistoryAdminMixin(AnyModelAdmin):
    """Show the audit log on a model's admin pages: put it before ``ModelAdmin``.

    The change page gets the object's history at its bottom. The page "History" shows it
    instead of the admin's own log, also for an object that has been deleted. Both only to
    those who may read the audit log; the page "History" is otherwise forbidden.

    Templates of your own (``change_form_template``, ``object_history_template``, or files in
    ``admin/<app>/<model>/``) stay in use: these are laid over them.
    """

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> Any:
        response = super().render_change_form(request, context, add, change, form_url, obj)
        if obj is None or context.get("is_popup") or not isinstance(response, TemplateResponse):
            return response
        return _overlaid(response, "audit_log/admin/change_form.html")

    @explained
    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show what the audit log knows of an object that is there or was deleted.

        403 without the permission to view the model or to read the audit log. Where the
        object is not there and nothing is known of it: as the admin does it.
        """
        key = unquote(object_id)
        obj = self.get_object(request, key)
        if not self.has_view_or_change_permission(request, obj) or not may_read(request):
            raise PermissionDenied
        if obj is None:
            known = None if _exists(self.model, key) else _what_is_known(request, self.model, key)
            if known is None:
                # Never there, or there and hidden by get_queryset().
                return super().history_view(request, object_id, extra_context)
            target, name = known
        else:
            target, name = target_of(obj), visible(registry.text_of(obj))
        plural = capfirst(str(self.opts.verbose_name_plural))
        title = _("History: %(name)s") % {"name": name}
        changelist = admin_url(self.admin_site, self.model, "changelist")
        crumbs = [app_crumb(self), (plural, changelist), (title, "")]
        context = {
            **page_context(self, request, title, crumbs),
            "module_name": plural,
            "object": obj,
            "preserved_filters": self.get_preserved_filters(request),
            "history_target": target,
            # Where rows are hidden, the panel is silent about what has none; a page cannot be.
            "nothing_to_see": settings.VISIBILITY is not None
            and not visible_entries(request).for_target(*target).exists(),
            **(extra_context or {}),
        }
        label, model = self.opts.app_label, self.opts.model_name
        templates = self.object_history_template or [
            f"admin/{label}/{model}/object_history.html",
            f"admin/{label}/object_history.html",
            "admin/object_history.html",
        ]
        response = TemplateResponse(request, templates, context)
        return _overlaid(response, "audit_log/admin/object_history.html")


def _overlaid(response: TemplateResponse, template: str) -> TemplateResponse:
    # Whatever template the admin chose becomes the parent of ours.
    context = dict(response.context_data or {})
    context["history_parent"] = response.resolve_template(response.template_name)
    response.context_data = context
    response.template_name = template
    return response


def _exists(model: type[Model], key: str) -> bool:
    try:
        return model._base_manager.filter(pk=key).exists()
    except (ValidationError, ValueError):
        return False


def _what_is_known(
    request: HttpRequest, model: type[Model], text: str
) -> tuple[tuple[str, str], str] | None:
    """Return the target and the last name of a deleted object, by its key in an address.

    ``None`` where no entry is about it or refers to it.
    """
    try:
        target = type_of(model), registry.key_text_of(model, model._meta.pk.to_python(text))
    except ValidationError:
        return None
    entries = visible_entries(request)
    newest = entries.filter(target_type=target[0], target_id=target[1]).order_by("-id").first()
    if newest is not None:
        return target, target_text(newest)
    return (target, visible(text)) if entries.for_target(*target).exists() else None
