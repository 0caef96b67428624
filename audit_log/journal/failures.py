"""What happens when an entry cannot be made: ``ON_ERROR``."""

from __future__ import annotations

import contextlib
import itertools
import logging
from collections.abc import Iterator

from django.db import connections, transaction

from audit_log import signals
from audit_log.conf import settings

logger = logging.getLogger("audit_log")
_count = itertools.count(1)


@contextlib.contextmanager
def guard(using: str) -> Iterator[None]:
    """Run a part of the auditing of a change on the database ``using``.

    Under ``ON_ERROR = "raise"`` an exception goes through, and the change with it. Under
    ``"log"`` it is logged, counted and signalled, and the change stays; a savepoint keeps
    a failed statement from spoiling the caller's transaction.
    """
    if settings.ON_ERROR != "log":
        yield
        return
    try:
        if connections[using].in_atomic_block:
            with transaction.atomic(using=using):
                yield
        else:
            yield
    except Exception as exception:
        count = next(_count)
        logger.exception("An audit entry is missing: it could not be written (%d so far).", count)
        signals.write_failed.send(sender=None, using=using, exception=exception, count=count)
