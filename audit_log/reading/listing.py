"""A page of a listing with one query less, for pages of people."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from audit_log.reading.pagination import Page, paginate

if TYPE_CHECKING:
    from audit_log.querysets import AuditEntryQuerySet

_NEWER_THAN_ALL = str(uuid.UUID(int=2**128 - 1))


def page_of(
    queryset: AuditEntryQuerySet, params: Mapping[str, Any], page_size: int | None = None
) -> Page:
    """Return :func:`~audit_log.reading.pagination.paginate`'s page; the first in two queries.

    A first page need not ask for the newest entry, to which the links to the other pages are
    pinned: it has it. Raises what ``paginate`` raises.
    """
    if params.get("pin") or params.get("page") not in {None, "", "1"}:
        return paginate(queryset, params, page_size)
    asked = {name: params[name] for name in ("page", "page_size") if name in params}
    page = paginate(queryset, {**asked, "pin": _NEWER_THAN_ALL}, page_size)
    return replace(page, pin=page.entries[0].pk if page.entries else None)
