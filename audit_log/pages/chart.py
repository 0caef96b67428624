"""The activity of a period as bars, each a link to its entries."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from audit_log.reading.activity import Activity, Bar
from audit_log.reading.display import entries_text
from audit_log.reading.html import joined

HEIGHT = 48
"""Of the drawing, in its own units; a bar is ten of them wide."""
WIDEST = 48
"""Pixels that a bar takes at most, the space beside it included."""


@dataclass(frozen=True)
class DrawnBar:
    """A bar: where it stands, what it says and where it leads."""

    x: int
    y: int
    height: int
    label: str
    text: str
    url: str
    is_open: bool
    """Whether there may be more entries than it tells."""


class Chart:
    """``url`` is the address of the list of all times: each bar leads to that of its own."""

    def __init__(self, activity: Activity, url: str) -> None:
        self._activity = activity
        self._url = f"{url}{'&' if '?' in url else '?'}occurred_after="
        self._text_of = cache(entries_text)
        bars = activity.bars
        self.highest = max(bar.count for bar in bars)
        self.bars = [self._drawn(place, bar) for place, bar in enumerate(bars)]
        self.width = 10 * len(bars)
        self.pixels = WIDEST * len(bars)
        self.height = HEIGHT
        self.title = _("Entries by day") if activity.unit == "day" else _("Entries by hour")

    @property
    def bars_svg(self) -> SafeString:
        """The bars with entries, each a link."""
        return joined(
            "\n",
            '<a href="{}" tabindex="-1"><title>{}: {}</title>'
            '<rect class="audit-log-hit" x="{}" y="0" width="10" height="{}"/>'
            '<rect class="audit-log-bar{}" x="{}" y="{}" width="8" height="{}"/></a>',
            (
                (
                    *(bar.url, bar.label, bar.text, bar.x, HEIGHT),
                    *(" audit-log-bar-open" if bar.is_open else "", bar.x, bar.y, bar.height),
                )
                for bar in self.bars
                if bar.height
            ),
        )

    @property
    def counts_html(self) -> SafeString:
        """The same as rows of a table, newest first."""
        return joined(
            "\n",
            '<tr><th scope="row"><a href="{}"><bdi dir="ltr">{}</bdi></a></th><td>{}</td></tr>',
            ((bar.url, bar.label, bar.text) for bar in reversed(self.bars) if bar.height),
        )

    def _drawn(self, place: int, bar: Bar) -> DrawnBar:
        start = timezone.localtime(bar.start) if timezone.is_aware(bar.start) else bar.start
        is_day = self._activity.unit == "day"
        label = start.date().isoformat() if is_day else f"{start:%Y-%m-%d %H:%M %Z}".strip()
        if not bar.count:
            # Not seen: a long period of few entries has many of them.
            return DrawnBar(10 * place, HEIGHT, 0, label, "", "", is_open=False)
        # The smallest is still seen.
        height = max(2, round(HEIGHT * bar.count / self.highest))
        if is_day:
            first = last = label
        else:
            first, last = _exact(bar.start), _exact(bar.end - datetime.timedelta.resolution)
        url = f"{self._url}{first}&occurred_before={last}"
        text = self._text_of(bar.count, bar.count_is)
        is_open = bar.count_is != "exact"
        return DrawnBar(10 * place, HEIGHT - height, height, label, text, url, is_open)


def _exact(moment: datetime.datetime) -> str:
    # With its offset: an hour that the clocks show twice is two bars.
    if timezone.is_naive(moment):
        moment = timezone.make_aware(moment, timezone.get_default_timezone())
    return quote(timezone.localtime(moment).isoformat())
