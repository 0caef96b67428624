"""How the capture tests look at the log."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext

from audit_log.journal.buffer import buffer_of
from audit_log.models import AuditEntry


def entries(**filters: Any) -> list[AuditEntry]:
    """All entries, oldest first."""
    return list(AuditEntry.objects.filter(**filters).order_by("id"))


def last() -> AuditEntry:
    entry = AuditEntry.objects.order_by("id").last()
    assert entry is not None
    return entry


def actions() -> list[str]:
    return [entry.action for entry in entries()]


TRANSACTION_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET ")


@contextmanager
def statements(using: str = "default"):
    """Collect the data statements that are run; control of transactions is left out.

    As if the transaction ended with the block: what waits in the buffer is written.
    """
    found: list[str] = []
    with CaptureQueriesContext(connections[using]) as captured:
        yield found
        buffer_of(using).flush()
    found.extend(
        query["sql"]
        for query in captured.captured_queries
        if not query["sql"].upper().startswith(TRANSACTION_CONTROL)
    )


def close_connections() -> None:
    """Close this thread's connections; those to databases in memory, Django leaves open."""
    for each in connections.all(initialized_only=True):
        if each.connection is not None:
            each.connection.close()
            each.connection = None


def in_thread(work: Callable[[], Any]) -> None:
    """Run something on a connection of its own, to its end."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  # raised below
            failures.append(error)
        finally:
            close_connections()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


@contextmanager
def held(work: Callable[[], Any], then: Callable[[], Any] | None = None) -> Iterator[None]:
    """Keep a transaction of somebody else open, which has done ``work``.

    It ends with the block, and before it ``then`` is done, if given, without being waited for.
    """
    done, leave = threading.Event(), threading.Event()

    def run() -> None:
        try:
            with transaction.atomic():
                work()
                done.set()
                if then is not None:
                    then()
                leave.wait(30)
        finally:
            done.set()
            close_connections()

    thread = threading.Thread(target=run)
    thread.start()
    done.wait(30)
    try:
        yield
    finally:
        leave.set()
        thread.join()
