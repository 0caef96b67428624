"""A run: what is due goes, batch by batch, and the log says so."""

from __future__ import annotations

import copy
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from django.db import OperationalError, connections, router
from django.utils import timezone

from audit_log.conf import settings
from audit_log.models import AuditEntry, AuditReference, PruningState
from audit_log.removal import remove
from audit_log.retention.archive import Archive, Render, describe
from audit_log.retention.due import Part, Row, batches, parts
from audit_log.retention.holds import Holds, Target
from audit_log.retention.report import Report
from audit_log.retention.rules import Rules
from audit_log.retention.state import Claim, Disturbed, Superseded

BATCH = 900
"""Entries that go at once; below the 999 parameters that old SQLite takes."""
ATTEMPTS = 5
Progress: TypeAlias = Callable[[Report], None]
"""Called after each batch."""


def databases() -> list[str]:
    """Return the aliases on which there are entries: those whose database has the tables.

    Just the one where ``AUDIT_LOG["DATABASE"]`` names one. Raises ``OperationalError`` for a
    database that cannot be reached.
    """
    if settings.DATABASE is not None:
        return [settings.DATABASE]
    table = AuditEntry._meta.db_table
    return [
        alias
        for alias in connections
        if router.allow_migrate_model(alias, AuditEntry)
        and table in connections[alias].introspection.table_names()
    ]


class Run:
    """One run on the database ``using``: of :class:`Rules`, or of what is older than some days.

    ``stop``  ends the run after the batch at work, once it is set
    """

    def __init__(
        self,
        using: str,
        *,
        older_than: int | None = None,
        batch_size: int = BATCH,
        stop: threading.Event | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.using = using
        self.rules = Rules() if older_than is None else Rules.all_older_than(older_than)
        self.now = timezone.now()
        self.report = Report(using, self.now, older_than)
        self.stop = stop or threading.Event()
        self._progress = progress or (lambda report: None)
        most = connections[using].features.max_query_params
        self._size = min(batch_size, most - 10) if most else batch_size
        self._entries = AuditEntry.objects.using(using)
        self._archive: Archive | None = None
        self._end_of_file = 0
        self._claim = Claim(using)

    def plan(self) -> Report:
        """Return what the run would remove, by reading alone."""
        self._holds = Holds()
        for part, rows, again in self._due():
            due, held = self._sorted(rows)
            self.report.add(part, due, again=again)
            self.report.held += len(held)
            self._progress(self.report)
        self.report.failures = self.rules.failures
        return self.report

    def prune(self, archive: tuple[Path, Render] | None = None, *, pause: float = 0.0) -> Report:
        """Remove what is due; first into the file of ``archive``, where it is given.

        ``pause`` seconds lie between two batches. However the run ends, one entry tells what it
        removed; that of a run which is killed is written by the next.

        Raises :exc:`~audit_log.retention.state.Busy` where another run is at work,
        :exc:`~audit_log.retention.archive.ArchiveError`, and ``RuntimeError`` inside of a
        transaction, which could undo what the archive has.
        """
        former = self._claim.look()
        path = ""
        if archive is not None:
            self._archive = Archive(*archive, _resumed(former, archive[0]))
            self._end_of_file, path = self._archive.start, str(archive[0])
        self._claim.take(former, self.report, path, self._end_of_file)
        try:
            self._count_holds()
            for part, rows, again in self._due():
                if self.stop.is_set():
                    self.report.interrupted = "stopped"
                    break
                self._remove(part, rows, again=again)
                self._progress(self.report)
                if pause:
                    self.stop.wait(pause)
        except Superseded:
            raise
        except BaseException as error:
            self.report.interrupted = f"{type(error).__name__}: {error}".strip(": ")
            raise
        finally:
            self._end()
        return self.report

    def _end(self) -> None:
        try:
            self.report.failures = self.rules.failures
            if self._archive is not None:
                self._archive.close()
                if self._archive.end > self._archive.start:
                    one = self._archive
                    self.report.archive = describe(str(one.path), one.start, one.end)
            self._claim.end(self.report)
        finally:
            # What could not be told now, the next run tells.
            self._claim.forget()

    def _due(self) -> Iterator[tuple[Part, list[Row], bool]]:
        if self.rules.keep_everything:
            return
        for part in parts(self._entries, self.rules, self.now):
            again = False
            for rows in batches(self._entries, part, self._size):
                yield part, rows, again
                again = True

    def _remove(self, part: Part, rows: list[Row], *, again: bool) -> None:
        attempts = 0
        while rows:
            due, held = self._sorted(rows)
            report = copy.deepcopy(self.report)
            report.add(part, due, again=again)
            report.held += len(held)
            if not due:
                self.report = report
                return
            ids = [row.id for row in due]
            end = self._end_of_file
            try:
                if self._archive is not None:
                    end = self._archive.add(self._entries.filter(pk__in=ids))
                with self._claim.batch(report, end):
                    removed = remove(ids, self.using)
                    if removed.entries != len(ids):
                        raise Disturbed
                    report.references += removed.references
            except Disturbed:
                self._count_holds()
                there = self._entries.filter(pk__in=[row.id for row in rows])
                known = set(there.values_list("pk", flat=True))
                rows = [row for row in rows if row.id in known]
                self._cut()
                continue
            except OperationalError:
                # A deadlock, a lock that was not had in time, a connection that was lost: in
                # COMMIT perhaps, which nobody answered.
                if not connections[self.using].in_atomic_block:
                    connections[self.using].close_if_unusable_or_obsolete()
                if not self._claim.has_done():
                    self._cut()
                    attempts += 1
                    if attempts == ATTEMPTS:
                        raise
                    time.sleep(0.1 * 2**attempts)
                    continue
            self.report = report
            self._end_of_file = end
            if self._archive is not None:
                self._archive.keep(end)
            return

    def _cut(self) -> None:
        if self._archive is not None:
            self._archive.cut()

    def _count_holds(self) -> None:
        self._claim.count_disturbances()
        self._holds = Holds()

    def _sorted(self, rows: list[Row]) -> tuple[list[Row], list[Row]]:
        """Return which rows go, and which are due and held."""
        references = self._references(rows) if self._holds.by_object else {}
        due: list[Row] = []
        held: list[Row] = []
        for row in rows:
            # The queries are made for speed: what the rules say of the entry decides.
            end = self.rules.end_of(row)
            if end is None or end > self.now:
                continue
            is_held = self._holds.hold_of(row, references.get(row.id, ())) is not None
            (held if is_held else due).append(row)
        return due, held

    def _references(self, rows: list[Row]) -> dict[uuid.UUID, list[Target]]:
        found: dict[uuid.UUID, list[Target]] = {}
        references = AuditReference.objects.using(self.using)
        for key, *target in references.filter(entry__in=[row.id for row in rows]).values_list(
            "entry_id", "target_type", "target_id"
        ):
            found.setdefault(key, []).append((target[0], target[1]))
        return found


def _resumed(former: PruningState, path: Path) -> int | None:
    """Return how much of the file is the last run's archive; ``None``: it is another file."""
    if former.archive != str(path) or not path.is_file():
        return None
    return former.archive_end if path.stat().st_size == former.archive_end else None
