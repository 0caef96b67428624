"""The history of one object, a page at a time, for a panel on any page."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.utils.http import urlencode

from audit_log.reading.display import questions_of
from audit_log.reading.missing import MESSAGE, tables_are_missing
from audit_log.reading.pagination import PARAMETERS, InvalidPage, Page, paginate
from audit_log.reading.related import Names, names_of
from audit_log.reading.state import AsOf, PartlyHidden, as_of, parse_at, visible_state
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
    as_of: AsOf | None = None
    """The object as it was at the moment that was asked for."""
    at_name: str = ""
    """The parameter that asks for it."""
    at_text: str = ""
    at_error: str = ""
    kept: tuple[tuple[str, str], ...] = ()
    """The parameters of the page that a form has to keep."""
    names: Names = field(default_factory=dict)
    """What related objects were called, where the entries themselves do not tell."""

    @property
    def is_empty(self) -> bool:
        """Whether no entry is visible, on any page."""
        return self.page is not None and self.page.count == 0


def history_of(
    request: HttpRequest, target_type: str, target_id: str, page_size: int | None = None
) -> History:
    """Return the entries of an object that the user of ``request`` may see.

    Two queries, and one more where an entry does not tell what a related object was called.

    ``target_type`` is ``"app_label.model"``, ``target_id`` the key as text, ``page_size``
    how many entries are on a page (otherwise the setting ``PAGE_SIZE``). The page is asked
    for by query parameters of the object's own, so that panels of several objects on one
    page do not turn each other's pages.
    """
    anchor = anchor_of(target_type, target_id)
    entries = visible_entries(request).for_target(target_type, target_id).defer("salt")
    params = {name: request.GET.get(f"{anchor}-{name}", "") for name in _PARAMETERS}
    try:
        page = paginate(entries, params, page_size)
    except InvalidPage as error:
        first = _url(request, anchor, None, 1)
        return History(target_type, target_id, anchor, None, str(error), first)
    except DatabaseError as error:
        if not tables_are_missing(error):
            raise
        return History(target_type, target_id, anchor, None, str(MESSAGE), "")
    history = History(
        target_type,
        target_id,
        anchor,
        page,
        "",
        _url(request, anchor, None, 1),
        _url(request, anchor, page, page.number - 1) if page.has_previous else "",
        _url(request, anchor, page, page.number + 1) if page.has_next else "",
        names=names_of(
            (question for entry in page.entries for question in questions_of(entry)),
            visible_entries(request),
        ),
    )
    return _with_state(request, history)


def anchor_of(target_type: str, target_id: str) -> str:
    """Return the id of the panel's element; its parameters begin with it."""
    digest = hashlib.sha256(f"{target_type}:{target_id}".encode()).hexdigest()
    return f"audit-history-{digest[:8]}"


def as_of_query(target_type: str, target_id: str, at: str) -> str:
    """Return what follows a page's address to show its panel's object as of ``at``."""
    anchor = anchor_of(target_type, target_id)
    return f"?{urlencode({f'{anchor}-at': at})}#{anchor}"


def _with_state(request: HttpRequest, history: History) -> History:
    name = f"{history.anchor}-at"
    text = request.GET.get(name, "").strip()
    kept = tuple((key, str(value)) for key, value in request.GET.items() if key != name)
    state, error = None, ""
    if text:
        try:
            moment = parse_at(text)
            state = visible_state(request, history.target_type, history.target_id, moment)
        except ValidationError as wrong:
            error = " ".join(wrong.messages)
        except PartlyHidden as hidden:
            error = str(hidden)
    return replace(
        history,
        as_of=None if state is None else as_of(request, state),
        at_name=name,
        at_text=text,
        at_error=error,
        kept=kept,
    )


def _url(request: HttpRequest, anchor: str, page: Page | None, number: int) -> str:
    query = request.GET.copy()
    for name in _PARAMETERS:
        query.pop(f"{anchor}-{name}", None)
    if page is not None:
        asked = page.query(number)
        query.update({f"{anchor}-{name}": asked[name] for name in _PARAMETERS if name in asked})
    return f"?{query.urlencode()}#{anchor}"
