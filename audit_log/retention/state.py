"""Which run is at work on a database, and how far it has come."""

from __future__ import annotations

import contextlib
import datetime
import os
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from audit_log import catalogue
from audit_log.journal import recorder
from audit_log.journal.actors import Actor
from audit_log.journal.context import context, current
from audit_log.journal.operations import Event
from audit_log.models import PruningState
from audit_log.models.holds import holds_database
from audit_log.retention import archive
from audit_log.retention.report import Report
from audit_log.vocabulary import EventType, Outcome

if TYPE_CHECKING:
    from django.db.models import QuerySet

ACTION = "audit_log.prune"
LEASE = datetime.timedelta(minutes=5)
"""For how long a run on another machine is taken to be alive after its last batch."""

catalogue.provide(ACTION, _("Audit log pruned"), EventType.DELETE)
_running: set[uuid.UUID] = set()


class Busy(Exception):
    """Another run is at work."""


class Superseded(Exception):
    """Another run took this one for dead."""


class Disturbed(Exception):
    """What the batch was chosen by has changed: choose again."""


class Claim:
    """One run's right to remove entries from the database ``using``."""

    def __init__(self, using: str) -> None:
        self.using = using
        self.token = uuid.uuid4()
        self.batches = 0
        self.disturbances = 0

    def look(self) -> PruningState:
        """Return what the last run left, and mend its archive. Raises :exc:`Busy`."""
        state, _created = _states(self.using).get_or_create(pk=PruningState.ONLY)
        if state.run is not None:
            if _is_alive(state):
                raise Busy(
                    f"A run is at work on the database {self.using!r}: process {state.process} "
                    f"on {state.host}, last batch at {state.seen_at:%Y-%m-%d %H:%M:%S}. Wait "
                    "until it is done."
                )
            if state.archive:
                archive.settle(Path(state.archive), state.archive_end)
        return state

    def take(self, former: PruningState, report: Report, path: str, start: int) -> None:
        """Begin the run, whose archive ``path`` (or empty) begins at byte ``start``.

        The entry of a run that was killed is written now.
        """
        values = {
            "run": self.token,
            "batches": 0,
            "host": _host(),
            "process": os.getpid(),
            "archive": path,
            "archive_start": start,
            **_progress(report, start),
        }
        with transaction.atomic(using=self.using, durable=True):
            if not _states(self.using).filter(run=former.run).update(**values):
                raise Busy(f"Another run has just begun on the database {self.using!r}.")
            if former.run is not None:
                _tell_of_killed(former, self.using)
        _running.add(self.token)

    def count_disturbances(self) -> None:
        """Remember how often holds have changed so far: read them after this, not before."""
        state, _created = _states(holds_database()).get_or_create(pk=PruningState.ONLY)
        self.disturbances = state.disturbances

    @contextlib.contextmanager
    def batch(self, report: Report, archive_end: int) -> Iterator[None]:
        """A transaction in which a batch goes, and the state knows it.

        ``report`` is stored as it is in the end. Raises :exc:`Disturbed` where holds have
        changed since they were counted (none changes until it is committed),
        :exc:`Superseded` where the run is not at work any more.
        """
        holds = holds_database()
        with transaction.atomic(using=holds, durable=True):
            undisturbed = _states(holds).filter(disturbances=self.disturbances)
            if not undisturbed.update(disturbances=self.disturbances):
                raise Disturbed
            with transaction.atomic(using=self.using, savepoint=False):
                yield
                self._update(batches=self.batches + 1, **_progress(report, archive_end))
        self.batches += 1

    def has_done(self) -> bool:
        """Whether the batch that was cut short by a lost connection is committed all the same."""
        state = _states(self.using).get(pk=PruningState.ONLY)
        if state.run != self.token:
            raise Superseded
        done = state.batches > self.batches
        self.batches = state.batches
        return done

    def end(self, report: Report) -> None:
        """End the run, and tell of it by its entry."""
        with transaction.atomic(using=self.using, durable=True):
            self._update(run=None)
            _tell(report.as_metadata(), self.using)

    def forget(self) -> None:
        """Let this process be done with the run, whatever the database says."""
        _running.discard(self.token)

    def _update(self, **values: Any) -> None:
        if not _states(self.using).filter(run=self.token, batches=self.batches).update(**values):
            raise Superseded


def _states(using: str) -> QuerySet[PruningState]:
    return PruningState._base_manager.using(using).filter(pk=PruningState.ONLY)


def _host() -> str:
    return socket.gethostname()[:255]


def _is_alive(state: PruningState) -> bool:
    if state.host == _host() and os.name == "posix":
        if state.process == os.getpid():
            return state.run in _running
        try:
            os.kill(state.process, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
    return state.seen_at is None or timezone.now() - state.seen_at < LEASE


def _progress(report: Report, archive_end: int) -> dict[str, Any]:
    told = {"metadata": report.as_metadata(), **_circumstances()}
    return {"report": told, "archive_end": archive_end, "seen_at": timezone.now()}


def _circumstances() -> dict[str, Any]:
    """Return who runs it, for the entry that somebody else may have to write."""
    frame = current()
    actor = frame.current_actor()
    key = actor.id if actor.id is None or isinstance(actor.id, int) else str(actor.id)
    return {
        "actor": {"type": str(actor.type), "repr": actor.repr, "id": key},
        "correlation_id": "" if frame.correlation is None else frame.correlation.value,
        "reason": frame.reason,
    }


def _tell_of_killed(former: PruningState, using: str) -> None:
    told = former.report
    metadata = {**told["metadata"], "interrupted": "killed"}
    if former.archive_end > former.archive_start:
        metadata["archive"] = archive.describe(
            former.archive, former.archive_start, former.archive_end
        )
    with context(
        actor=Actor(**told["actor"]),
        correlation_id=told["correlation_id"] or None,
        reason=told["reason"],
    ):
        _tell(metadata, using)


def _tell(metadata: dict[str, Any], using: str) -> None:
    count = metadata["removed"]
    event = Event(
        action=ACTION,
        event_type=EventType.DELETE.value,
        target_type="audit_log.auditentry",
        target_repr=ngettext("%(count)s entry", "%(count)s entries", count) % {"count": count},
        outcome=(Outcome.FAILURE if metadata.get("interrupted") else Outcome.SUCCESS).value,
        metadata=metadata,
    )
    recorder.write([event], using)
