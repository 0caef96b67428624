"""How long ago something was, in words."""

from __future__ import annotations

import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

_MINUTE, _HOUR, _DAY, _MONTH, _YEAR = 60, 3600, 86_400, 2_629_746, 31_556_952


def age_text(moment: datetime.datetime, now: datetime.datetime | None = None) -> str:
    """Return how long before ``now`` a moment was: "3 hours ago"; "in the future" if after it.

    Both are aware, or naive where ``USE_TZ`` is off. Rounded down; a month is a twelfth of a
    year of 365.2425 days.
    """
    seconds = int(((timezone.now() if now is None else now) - moment).total_seconds())
    if seconds < -_MINUTE:
        return _("in the future")
    if seconds < _MINUTE:
        return _("just now")
    if seconds < _HOUR:
        number = seconds // _MINUTE
        return ngettext("%(n)s minute ago", "%(n)s minutes ago", number) % {"n": number}
    if seconds < _DAY:
        number = seconds // _HOUR
        return ngettext("%(n)s hour ago", "%(n)s hours ago", number) % {"n": number}
    if seconds < _MONTH:
        number = seconds // _DAY
        return ngettext("%(n)s day ago", "%(n)s days ago", number) % {"n": number}
    if seconds < _YEAR:
        number = seconds // _MONTH
        return ngettext("%(n)s month ago", "%(n)s months ago", number) % {"n": number}
    number = seconds // _YEAR
    return ngettext("%(n)s year ago", "%(n)s years ago", number) % {"n": number}
