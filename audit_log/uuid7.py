"""UUID version 7, RFC 9562 §5.7, increasing within a process (§6.2, method 1 and 2).

Layout: 48 bits of Unix time in milliseconds, then 74 bits that are random for the
first id of a millisecond and incremented by a random step for each further one.
Python has ``uuid.uuid7`` only from 3.14 on.
"""

from __future__ import annotations

import datetime
import os
import threading
import uuid

from django.conf import settings
from django.utils import timezone

TOLERANCE = 60 * 60 * 1000
"""How far the time in an id may be from the clock's when it was made, in milliseconds."""

_FIELD = (1 << 74) - 1
_LOW = (1 << 62) - 1
_STEP = (1 << 32) - 1
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MILLISECOND = datetime.timedelta(milliseconds=1)
# 7 in the version's place, binary 10 in the variant's.
_MARKS = (0x7 << 76) | (0b10 << 62)
# All that is random in an id.
_HIGHEST = ((1 << 12) - 1) << 64 | _LOW


class Uuid7Generator:
    """Makes increasing ids; thread-safe, and safe across ``fork``."""

    def __init__(self) -> None:
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._milliseconds = -1
        self._tail = 0

    def make(self, milliseconds: int, *, backwards: bool = False) -> uuid.UUID:
        """Return the next id for ``milliseconds`` since 1970-01-01T00:00Z; see :meth:`take`."""
        return uuid.UUID(int=self.take(milliseconds, backwards=backwards)[0])

    def take(self, milliseconds: int, count: int = 1, *, backwards: bool = False) -> list[int]:
        """Return the next ids for ``milliseconds`` since 1970-01-01T00:00Z, as integers.

        Where the time goes back, the last time is kept, so that ids still increase, unless the
        clock was wrong by more than ``TOLERANCE``; with ``backwards`` (history being imported)
        it is followed. Times before 1970 count as 1970.
        """
        milliseconds = max(0, milliseconds)
        random = int.from_bytes(os.urandom(10 + 4 * count))
        found = []
        with self._lock:
            ahead = self._milliseconds - milliseconds
            if ahead < 0 or ahead > (0 if backwards else TOLERANCE):
                self._milliseconds = milliseconds
                # The top bit stays free, so that the steps below cannot overflow soon.
                self._tail = random >> 32 * count & _FIELD >> 1
            for _ in range(count):
                self._tail += 1 + (random & _STEP)
                random >>= 32
                if self._tail > _FIELD:
                    self._milliseconds += 1
                    self._tail &= _FIELD >> 1
                time, tail = self._milliseconds, self._tail
                found.append(
                    (time & (1 << 48) - 1) << 80 | (tail >> 62) << 64 | (tail & _LOW) | _MARKS
                )
        return found


current = Uuid7Generator()
"""Makes the ids of what occurs now: one for all of a process, so that they increase."""
past = Uuid7Generator()
"""Makes the ids of what is told afterwards."""


def milliseconds_of(value: uuid.UUID) -> int:
    """Return the time in an id of version 7, in milliseconds since 1970-01-01T00:00Z."""
    return value.int >> 80


def milliseconds_at(moment: datetime.datetime) -> int:
    """Return the time that ids made at ``moment`` hold; naive is in the default time zone."""
    if timezone.is_naive(moment):
        moment = timezone.make_aware(moment, timezone.get_default_timezone())
    # Ids know no time before 1970.
    return max(0, (moment - _EPOCH) // _MILLISECOND)


def lowest(milliseconds: int) -> uuid.UUID:
    """Return the smallest id of that millisecond: the lower bound of a key range."""
    return uuid.UUID(int=(milliseconds & (1 << 48) - 1) << 80 | _MARKS)


def highest(milliseconds: int) -> uuid.UUID:
    """Return the largest id of that millisecond: the upper bound of a key range."""
    return uuid.UUID(int=(milliseconds & (1 << 48) - 1) << 80 | _MARKS | _HIGHEST)


def around(moment: datetime.datetime) -> tuple[uuid.UUID, uuid.UUID]:
    """Return two ids: those of what occurred at ``moment`` are neither lower nor higher.

    What occurred before it has no higher id than the second, what occurred after it no lower one
    than the first. What was stored naive may have been so in another time zone.
    """
    margin = TOLERANCE if settings.USE_TZ else 48 * TOLERANCE
    milliseconds = milliseconds_at(moment)
    return lowest(max(0, milliseconds - margin)), highest(milliseconds + margin)


def key_range(
    a: datetime.datetime | None, b: datetime.datetime | None
) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    """Return the bounds of the ids of what occurred from ``a`` to ``b``, somewhat wider.

    ``None`` is no bound.
    """
    first = None if a is None else around(a)[0]
    return (
        # Ids of what occurred before 1970 are all the same age.
        None if first is None or milliseconds_of(first) == 0 else first,
        None if b is None else around(b)[1],
    )
