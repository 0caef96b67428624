"""The smallest parts of pages, as markup: a page has dozens of them.

A template for each would take longer than all the rest of the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from audit_log.reading.ages import age_text

if TYPE_CHECKING:
    import datetime

    from audit_log.reading.text_differences import Part
    from audit_log.reading.values import Value


def time_html(moment: datetime.datetime) -> SafeString:
    """Return how long ago a moment was, and the moment in the reader's time zone."""
    local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    iso = local.isoformat()
    return format_html(
        '<time datetime="{}" title="{}"><bdi>{}</bdi> <span dir="ltr">{}</span></time>',
        iso,
        iso,
        age_text(moment),
        f"{iso[:10]} {iso[11:19]}",
    )


def sides_html(before: Value, after: Value) -> SafeString:
    """Return the two cells of what a field held before and after."""
    sides = (("before", before), ("after", after))
    return format_html_join(
        "\n",
        '<td><div class="audit-log-{}{}">{}</div></td>',
        (
            (side, " audit-log-absent" if value.kind == "absent" else "", value_html(value))
            for side, value in sides
        ),
    )


def value_html(value: Value) -> SafeString:
    """Return a value: isolated, with what it is stored as where that reads otherwise."""
    if value.is_nothing:
        return format_html('<em class="audit-log-nothing">{}</em>', value.text)
    is_told_otherwise = bool(value.raw) and value.raw != value.text
    parts = format_html_join("", "{}", ((_part_html(part),) for part in value.parts))
    html = format_html(
        '<bdi class="audit-log-value audit-log-value-{}"{}>{}</bdi>',
        value.kind,
        format_html(' title="{}"', value.raw) if is_told_otherwise else "",
        parts or value.text,
    )
    if value.kind in {"choice", "object"} and value.raw != value.text:
        html += format_html(' <bdi class="audit-log-quiet">({})</bdi>', value.raw)
    if value.sha256:
        html += format_html(
            ' <span class="audit-log-cut">{} <code>{}</code></span>',
            _("cut when it was stored; SHA-256 of the whole value:"),
            value.sha256,
        )
    return html


def _part_html(part: Part) -> SafeString:
    if part.kind == "changed":
        return format_html("<mark>{}</mark>", part.text)
    if part.kind == "folded":
        return format_html('<span class="audit-log-folded">{}</span>', part.text)
    return conditional_escape(part.text)
