"""Links among the pages of ``audit_log.urls``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.utils.http import urlencode

from audit_log.pages.widgets import MomentInput
from audit_log.reading.history import as_of_query
from audit_log.reading.moments import utc_text

if TYPE_CHECKING:
    import datetime

    from django.utils.safestring import SafeString

    from audit_log.pages.mount import Mount
    from audit_log.reading.history import History

register = template.Library()


@register.simple_tag
def list_url(mount: Mount, **filters: Any) -> str:
    """Return the address of the list with just these filters."""
    return f"{mount.entries}?{urlencode(filters)}"


@register.simple_tag
def page_of_object(
    mount: Mount, target_type: str, target_id: str, at: datetime.datetime | None = None
) -> str:
    """Return the address of an object's history; with ``at`` also of its fields as of then."""
    url = mount.url("object", target_type=target_type, target_id=target_id)
    return url if at is None else url + as_of_query(target_type, target_id, utc_text(at))


@register.filter
def moment_input(history: History) -> SafeString:
    """Return the input for the moment of which an object is shown."""
    attributes = {"id": history.at_name, "required": True}
    if history.at_error:
        attributes |= {"aria-invalid": "true", "aria-describedby": f"{history.at_name}-error"}
    return MomentInput(attributes).render(history.at_name, history.at_text)
