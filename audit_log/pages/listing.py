"""What the list page shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from audit_log.conf import settings
from audit_log.pages.actors import keys_are_free_text
from audit_log.pages.chart import Chart
from audit_log.pages.rows import Rows
from audit_log.pages.widgets import (
    ChoiceSelect,
    MomentInput,
    PlainInput,
    SearchInput,
    filter_fields_html,
)
from audit_log.reading.activity import activity
from audit_log.reading.display import actor_text
from audit_log.reading.fields import WordField
from audit_log.reading.pagination import InvalidPage, Page, paginate
from audit_log.reading.visibility import may_export

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from audit_log.pages.query import Query

MAIN_FIELDS = (
    "search",
    "occurred_after",
    "occurred_before",
    "event_type",
    "action",
    "target_type",
    "actor",
    "object",
)

_INPUTS = {
    "search": SearchInput,
    "occurred_after": MomentInput,
    "occurred_before": MomentInput,
}

EXPIRING_DAYS = 30
"""The button "Get what expires soon" takes what the next so many days remove."""


@dataclass(frozen=True)
class Urls:
    """Where the pages of a surface are."""

    list: str
    entry: str
    """That of an entry, with ``ANY`` for its id."""
    export: str
    expiring: str


class Listing:
    """One page of entries or what is wrong, the filter form, and where its links lead."""

    def __init__(self, query: Query, urls: Urls) -> None:
        self.reset_url = urls.list
        self._urls = urls
        self.page: Page | None = None
        self.page_error = ""
        self.is_filtered = bool(query.filters)
        self._query = query
        exports = may_export(query.request)
        self._export_url = urls.export if exports else ""
        self._expiring_url = urls.expiring if exports and settings.RETENTION is not None else ""
        if query.is_valid:
            try:
                page = paginate(query.qs.defer("metadata", "salt"), query.request.GET)
            except InvalidPage as error:
                self.page_error = f"{error.field}: {error}"
            else:
                self.page = page
        self.wrong_filters = ", ".join(query.wrong_labels)
        self.errors = [*query.unknown, *filter(None, [self.page_error])]
        self.is_wrong = self.page is None
        self.form = _dressed(query.form)

    @property
    def redirect_url(self) -> str:
        """Where to go because the actor was given by name, or empty."""
        wrong = self._query.form.errors
        no_such_key = "actor" in wrong or "object" in wrong
        if self.page is not None and self.page.count == 0:
            no_such_key = keys_are_free_text()
        clarified = self._query.clarified if no_such_key else None
        return self._url(clarified) if clarified else ""

    @property
    def empty_text(self) -> str:
        """What is said where there is no entry at all."""
        if settings.VISIBILITY is None:
            return _("Nothing has been recorded yet.")
        return _("Nothing that you may see has been recorded yet.")

    @property
    def main_fields(self) -> SafeString:
        """The filters that are always in sight."""
        notes = {"actor": self.actor_name}
        return filter_fields_html((self.form[name], notes.get(name, "")) for name in MAIN_FIELDS)

    @property
    def more_fields(self) -> SafeString:
        """The other filters."""
        return filter_fields_html((self.form[name], "") for name in self._more)

    @property
    def more_fields_used(self) -> bool:
        """Whether one of the other filters has a value."""
        return any(name in self._query.filters for name in self._more)

    @property
    def _more(self) -> list[str]:
        return [name for name in self.form.fields if name not in MAIN_FIELDS]

    @property
    def page_size(self) -> str:
        """The page size that was asked for; it stays."""
        return self._query.request.GET.get("page_size", "") if self.page else ""

    @property
    def actor_name(self) -> str:
        """Who it is whose key the actor filter holds, where an entry tells."""
        if "actor" in self._query.filters and self.page is not None and self.page.entries:
            return actor_text(self.page.entries[0])
        return ""

    @property
    def reload_url(self) -> str:
        """The first page, with what has arrived since."""
        kept = {"page_size": self.page_size} if self.page_size else {}
        return self._url({**self._query.filters, **kept})

    @property
    def export_url(self) -> str:
        """The CSV of all that the filters let through; empty for those who may not have it."""
        return self._filtered(self._export_url)

    @property
    def expiring_url(self) -> str:
        """The same of what retention will soon remove; empty where nothing is removed."""
        return self._filtered(self._expiring_url)

    @property
    def rows(self) -> Rows:
        """What the table shows."""
        return Rows(self.page.entries if self.page else (), self._urls.list, self._urls.entry)

    @cached_property
    def chart(self) -> Chart | None:
        """The activity in the chosen period, on the first page of a listing."""
        if self.page is None or self.page.number > 1:
            return None
        query = self._query
        chosen = query.form.cleaned_data
        period = chosen.get("occurred_after"), chosen.get("occurred_before")
        found = activity(query.of_any_time, self.page, *period, query.filters)
        return None if found is None else Chart(found, self._url_of_any_time)

    @property
    def is_too_large_for_a_chart(self) -> bool:
        """Whether a chart is left out because nobody knows what counting would take."""
        page = self.page
        return page is not None and page.number == 1 and page.count_is != "exact" and not self.chart

    @property
    def previous_url(self) -> str:
        """The page of newer entries, or empty."""
        page = self.page
        return self._page_url(page, page.number - 1) if page and page.has_previous else ""

    @property
    def next_url(self) -> str:
        """The page of older entries, or empty."""
        page = self.page
        return self._page_url(page, page.number + 1) if page and page.has_next else ""

    def _filtered(self, url: str) -> str:
        if not url or not self.is_filtered:
            return url
        return f"{url}?{urlencode(self._query.filters)}"

    @property
    def _url_of_any_time(self) -> str:
        kept = {"page_size": self.page_size} if self.page_size else {}
        others = {**self._query.filters, **kept}
        for name in ("occurred_after", "occurred_before"):
            others.pop(name, None)
        return self._url(others)

    def _page_url(self, page: Page, number: int) -> str:
        return self._url({**self._query.filters, **page.query(number)})

    def _url(self, parameters: dict[str, Any]) -> str:
        return f"{self.reset_url}?{urlencode(parameters)}" if parameters else self.reset_url


def _dressed(form: forms.Form) -> forms.Form:
    for name, field in form.fields.items():
        if isinstance(field, WordField):
            field.widget = ChoiceSelect(field.pairs())
        elif name in _INPUTS:
            field.widget = _INPUTS[name]()
        else:
            field.widget = PlainInput(attrs=field.widget.attrs)
    form.label_suffix = ""
    return form
