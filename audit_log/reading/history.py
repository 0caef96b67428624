"""The history of one object, a page at a time, for a panel on any page."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit_log.reading.pagination import PARAMETERS, InvalidPage, Page, paginate
from audit_log.reading.visibility import visible_entries

if TYPE_CHECKING:
    from django.http import HttpRequest

_PARAMETERS = tuple(name for name in PARAMETERS if name != "page_size")


@dataclass(frozen=True)
class History:
    """Entries of one object, as target or as reference, newest first.

    ``anchor`` is an id for the panel's element, ``page`` is ``None`` where the page asked for
    is none, and ``error`` says why.
    """

    target_type: str
    target_id: str
    anchor: str
    page: Page | None
    error: str
    first_url: str
    previous_url: str = ""
    next_url: str = ""


def history_of(
    request: HttpRequest, target_type: str, target_id: str, page_size: int | None = None
) -> History:
    """Return the entries of an object that the user of ``request`` may see; two queries.

    ``target_type`` is ``"app_label.model"``, ``target_id`` the key as text, ``page_size``
    how many entries are on a page (otherwise the setting ``PAGE_SIZE``). The page is asked
    for by query parameters of the object's own, so that panels of several objects on one
    page do not turn each other's pages.
    """
    digest = hashlib.sha256(f"{target_type}:{target_id}".encode()).hexdigest()
    anchor = f"audit-history-{digest[:8]}"
    entries = visible_entries(request).for_target(target_type, target_id).defer("salt")
    params = {name: request.GET.get(f"{anchor}-{name}", "") for name in _PARAMETERS}
    try:
        page = paginate(entries, params, page_size)
    except InvalidPage as error:
        first = _url(request, anchor, None, 1)
        return History(target_type, target_id, anchor, None, str(error), first)
    return History(
        target_type,
        target_id,
        anchor,
        page,
        "",
        _url(request, anchor, None, 1),
        _url(request, anchor, page, page.number - 1) if page.has_previous else "",
        _url(request, anchor, page, page.number + 1) if page.has_next else "",
    )


def _url(request: HttpRequest, anchor: str, page: Page | None, number: int) -> str:
    query = request.GET.copy()
    for name in _PARAMETERS:
        query.pop(f"{anchor}-{name}", None)
    if page is not None:
        asked = page.query(number)
        query.update({f"{anchor}-{name}": asked[name] for name in _PARAMETERS if name in asked})
    return f"?{query.urlencode()}#{anchor}"
