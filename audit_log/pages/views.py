"""The audit log on pages of the application, for people who need not be staff."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.views import redirect_to_login
from django.db import DatabaseError
from django.http import Http404, HttpResponseBadRequest, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views import View

from audit_log.access import export_response, record_view
from audit_log.models import AuditEntry
from audit_log.pages.listing import EXPIRING_DAYS, Listing, Urls
from audit_log.pages.mount import Mount
from audit_log.pages.query import Query
from audit_log.pages.rows import ANY
from audit_log.reading.display import questions_of, target_text
from audit_log.reading.missing import MESSAGE, tables_are_missing
from audit_log.reading.related import names_of
from audit_log.reading.values import visible
from audit_log.reading.visibility import may_export, may_read, visible_entries
from audit_log.retention import Retention, expiring

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.utils.functional import Promise

    from audit_log.querysets import AuditEntryQuerySet


class LogView(View):
    """For those who may read the log; others are sent to log in, or told that they may not."""

    http_method_names = ["get", "head", "options"]
    exports: ClassVar[bool] = False
    """Whether it takes the permission to export, instead of that to view."""
    title: str | Promise = _("Audit log")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase
        self.mount = Mount(request)
        user: Any = getattr(request, "user", None)
        if user is None or not user.is_authenticated:
            response = redirect_to_login(request.get_full_path())
        elif not (may_export if self.exports else may_read)(request):
            response = self.render("audit_log/pages/denied.html", {}, status=403)
        else:
            response = self._dispatch(request, *args, **kwargs)
        # What somebody else may see is nobody's business who uses the browser next.
        add_never_cache_headers(response)
        return response

    def _dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except DatabaseError as error:
            if not tables_are_missing(error):
                raise
        return self.render("audit_log/pages/no_tables.html", {"message": MESSAGE}, status=503)

    def render(self, template: str, context: dict[str, Any], status: int = 200) -> TemplateResponse:
        """Return a page below the host's base template."""
        context = {"title": self.title, "mount": self.mount, **context}
        return TemplateResponse(self.request, template, context, status=status)


class EntryList(LogView):
    """One page of the entries that the query parameters ask for; 400 where they cannot be."""

    def get(self, request: HttpRequest, **captured: Any) -> HttpResponseBase:
        urls = Urls(
            list=self.mount.entries,
            entry=self.mount.url("entry", pk=ANY),
            export=self.mount.url("export"),
            expiring=self.mount.url("expiring"),
        )
        listing = Listing(Query(request), urls)
        if listing.redirect_url:
            return HttpResponseRedirect(listing.redirect_url)
        if listing.page is not None:
            record_view(request, "list", listing.page.entries, query=request.GET.dict())
        status = 400 if listing.is_wrong else 200
        return self.render("audit_log/pages/list.html", {"listing": listing}, status)


class EntryDetail(LogView):
    """One entry; 404 for one that is not there or not to be seen by this user."""

    def get(self, request: HttpRequest, pk: uuid.UUID, **captured: Any) -> HttpResponseBase:
        try:
            entry = visible_entries(request).get(pk=pk)
        except AuditEntry.DoesNotExist as error:
            raise Http404 from error
        record_view(request, "entry", [entry], id=str(entry.pk))
        retention = Retention()
        end = retention.kept_until(entry)
        context = {
            "entry": entry,
            "names": names_of(questions_of(entry), visible_entries(request)),
            "references": entry.references.order_by("pk"),
            "kept_until": end,
            "is_held": end is None and retention.rules.end_of(entry) is not None,
        }
        return self.render("audit_log/pages/entry.html", context)


class ObjectHistory(LogView):
    """What happened to one object, also after it is gone; 404 where nothing can be seen of it."""

    def get(
        self, request: HttpRequest, target_type: str, target_id: str, **captured: Any
    ) -> HttpResponseBase:
        if "\x00" in target_type + target_id:
            raise Http404  # none is stored, and PostgreSQL would not even be asked for one
        entries = visible_entries(request)
        own = entries.filter(target_type=target_type, target_id=target_id).order_by("-pk").first()
        if own is None and not entries.for_target(target_type, target_id).exists():
            raise Http404
        context = {
            "target_type": target_type,
            "target_id": target_id,
            "object_key": f"{target_type}:{target_id}",
            "name": visible(target_id) if own is None else target_text(own),
        }
        return self.render("audit_log/pages/object.html", context)


class Export(LogView):
    """The entries of the list with the same filters, as CSV."""

    exports = True
    further_filters: ClassVar[dict[str, str]] = {}

    def get(self, request: HttpRequest, **captured: Any) -> HttpResponseBase:
        query = Query(request)
        if query.is_valid:
            filters = {**query.filters, **self.further_filters}
            return export_response(request, self.chosen(query.qs), "csv", filters)
        if query.clarified:
            return HttpResponseRedirect(f"{request.path}?{urlencode(query.clarified)}")
        text = "\n".join(query.errors)
        return HttpResponseBadRequest(text, content_type="text/plain; charset=utf-8")

    def chosen(self, entries: AuditEntryQuerySet) -> AuditEntryQuerySet:
        """Return those of the entries that the file is about."""
        return entries


class ExpiringExport(Export):
    """Those of them whose retention ends soon."""

    further_filters: ClassVar[dict[str, str]] = {"expiring_within": str(EXPIRING_DAYS)}

    def chosen(self, entries: AuditEntryQuerySet) -> AuditEntryQuerySet:
        return expiring(entries, within=datetime.timedelta(days=EXPIRING_DAYS))
