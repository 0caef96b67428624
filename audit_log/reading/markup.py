"""The smallest parts of pages, as markup: a page has dozens of them.

A template for each would take longer than all the rest of the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit_log.reading.html import filled, joined, safe
from audit_log.reading.values import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from audit_log.reading.display import FieldChange, Related
    from audit_log.reading.text_differences import Part
    from audit_log.reading.values import Value


def diff_html(changes: Iterable[FieldChange]) -> SafeString:
    """Return what changed as a table: each field, what it held before and after."""
    rows = (row for change in changes for row in _rows(change))
    return filled(
        '<table class="audit-log-diff">\n<thead><tr><th scope="col">{}</th>'
        '<th scope="col">{}</th><th scope="col">{}</th></tr></thead>\n'
        "<tbody>\n{}</tbody>\n</table>",
        *(_("Field"), _("Before"), _("After")),
        joined("", "<tr>\n{}</tr>\n", ((row,) for row in rows)),
    )


def _rows(change: FieldChange) -> Iterator[SafeString]:
    name = filled('<bdi title="{}">{}</bdi>', visible(change.name), change.label)
    for place in change.places:
        yield filled(
            '<th scope="row">{} <code class="audit-log-path" dir="auto">{}</code></th>\n{}',
            *(name, place.path, sides_html(place.before, place.after)),
        )
    if change.more_places:
        yield filled(
            '<td colspan="3" class="audit-log-quiet">{}</td>',
            ngettext(
                "%(more)s more difference in this value",
                "%(more)s more differences in this value",
                change.more_places,
            )
            % {"more": change.more_places},
        )
    if not change.places:
        yield filled('<th scope="row">{}</th>\n{}', name, _cells(change))


def _cells(change: FieldChange) -> SafeString:
    if change.kind == "masked":
        return filled(
            '<td colspan="2"><em class="audit-log-nothing">{}</em></td>',
            _("hidden: values of this field are not recorded"),
        )
    if change.kind == "relation":
        sides = (("removed", change.removed), ("added", change.added))
        return joined("\n", "<td>{}</td>", ((_listed(side, items),) for side, items in sides))
    return sides_html(change.before, change.after)


def _listed(side: str, items: Sequence[Related]) -> SafeString:
    if not items:
        return SafeString("")
    listed = joined("", "<li>{}</li>", ((related_html(item),) for item in items))
    return filled('<ul class="audit-log-{}">{}</ul>', side, listed)


def related_html(item: Related) -> SafeString:
    """Return a related object: what it was called, and its key where that is another."""
    name = filled("<bdi>{}</bdi>", item.text)
    if item.text == item.id:
        return name
    return name + filled(' <bdi class="audit-log-quiet">({})</bdi>', item.id)


def sides_html(before: Value, after: Value) -> SafeString:
    """Return the two cells of what a field held before and after."""
    sides = (("before", before), ("after", after))
    return joined(
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
        return filled('<em class="audit-log-nothing">{}</em>', value.text)
    is_told_otherwise = bool(value.raw) and value.raw != value.text
    parts = joined("", "{}", ((_part_html(part),) for part in value.parts))
    html = filled(
        '<bdi class="audit-log-value audit-log-value-{}"{}>{}</bdi>',
        value.kind,
        filled(' title="{}"', value.raw) if is_told_otherwise else "",
        parts or value.text,
    )
    if value.kind in {"choice", "object"} and value.raw != value.text:
        html += filled(' <bdi class="audit-log-quiet">({})</bdi>', value.raw)
    if value.sha256:
        html += filled(
            ' <span class="audit-log-cut">{} <code>{}</code></span>',
            _("cut when it was stored; SHA-256 of the whole value:"),
            value.sha256,
        )
    return html


def _part_html(part: Part) -> SafeString:
    if part.kind == "changed":
        return filled("<mark>{}</mark>", part.text)
    if part.kind == "folded":
        return filled('<span class="audit-log-folded">{}</span>', part.text)
    return safe(part.text)
