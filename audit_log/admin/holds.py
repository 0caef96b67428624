"""Holds in the admin: placed, looked at, released; never changed or deleted."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.timezone import is_aware, localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit_log.admin.history import AuditHistoryAdminMixin
from audit_log.admin.pages import admin_url, app_crumb, page_context
from audit_log.models import AuditEntry, AuditHold
from audit_log.reading.values import visible
from audit_log.reading.visibility import may_read
from audit_log.retention import place, release

if TYPE_CHECKING:
    from django.db.models import QuerySet

    HoldAdmin = admin.ModelAdmin[AuditHold]
else:
    HoldAdmin = admin.ModelAdmin

STAMPED = ("placed_at", "placed_by", "released_at", "released_by")
NAMED = ("target_type", "target_id", "tenant", "actor", "correlation_id", "since", "until")
ADDED = ("reason", *NAMED)
STORED = ("told", "named", *STAMPED)


class InForce(admin.SimpleListFilter):
    """Whether holds still hold."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("in_force", _("in force")), ("released", _("released"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[AuditHold]
    ) -> QuerySet[AuditHold] | None:
        if self.value() not in {"in_force", "released"}:
            return None
        return queryset.filter(released_at__isnull=self.value() == "in_force")


@admin.register(AuditHold)
class AuditHoldAdmin(AuditHistoryAdminMixin, HoldAdmin):
    """Who may add holds may place them, who may change them may release them."""

    actions = None
    change_form_template = "audit_log/admin/hold.html"
    list_display = ("told", "named", *STAMPED)
    list_filter = (InForce,)
    raw_id_fields = ("actor",)
    search_fields = ("reason", "target_id", "tenant", "correlation_id")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: AuditHold | None = None) -> Any:
        return ADDED if obj is None else STORED

    def get_readonly_fields(self, request: HttpRequest, obj: AuditHold | None = None) -> Any:
        return () if obj is None else STORED

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.release_view)
        released = path("<path:object_id>/release/", view, name="audit_log_audithold_release")
        return [released, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: AuditHold, form: Any, change: bool) -> None:
        if change:
            raise PermissionDenied
        place(obj)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: AuditHold | None = None,
    ) -> Any:
        if obj is not None:
            context |= {
                "show_save": False,
                "show_save_and_continue": False,
                "show_save_and_add_another": False,
                "release_url": self._release_url(request, obj),
                "entries_url": self._entries_url(request, obj),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def release_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask whether a hold shall end, and end it."""
        held = self.get_object(request, object_id)
        if held is None:
            raise Http404
        if not self.has_change_permission(request, held):
            raise PermissionDenied
        back = admin_url(self.admin_site, AuditHold, "change", held.pk)
        if request.method == "POST":
            release(held)
            messages.success(request, _("The hold “%(name)s” is released.") % {"name": held})
            return HttpResponseRedirect(back)
        title = _("Release a hold")
        plural = capfirst(str(self.opts.verbose_name_plural))
        changelist = admin_url(self.admin_site, AuditHold, "changelist")
        crumbs = [app_crumb(self), (plural, changelist), (visible(str(held)), back), (title, "")]
        context = {"hold": held, "named": self.named(held), "back": back}
        return TemplateResponse(
            request,
            "audit_log/admin/release.html",
            page_context(self, request, title, crumbs) | context,
        )

    @admin.display(description=gettext_lazy("reason"), ordering="reason")
    def told(self, held: AuditHold) -> str:
        """Why entries are held."""
        return visible(held.reason)

    @admin.display(description=gettext_lazy("what is held"))
    def named(self, held: AuditHold) -> str:
        """What a hold names, in words."""
        told = []
        for name in NAMED:
            field: Any = AuditHold._meta.get_field(name)
            value = getattr(held, field.attname)
            if isinstance(value, datetime.datetime):
                value = date_format(localtime(value) if is_aware(value) else value, "Y-m-d H:i:s")
            if value not in {"", None}:
                told.append(f"{field.verbose_name} {visible(str(value))}")
        return ", ".join(told)

    def _release_url(self, request: HttpRequest, held: AuditHold) -> str:
        if held.released_at is not None or not self.has_change_permission(request, held):
            return ""
        return admin_url(self.admin_site, AuditHold, "release", held.pk)

    def _entries_url(self, request: HttpRequest, held: AuditHold) -> str:
        if not may_read(request):
            return ""
        filters = {
            "object": f"{held.target_type}:{held.target_id}" if held.target_type else "",
            "tenant": held.tenant,
            "actor": held.actor_id,
            "correlation_id": held.correlation_id,
            "occurred_after": held.since and held.since.isoformat(),
            "occurred_before": held.until and held.until.isoformat(),
        }
        given = {name: str(value) for name, value in filters.items() if value not in {"", None}}
        return f"{admin_url(self.admin_site, AuditEntry, 'changelist')}?{urlencode(given)}"
