"""What happens when an entry cannot be made: ``ON_ERROR``."""

from __future__ import annotations

import contextlib
import itertools
import logging
from types import TracebackType
from typing import TYPE_CHECKING

from django.db import connections, transaction

from audit_log import signals
from audit_log.conf import settings
from audit_log.journal.context import current

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

logger = logging.getLogger("audit_log")
_count = itertools.count(1)


class guard:  # noqa: N801  # used like a function
    """Run a part of the auditing of a change on the database ``using``.

    ``about`` says for people what is changed: a target type or an action.

    Under ``ON_ERROR = "raise"`` an exception goes through, and the change with it. Under
    ``"log"`` it is logged, counted and signalled, and the change stays; savepoints keep a
    failed statement from spoiling the caller's transaction, there and where entries go.
    """

    __slots__ = ("_about", "_savepoints", "_using")

    def __init__(self, using: str, about: str = "") -> None:
        self._using = using
        self._about = about
        self._savepoints: contextlib.ExitStack | None = None

    def __enter__(self) -> None:
        if settings.ON_ERROR != "log":
            return
        self._savepoints = savepoints(self._using)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if self._savepoints is None:
            return False
        try:
            self._savepoints.__exit__(kind, error, traceback)
        except Exception as exception:  # noqa: BLE001  # told, whatever it is
            error = exception
        if not isinstance(error, Exception):
            return error is None
        tell(self._using, self._about, error)
        return True


def savepoints(using: str) -> contextlib.ExitStack:
    """Begin what can be undone alone, on the database ``using`` and where entries go."""
    with contextlib.ExitStack() as stack:
        for alias in {using, settings.DATABASE or using}:
            if _in_transaction(connections[alias]):
                stack.enter_context(transaction.atomic(using=alias))
        return stack.pop_all()


def tell(using: str, about: str, exception: Exception) -> None:
    """Log, count and signal that an entry about something could not be made."""
    count = next(_count)
    frame = current()
    correlation_id = "" if frame.correlation is None else frame.correlation.value
    hint = " Has migrate been run?" if "audit_log_audit" in str(exception) else ""
    logger.error(
        "An audit entry is missing, or several of one operation: what happened to %s on the "
        "database %r could not be written (%s: %s; correlation id %s; %d so far).%s",
        about or "an object",
        using,
        type(exception).__name__,
        str(exception).partition("\n")[0],
        correlation_id or "none",
        count,
        hint,
        exc_info=exception,
        extra={"audit_log_about": about, "audit_log_correlation_id": correlation_id},
    )
    signals.write_failed.send_robust(
        sender=None, using=using, about=about, exception=exception, count=count
    )


def _in_transaction(connection: BaseDatabaseWrapper) -> bool:
    if connection.in_atomic_block:
        return True
    # Without autocommit a transaction is always open, but on SQLite, where a savepoint could
    # begin one, and its release would commit it. No failed statement spoils it there.
    return connection.vendor != "sqlite" and not connection.get_autocommit()
