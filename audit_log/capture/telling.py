"""Many objects of one operation, of which each is told for itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from audit_log.conf import settings
from audit_log.journal.failures import savepoints, tell
from audit_log.journal.operations import Event
from audit_log.journal.recorder import write

BATCH = 50
"""How many are told at once: with more that live together the garbage collector runs, and on
PostgreSQL the first are being stored while the next are told.
"""

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


def write_each(
    make: Callable[[ItemT], Event | None], items: Sequence[ItemT], using: str, about: str
) -> None:
    """Write the event that ``make`` gives for each item; ``None`` where there is none.

    Under ``ON_ERROR = "log"`` one that cannot be made takes no other with it.
    """
    for start in range(0, len(items), BATCH):
        part = items[start : start + BATCH]
        events = make_each(make, part, using, lambda error: tell(using, about, error))
        write([event for event in events if event is not None], using)


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
