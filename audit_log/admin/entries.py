"""The audit log's own pages in the admin: a list and an entry, for reading only."""

from __future__ import annotations

import datetime
import uuid
from typing import TYPE_CHECKING, Any, NoReturn

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.http import urlencode
from django.utils.text import capfirst

from audit_log.access import export_response, record_view
from audit_log.admin.pages import admin_url, app_crumb, explained, page_context
from audit_log.admin.targets import change_page_of
from audit_log.models import AuditEntry, AuditHold
from audit_log.pages.listing import EXPIRING_DAYS, Listing, Urls
from audit_log.pages.query import Query
from audit_log.pages.rows import ANY
from audit_log.reading.display import questions_of
from audit_log.reading.related import names_of
from audit_log.reading.sentences import sentence_of
from audit_log.reading.visibility import may_export, may_read, visible_entries
from audit_log.retention import MAX_DAYS, Retention, expiring

if TYPE_CHECKING:
    from django.http.response import HttpResponseBase

    from audit_log.querysets import AuditEntryQuerySet

    EntryAdmin = admin.ModelAdmin[AuditEntry]
else:
    EntryAdmin = admin.ModelAdmin

READING = frozenset({"GET", "HEAD"})


@admin.register(AuditEntry)
class AuditEntryAdmin(EntryAdmin):
    """List, entry page and CSV. Nobody adds, changes or deletes anything, superusers neither.

    Who may read is decided by the permission ``audit_log.view_auditentry`` or by
    ``VISIBILITY``, as on every other surface.
    """

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_read(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_read(request)

    def get_queryset(self, request: HttpRequest) -> AuditEntryQuerySet:
        return visible_entries(request)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        name = "audit_log_auditentry_export"
        export = path("export/", view, name=name)
        expiring = path("export/expiring/<int:days>/", view, name=f"{name}_expiring")
        return [export, expiring, *super().get_urls()]

    @explained
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show one page of the entries that the query parameters ask for.

        400 with the reasons where a filter or the page cannot be asked for.
        """
        self._only_reading(request)
        urls = Urls(
            list=self._url("changelist"),
            entry=self._url("change", ANY),
            export=self._url("export"),
            expiring=self._url("export_expiring", EXPIRING_DAYS),
        )
        listing = Listing(Query(request), urls)
        if listing.redirect_url:
            return HttpResponseRedirect(listing.redirect_url)
        if listing.page is not None:
            record_view(request, "list", listing.page.entries, query=request.GET.dict())
        crumbs = [app_crumb(self), (self._name, "")]
        context = {"listing": listing, **(extra_context or {})}
        return TemplateResponse(
            request,
            "audit_log/admin/entry_list.html",
            page_context(self, request, self._name, crumbs) | context,
            status=400 if listing.is_wrong else 200,
        )

    @explained
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one entry; 404 for one that is not there or not to be seen by this user."""
        self._only_reading(request)
        try:
            entry = visible_entries(request).get(pk=uuid.UUID(object_id))
        except (ValueError, AuditEntry.DoesNotExist) as error:
            raise Http404 from error
        record_view(request, "entry", [entry], id=str(entry.pk))
        retention = Retention()
        end = retention.kept_until(entry)
        title = sentence_of(entry)
        crumbs = [app_crumb(self), (self._name, self._url("changelist")), (title, "")]
        context = {
            # Not the page of a model's object: django-unfold shows the title only then.
            "opts": None,
            "entry": entry,
            "names": names_of(questions_of(entry), visible_entries(request)),
            "references": entry.references.order_by("pk"),
            "hold_url": self._hold_url(request, entry),
            "target_url": change_page_of(entry, self.admin_site, request),
            "kept_until": end,
            "is_held": end is None and retention.rules.end_of(entry) is not None,
            **(extra_context or {}),
        }
        return TemplateResponse(
            request,
            "audit_log/admin/entry.html",
            page_context(self, request, title, crumbs) | context,
        )

    @explained
    def export_view(self, request: HttpRequest, days: int | None = None) -> HttpResponseBase:
        """Stream the entries that the query parameters ask for as CSV.

        With ``days``, those whose retention ends within so many.
        """
        if request.method not in READING or not may_export(request):
            raise PermissionDenied
        query = Query(request)
        if not query.is_valid:
            if query.clarified:
                return HttpResponseRedirect(f"{request.path}?{urlencode(query.clarified)}")
            # Plain text: whoever may export need not be allowed to see the list.
            text = "\n".join(query.errors)
            return HttpResponseBadRequest(text, content_type="text/plain; charset=utf-8")
        entries, filters = query.qs, query.filters
        if days is not None:
            within = datetime.timedelta(days=min(days, MAX_DAYS))
            entries = expiring(entries, within=within)
            filters = {**filters, "expiring_within": str(days)}
        return export_response(request, entries, "csv", filters)

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: entries are written by what happens."""
        raise PermissionDenied

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: entries are append-only."""
        raise PermissionDenied

    def history_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: an entry has no history."""
        raise Http404

    @property
    def _name(self) -> str:
        return capfirst(str(self.opts.verbose_name_plural))

    def _url(self, view: str, *args: Any) -> str:
        return admin_url(self.admin_site, AuditEntry, view, *args)

    def _hold_url(self, request: HttpRequest, entry: AuditEntry) -> str:
        # The site may do without holds.
        holds = self.admin_site._registry.get(AuditHold)
        if holds is None or not entry.target_id or not holds.has_add_permission(request):
            return ""
        named = {"target_type": entry.target_type, "target_id": entry.target_id}
        return f"{admin_url(self.admin_site, AuditHold, 'add')}?{urlencode(named)}"

    def _only_reading(self, request: HttpRequest) -> None:
        if request.method not in READING or not may_read(request):
            raise PermissionDenied
