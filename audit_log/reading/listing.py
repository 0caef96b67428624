"""A page of a listing with one query less, for pages of people."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db.models import Subquery

from audit_log.reading.pagination import Page, paginate

if TYPE_CHECKING:
    from audit_log.querysets import AuditEntryQuerySet

_NEWER_THAN_ALL = str(uuid.UUID(int=2**128 - 1))


def page_of(
    queryset: AuditEntryQuerySet, params: Mapping[str, Any], page_size: int | None = None
) -> Page:
    """Return :func:`~audit_log.reading.pagination.paginate`'s page, in two queries.

    Where the listing starts, there is no pin yet: the newest entry, to which the links to the
    other pages are pinned, comes along with the entries instead of in a query of its own.
    Raises what ``paginate`` raises.
    """
    if params.get("pin"):
        return paginate(queryset, params, page_size)
    newest = Subquery(queryset.order_by("-id").values("pk")[:1])
    asked = {name: params[name] for name in ("page", "page_size") if name in params}
    asked["pin"] = _NEWER_THAN_ALL
    page = paginate(queryset.annotate(newest_id=newest), asked, page_size)
    pins = [entry.newest_id for entry in page.entries[:1]]  # type: ignore[attr-defined]
    return replace(page, pin=pins[0] if pins else None)
