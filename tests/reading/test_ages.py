"""How long ago something was."""

from __future__ import annotations

import datetime

import pytest

from audit_log.reading.ages import age_text

NOW = datetime.datetime(2026, 3, 31, 12, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        ({"seconds": 0}, "just now"),
        ({"seconds": -30}, "just now"),
        ({"minutes": -2}, "in the future"),
        ({"seconds": 61}, "1 minute ago"),
        ({"minutes": 59, "seconds": 59}, "59 minutes ago"),
        ({"hours": 1}, "1 hour ago"),
        ({"hours": 47}, "1 day ago"),
        ({"days": 30}, "30 days ago"),
        ({"days": 31}, "1 month ago"),
        ({"days": 365}, "11 months ago"),
        ({"days": 366}, "1 year ago"),
        ({"days": 4000}, "10 years ago"),
    ],
)
def test_ages(ago: dict[str, int], text: str) -> None:
    assert age_text(NOW - datetime.timedelta(**ago), NOW) == text
