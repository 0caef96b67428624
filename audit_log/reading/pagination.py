"""Pages by number, pinned to the moment when the listing was started."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import Subquery
from django.utils.translation import gettext_lazy as _

from audit_log.conf import settings

if TYPE_CHECKING:
    from audit_log.models import AuditEntry
    from audit_log.querysets import AuditEntryQuerySet

MAX_PAGE_SIZE = 200
PARAMETERS = ("page", "page_size", "pin")

_NUMBER = re.compile(r"0*([1-9][0-9]*)")
# Beyond any page there can be, and small enough for every database.
_BEYOND = 10**12


class InvalidPage(ValidationError):
    """``field`` (``page``, ``page_size`` or ``pin``) is wrong; ``messages`` say how."""

    def __init__(self, field: str, message: Any, **params: Any) -> None:
        super().__init__(message, code="invalid", params=params)
        self.field = field

    def __str__(self) -> str:
        return " ".join(self.messages)


class PageNotFound(InvalidPage):
    """A page beyond ``last``, the last there is."""

    def __init__(self, last: int) -> None:
        super().__init__("page", _("There is no such page: the last one is %(last)s."), last=last)
        self.last = last


@dataclass(frozen=True)
class Page:
    """Some entries, newest first, and where they stand in the listing."""

    entries: list[AuditEntry]
    number: int
    total_pages: int
    """At least 1: an empty listing has one page, which is empty."""
    count: int
    """Entries in the listing, those of the other pages included."""
    pin: uuid.UUID | None
    """The newest entry when the listing was started; ``None`` where there was none."""
    page_size: int
    default_page_size: int

    @property
    def has_previous(self) -> bool:
        """Whether there is a page of newer entries."""
        return self.number > 1

    @property
    def has_next(self) -> bool:
        """Whether there is a page of older entries."""
        return self.number < self.total_pages

    def query(self, number: int) -> dict[str, str]:
        """Return the parameters that lead to page ``number`` of the same listing."""
        parameters = {"page": str(number)}
        if self.page_size != self.default_page_size:
            parameters["page_size"] = str(self.page_size)
        if self.pin is not None:
            parameters["pin"] = str(self.pin)
        return parameters


def paginate(
    queryset: AuditEntryQuerySet, params: Mapping[str, Any], page_size: int | None = None
) -> Page:
    """Return the page of ``queryset`` that ``params`` ask for, newest first.

    ``params`` is a ``QueryDict`` or a dict of texts: ``page`` from 1 on, ``page_size`` up to
    200 (otherwise ``page_size``, otherwise the setting ``PAGE_SIZE``), ``pin`` the id of the
    entry from which the listing was started. Entries that arrive later are not in it, so
    that its pages neither repeat nor skip anything.

    Two queries at most. Raises :exc:`InvalidPage` for a value that is malformed,
    :exc:`PageNotFound` for a page that is beyond the last.
    """
    number = _number(params, "page") or 1
    default = settings.PAGE_SIZE if page_size is None else page_size
    size = _number(params, "page_size") or default
    if size > max(MAX_PAGE_SIZE, default):
        raise InvalidPage(
            "page_size", _("page_size is a whole number from 1 to %(limit)s."), limit=MAX_PAGE_SIZE
        )
    start = (number - 1) * size
    pin = _pin(params)
    if pin is None:
        # The page itself says where the listing starts, at no query of its own.
        newest = Subquery(queryset.order_by("-id").values("pk")[:1])
        listing = queryset.annotate(newest_id=newest) if start else queryset
        entries = list(listing.order_by("-id")[start : start + size])
        pin = getattr(entries[0], "newest_id", entries[0].pk) if entries else None
        if not start and len(entries) < size:
            count = len(entries)
        else:
            count = count_entries(queryset if pin is None else queryset.started_at(pin))
    else:
        listing = queryset.started_at(pin)
        count = count_entries(listing)
        entries = list(listing.order_by("-id")[start : start + size]) if start < count else []
    total_pages = max(1, -(-count // size))
    if number > total_pages:
        raise PageNotFound(total_pages)
    return Page(entries, number, total_pages, count, pin, size, default)


def count_entries(queryset: AuditEntryQuerySet) -> int:
    """Return how many entries there are: the one place where they are counted."""
    return queryset.order_by().count()


def _number(params: Mapping[str, Any], name: str) -> int | None:
    text = str(params.get(name) or "")
    if not text:
        return None
    match = _NUMBER.fullmatch(text)
    if match is None:
        if name == "page":
            raise InvalidPage(name, _("page is a whole number from 1 on."))
        raise InvalidPage(
            name, _("page_size is a whole number from 1 to %(limit)s."), limit=MAX_PAGE_SIZE
        )
    return int(match[1]) if len(match[1]) <= 12 else _BEYOND


def _pin(params: Mapping[str, Any]) -> uuid.UUID | None:
    text = str(params.get("pin") or "")
    if not text:
        return None
    # uuid.UUID() also takes braces, "urn:uuid:" and hyphens anywhere.
    if re.fullmatch(r"[0-9A-Fa-f]{8}(-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}", text) is None:
        raise InvalidPage(
            "pin", _("pin is the id of an entry, as in the links to the other pages.")
        )
    return uuid.UUID(text)
