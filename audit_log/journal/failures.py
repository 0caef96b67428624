"""What happens when an entry cannot be made: ``ON_ERROR``."""

from __future__ import annotations

import contextlib
import itertools
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.db import connections, transaction

from audit_log import signals
from audit_log.conf import settings

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

logger = logging.getLogger("audit_log")
_count = itertools.count(1)


@contextlib.contextmanager
def guard(using: str) -> Iterator[None]:
    """Run a part of the auditing of a change on the database ``using``.

    Under ``ON_ERROR = "raise"`` an exception goes through, and the change with it. Under
    ``"log"`` it is logged, counted and signalled, and the change stays; savepoints keep a
    failed statement from spoiling the caller's transaction, there and where entries go.
    """
    if settings.ON_ERROR != "log":
        yield
        return
    try:
        with contextlib.ExitStack() as savepoints:
            for alias in {using, settings.DATABASE or using}:
                if _in_transaction(connections[alias]):
                    savepoints.enter_context(transaction.atomic(using=alias))
            yield
    except Exception as exception:
        count = next(_count)
        logger.exception("An audit entry is missing: it could not be written (%d so far).", count)
        signals.write_failed.send_robust(sender=None, using=using, exception=exception, count=count)


def _in_transaction(connection: BaseDatabaseWrapper) -> bool:
    if connection.in_atomic_block:
        return True
    # Without autocommit a transaction is always open, but on SQLite, where a savepoint could
    # begin one, and its release would commit it. No failed statement spoils it there.
    return connection.vendor != "sqlite" and not connection.get_autocommit()
