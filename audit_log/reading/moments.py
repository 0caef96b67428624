"""Points in time as people and programs write them."""

from __future__ import annotations

import datetime
import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext_lazy as _

# "+" in a query string is a space: "2026-03-01T12:00:00 02:00".
_LOST_PLUS = re.compile(r"(.*\d[T ]\d\d:?\d\d\S*) (\d\d(?::?\d\d)?)")
# What every database compares, in whatever zone its connection is. No entry lies outside.
_EARLIEST = datetime.datetime(1000, 1, 2, tzinfo=datetime.UTC)
_LATEST = datetime.datetime(9999, 12, 30, tzinfo=datetime.UTC)


def parse_moment(text: str, *, end: bool = False) -> datetime.datetime:
    """Return the moment that ``text`` means, comparable with ``occurred_at``.

    ``text`` is an ISO 8601 date or datetime. A date means its day in the current time zone:
    the day's first moment, or with ``end`` its last. A datetime without offset is read in the
    current time zone. The result is in UTC (naive where ``USE_TZ`` is off).

    Raises ``ValidationError`` for anything else, also for a local time that the clocks skip
    or show twice: nobody could say which moment is meant.
    """
    if match := _LOST_PLUS.fullmatch(text):
        text = f"{match[1]}+{match[2]}"
    try:
        day = parse_date(text)
        if day is not None:
            return _comparable(_edge_of(day, end=end))
        moment = parse_datetime(text)
    except ValueError:
        # The form is right, the day or the hour is not: February 30.
        moment = None
    if moment is None:
        raise ValidationError(
            _(
                "“%(value)s” is no date or time. Write it by ISO 8601, like 2026-03-31, "
                "2026-03-31T14:30 or 2026-03-31T14:30:00+02:00."
            ),
            code="invalid",
            params={"value": text[:100]},
        )
    return _comparable(_in_current_zone(moment) if moment.tzinfo is None else moment)


def first_moment_of(day: datetime.date) -> datetime.datetime:
    """Return when a day begins in the current time zone, comparable with ``occurred_at``."""
    return _comparable(_edge_of(day, end=False))


def utc_text(value: datetime.datetime) -> str:
    """Return a stored time as ISO 8601 in UTC, with microseconds and ``Z``."""
    if timezone.is_naive(value):
        value = timezone.make_aware(value, timezone.get_default_timezone())
    if value.tzinfo is not datetime.UTC:
        value = value.astimezone(datetime.UTC)
    return value.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _edge_of(day: datetime.date, *, end: bool) -> datetime.datetime:
    # Where the clocks change at midnight, fold chooses the outer moment, so that the day is whole.
    time = datetime.time.max if end else datetime.time.min
    return datetime.datetime.combine(
        day, time.replace(fold=int(end)), timezone.get_current_timezone()
    )


def _in_current_zone(naive: datetime.datetime) -> datetime.datetime:
    zone = timezone.get_current_timezone()
    moment = naive.replace(tzinfo=zone, fold=0)
    if moment.utcoffset() == moment.replace(fold=1).utcoffset():
        return moment
    back = moment.astimezone(datetime.UTC).astimezone(zone).replace(tzinfo=None, fold=0)
    message = (
        _("The clocks in %(zone)s show %(value)s twice: add an offset, like %(offset)s.")
        if back == naive
        else _("The clocks in %(zone)s skip %(value)s: add an offset, like %(offset)s.")
    )
    raise ValidationError(
        message,
        code="invalid",
        params={
            "zone": str(zone),
            "value": naive.isoformat(),
            "offset": moment.isoformat()[-6:],
        },
    )


def _comparable(moment: datetime.datetime) -> datetime.datetime:
    try:
        moment = moment.astimezone(datetime.UTC)
    except OverflowError:
        moment = _EARLIEST if moment.year < 5000 else _LATEST
    moment = min(max(moment, _EARLIEST), _LATEST)
    if not settings.USE_TZ:
        return timezone.make_naive(moment, timezone.get_default_timezone())
    return moment
