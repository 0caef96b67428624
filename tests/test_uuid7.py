"""An id and the time it was made at belong together."""

from __future__ import annotations

import datetime
import uuid

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from audit_log import uuid7
from audit_log.models import AuditEntry

HOUR = 60 * 60 * 1000
MOMENTS = st.datetimes(
    datetime.datetime(1900, 1, 1),  # noqa: DTZ001
    datetime.datetime(9990, 1, 1),  # noqa: DTZ001
    timezones=st.just(datetime.UTC),
)


def test_ids_increase_while_the_clock_is_put_back_a_little() -> None:
    ids = uuid7.Uuid7Generator()
    made = [ids.make(time) for time in (5000, 5000, 4000, 5001, 5000 + HOUR, 5000)]
    assert made == sorted(made)
    assert [uuid7.milliseconds_of(key) for key in made[:4]] == [5000, 5000, 5000, 5001]


def test_a_clock_that_was_wrong_by_hours_is_believed_once_it_is_right() -> None:
    ids = uuid7.Uuid7Generator()
    ids.make(10 * HOUR)
    assert uuid7.milliseconds_of(ids.make(8 * HOUR)) == 8 * HOUR
    assert uuid7.milliseconds_of(ids.make(8 * HOUR + 1)) == 8 * HOUR + 1


@given(MOMENTS)
def test_an_id_lies_in_the_range_of_its_time(moment: datetime.datetime) -> None:
    for made in (
        uuid7.Uuid7Generator().make(uuid7.milliseconds_at(moment), backwards=True),
        AuditEntry(occurred_at=moment).pk,
    ):
        lowest, highest = uuid7.key_range(moment, moment)
        assert lowest is None or lowest < made
        assert highest is not None
        assert made < highest
        assert uuid7.lowest(uuid7.milliseconds_of(made)) <= made
        assert made <= uuid7.highest(uuid7.milliseconds_of(made))


def test_the_range_is_wider_where_times_have_no_zone() -> None:
    moment = datetime.datetime(2026, 3, 31, 12)  # noqa: DTZ001
    with override_settings(USE_TZ=False, TIME_ZONE="Pacific/Kiritimati"):
        lowest, highest = uuid7.key_range(moment, moment)
    with override_settings(USE_TZ=False, TIME_ZONE="Pacific/Pago_Pago"):
        made = AuditEntry(occurred_at=moment).pk
    assert lowest is not None
    assert highest is not None
    assert lowest < made < highest


def test_no_bound_is_no_bound() -> None:
    assert uuid7.key_range(None, None) == (None, None)
    before_ids = datetime.datetime(1969, 7, 20, tzinfo=datetime.UTC)
    assert uuid7.key_range(before_ids, None) == (None, None)


@pytest.mark.parametrize("given_time", ["2020-02-03T04:05:06Z", "2020-02-03 04:05:06+00:00"])
def test_an_entry_of_the_past_has_its_place_among_those_of_that_time(given_time: str) -> None:
    entry = AuditEntry(occurred_at=given_time)
    then = datetime.datetime(2020, 2, 3, 4, 5, 6, tzinfo=datetime.UTC)
    assert uuid7.milliseconds_of(entry.pk) == then.timestamp() * 1000


def test_an_id_that_is_given_stays() -> None:
    key = uuid.uuid4()
    moment = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    assert AuditEntry(id=key, occurred_at=moment).pk == key
    assert AuditEntry(pk=key, occurred_at=moment).pk == key
