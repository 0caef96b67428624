"""Many objects of one operation, of which each is told for itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from audit_log.conf import settings
from audit_log.journal.buffer import buffer_of
from audit_log.journal.failures import savepoints, tell
from audit_log.journal.operations import Event
from audit_log.journal.recorder import write

BATCH = 200
"""How many are told at once: with more that live together the garbage collector runs, which
takes a fifth of the time.
"""
STREAMED = 50
"""How many where the database stores them while the next are told."""
QUICK = 0.02
"""Seconds in which so many are told, if the database is to wait for the next."""

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


def write_each(
    make: Callable[[ItemT], Event | None], items: Sequence[ItemT], using: str, about: str
) -> None:
    """Write the event that ``make`` gives for each item; ``None`` where there is none.

    Under ``ON_ERROR = "log"`` one that cannot be made takes no other with it.
    """
    buffer = buffer_of(using)
    size = STREAMED if buffer.is_streaming else BATCH
    for start in range(0, len(items), size):
        part = items[start : start + size]
        begun = time.monotonic()
        events = make_each(make, part, using, lambda error: tell(using, about, error))
        is_quick = time.monotonic() - begun < QUICK
        more = is_quick and (buffer.is_storing or start + size < len(items))
        write([event for event in events if event is not None], buffer, more=more)


def make_each(
    make: Callable[[ItemT], ResultT],
    items: Sequence[ItemT],
    using: str,
    failed: Callable[[Exception], None],
) -> list[ResultT | None]:
    """Return what ``make`` gives for each item.

    Under ``ON_ERROR = "log"`` that is ``None`` for one with which it fails, which ``failed`` is
    then told of.
    """
    if settings.ON_ERROR != "log":
        return [make(item) for item in items]
    try:
        with savepoints(using):
            return [make(item) for item in items]
    except Exception:  # noqa: BLE001  # told below, of those that it happens with
        made: list[ResultT | None] = []
        for item in items:
            try:
                with savepoints(using):
                    made.append(make(item))
            except Exception as error:  # noqa: BLE001  # told, whatever it is
                failed(error)
                made.append(None)
        return made
