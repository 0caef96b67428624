"""Pages by number, pinned to the moment when the listing was started."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import Subquery
from django.db.models.expressions import Col
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from audit_log.conf import settings
from audit_log.querysets import united
from audit_log.reading.counting import CAP, RECENT, Count, Exactness, counter_of
from audit_log.reading.leading import Unindexed

if TYPE_CHECKING:
    from audit_log.models import AuditEntry
    from audit_log.querysets import AuditEntryQuerySet
    from audit_log.reading.counting import Counter

MAX_PAGE_SIZE = 200
PARAMETERS = ("page", "page_size", "pin", "anchor")

_NUMBER = re.compile(r"0*([1-9][0-9]*)")
# Beyond any page there can be, and small enough for every database.
_BEYOND = 10**12
# uuid.UUID() also takes braces, "urn:uuid:" and hyphens anywhere.
_ID = r"[0-9A-Fa-f]{8}(?:-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}"
_ID_TEXT = re.compile(_ID)
_ANCHOR = re.compile(rf"([0-9]{{1,15}})-({_ID})")


class InvalidPage(ValidationError):
    """``field``, one of ``PARAMETERS``, is wrong; ``messages`` say how."""

    def __init__(self, field: str, message: Any, **params: Any) -> None:
        super().__init__(message, code="invalid", params=params)
        self.field = field

    def __str__(self) -> str:
        return " ".join(self.messages)


class PageNotFound(InvalidPage):
    """A page beyond ``last``, the last there is; ``None`` where that is not known."""

    def __init__(self, last: int | None) -> None:
        if last is None:
            super().__init__("page", _("There is no such page."))
        else:
            message = _("There is no such page: the last one is %(last)s.")
            super().__init__("page", message, last=last)
        self.last = last


@dataclass(frozen=True)
class Anchor:
    """An entry of the listing, and how many stand before it: a page near to it starts there."""

    position: int
    key: uuid.UUID

    def __str__(self) -> str:
        return f"{self.position}-{self.key}"


@dataclass(frozen=True)
class Page:
    """Some entries, newest first, and where they stand in the listing."""

    entries: list[AuditEntry]
    number: int
    total_pages: int
    """At least 1: an empty listing has one page, which is empty. As exact as ``count``."""
    count: int
    """Entries in the listing, those of the other pages included."""
    pin: uuid.UUID | None
    """The newest entry when the listing was started; ``None`` where there was none."""
    page_size: int
    default_page_size: int
    count_is: Exactness = "exact"
    """``"exact"``; ``"estimate"``: about so many; ``"at_least"``: perhaps more."""
    has_next: bool = False
    """Whether there is a page of older entries."""

    @property
    def has_previous(self) -> bool:
        """Whether there is a page of newer entries."""
        return self.number > 1

    def query(self, number: int) -> dict[str, str]:
        """Return the parameters that lead to page ``number`` of the same listing.

        Pages near to this one are found from here, not from the start of the listing.
        """
        parameters = {"page": str(number)}
        if self.page_size != self.default_page_size:
            parameters["page_size"] = str(self.page_size)
        if self.pin is not None:
            parameters["pin"] = str(self.pin)
        if self.entries and self.number > 1 and number > 1:
            position = (self.number - 1) * self.page_size
            parameters["anchor"] = str(Anchor(position, self.entries[0].pk))
        return parameters


def paginate(
    queryset: AuditEntryQuerySet, params: Mapping[str, Any], page_size: int | None = None
) -> Page:
    """Return the page of ``queryset`` that ``params`` ask for, newest first.

    ``params`` is a ``QueryDict`` or a dict of texts: ``page`` from 1 on, ``page_size`` up to
    200 (otherwise ``page_size``, otherwise the setting ``PAGE_SIZE``), ``pin`` the id of the
    entry from which the listing was started, ``anchor`` an entry near to the page. Entries
    that arrive later are not in it, so that its pages neither repeat nor skip anything.

    Two queries at most, and no count of more than some thousand entries. Raises
    :exc:`InvalidPage` for a value that is malformed, :exc:`PageNotFound` for a page that is
    beyond the last.
    """
    number = _number(params, "page", _("page is a whole number from 1 on.")) or 1
    default = settings.PAGE_SIZE if page_size is None else page_size
    size = page_size_in(params, default)
    start = (number - 1) * size
    pin = id_in(params, "pin", _("pin is the id of an entry, as in the links to the other pages."))
    anchor = _anchor(params)
    listing = queryset if pin is None else queryset.started_at(pin)
    counter = counter_of(listing, is_whole_log=not queryset.query.where)
    if pin is None and start:
        # The page itself says where the listing starts, at no query of its own.
        newest = queryset.in_key_range().order_by("-pk").values("pk")[:1]
        listing = listing.annotate(newest_id=Subquery(newest))
    # One more than a page has: whether there is another.
    found = _slice(listing, counter, start, size + 1, anchor)
    entries = found[:size]
    if pin is None and entries:
        pin = getattr(entries[0], "newest_id", entries[0].pk)
    has_next = len(found) > size
    if has_next:
        count = counter.count(entries, pin, at_least=start + size + 1)
    elif entries or not start:
        count = Count(start + len(entries))
    else:
        raise PageNotFound(_last_page(listing, size))
    total_pages = max(number + has_next, -(-count.number // size))
    return Page(
        entries,
        number,
        total_pages,
        count.number,
        pin,
        size,
        default,
        count.exactness,
        has_next,
    )


def count_entries(queryset: AuditEntryQuerySet) -> int:
    """Return exactly how many entries there are, however long that takes."""
    return queryset.order_by().in_key_range().count()


def _slice(
    listing: AuditEntryQuerySet, counter: Counter, start: int, length: int, anchor: Anchor | None
) -> list[AuditEntry]:
    if counter.likely_among and not start:
        recent = counter.counting(_recent(listing, counter.likely_among), is_listing=False)
        found = list(recent.order_by("-pk")[:length])
        if len(found) == length:
            return found
    keys = _keys_of_slice(listing, counter, start, length, anchor)
    rows = counter.counting(listing.all(), is_listing=keys is None)
    if keys is None:
        return list(rows.in_key_range().order_by("-pk")[:length])
    if len(rows.query.alias_map) <= 1 and not rows.query.extra_tables:
        # These have been chosen: asked again, the listing's conditions find all the others, too.
        rows.query.where = type(rows.query.where)()
    return list(rows.filter(pk__in=keys).order_by("-pk")[:length])


def _keys_of_slice(
    listing: AuditEntryQuerySet, counter: Counter, start: int, length: int, anchor: Anchor | None
) -> Any:
    """Return the ids, for a query, where they are found better without the entries."""
    entries = listing.in_key_range()
    if anchor is not None and abs(start - anchor.position) < start:
        # Few entries are passed over to come from there, however deep the page is.
        offset = start - anchor.position
        if offset >= 0:
            older = entries.filter(pk__lte=anchor.key).order_by("-pk")
            return _Keys.slice(older, offset, length)
        if length <= 1 - offset:
            newer = entries.filter(pk__gte=anchor.key).order_by("pk")
            return _Keys.slice(newer, 1 - offset - length, length)
    ranges = None if start else united(listing)
    if ranges is not None:
        # Instead of all that are in the ranges: these are found without the others.
        return ranges.newest(length)
    if start or counter.is_sure or _is_by_key_alone(listing):
        found_first = counter.is_sure
        return _Keys.slice(entries.order_by("-pk"), start, length, found_first=found_first)
    return None


def _recent(listing: AuditEntryQuerySet, column: str) -> AuditEntryQuerySet:
    """Return those entries of a listing that are among the last that the filter of a column leaves.

    None where it is not filtered by the column alone.
    """
    filters = [one for one in listing.query.where.children if _column_of(one, listing) == column]
    if not filters:
        return listing.none()
    last = listing.order_by("-pk")
    last.query.where = type(last.query.where)(filters)
    return listing.filter(pk__gte=Subquery(last.values("pk")[RECENT : RECENT + 1]))


def _is_by_key_alone(listing: AuditEntryQuerySet) -> bool:
    """Whether a listing is of the objects with one key, of all types.

    In the index they are sorted by type first: to put them in order is cheap without the entries.
    """
    conditions = listing.query.where.children
    names = {_column_of(one, listing) for one in conditions if not _is_unindexed(one)}
    return "target_id" in names and "target_type" not in names


def _column_of(condition: Any, listing: AuditEntryQuerySet) -> str:
    """Return the column of an entry that has to have a value by a condition, or empty."""
    if not isinstance(condition, Exact):
        return ""
    column = condition.lhs.source_expressions[0] if _is_unindexed(condition) else condition.lhs
    is_own = isinstance(column, Col) and column.target.model is listing.model
    return str(column.target.name) if is_own else ""


def _is_unindexed(condition: Any) -> bool:
    return isinstance(getattr(condition, "lhs", None), Unindexed)


class _Keys(Subquery):
    """The ids of some entries of a listing: found in an index, without reading the entries."""

    template = "(SELECT * FROM (%(subquery)s) AS audit_log_keys)"

    @classmethod
    def slice(
        cls, entries: AuditEntryQuerySet, start: int, length: int, *, found_first: bool = False
    ) -> _Keys:
        """``length`` of them in their order, from the one with the number ``start`` on.

        With ``found_first`` all are found before they are put in order (on PostgreSQL):
        OFFSET 0 keeps the planner from doing both at once.
        """
        keys = entries.values("pk")
        if not found_first:
            return cls(keys[start : start + length])
        return cls(
            keys.order_by(),
            template=f"(SELECT * FROM (%(subquery)s OFFSET 0) AS audit_log_keys"  # noqa: S608
            f" ORDER BY 1 DESC LIMIT {length:d} OFFSET {start:d})",
        )


def _last_page(listing: AuditEntryQuerySet, size: int) -> int | None:
    count = listing.in_key_range().order_by()[: CAP + 1].count()
    return max(1, -(-count // size)) if count <= CAP else None


def page_size_in(params: Mapping[str, Any], default: int) -> int:
    """Return ``page_size``, otherwise ``default``. Raises :exc:`InvalidPage`."""
    message = _("page_size is a whole number from 1 to %(limit)s.")
    size = _number(params, "page_size", message) or default
    if size > max(MAX_PAGE_SIZE, default):
        raise InvalidPage("page_size", message, limit=MAX_PAGE_SIZE)
    return size


def id_in(params: Mapping[str, Any], name: str, message: Any) -> uuid.UUID | None:
    """Return the id of an entry. Raises :exc:`InvalidPage` with ``message`` for what is none."""
    text = str(params.get(name) or "")
    if not text:
        return None
    if _ID_TEXT.fullmatch(text) is None:
        raise InvalidPage(name, message)
    return uuid.UUID(text)


def _number(params: Mapping[str, Any], name: str, message: Any) -> int | None:
    text = str(params.get(name) or "")
    if not text:
        return None
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise InvalidPage(name, message, limit=MAX_PAGE_SIZE)
    return int(match[1]) if len(match[1]) <= 12 else _BEYOND


def _anchor(params: Mapping[str, Any]) -> Anchor | None:
    text = str(params.get("anchor") or "")
    if not text:
        return None
    match = _ANCHOR.fullmatch(text)
    if match is None:
        raise InvalidPage(
            "anchor",
            _("anchor is a number and the id of an entry, as in the links to the other pages."),
        )
    return Anchor(int(match[1]), uuid.UUID(match[2]))
