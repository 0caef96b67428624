"""``manage.py prune_audit_log``: entries whose retention has ended go."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connections

from audit_log.conf import settings
from audit_log.management.archives import SUFFIXES, archive_path, check_path, render_for
from audit_log.reading.export import FORMATS
from audit_log.retention.archive import ArchiveError
from audit_log.retention.pruning import BATCH, Run, databases
from audit_log.retention.report import Report
from audit_log.retention.rules import MAX_DAYS
from audit_log.retention.state import Busy, Superseded


class Command(BaseCommand):
    """Removes what ``RETENTION`` does not keep, in batches that others need not wait for."""

    help = "Remove the entries of the audit log whose retention has ended."
    # As Django's own commands have it: call_command("…", interactive=False).
    stealth_options = ("interactive",)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than",
            type=int,
            metavar="DAYS",
            help="Remove everything that is older, whatever RETENTION says. Holds are respected.",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Say what would go, and why; change nothing."
        )
        parser.add_argument("--no-input", "--noinput", action="store_true", help="Ask nothing.")
        parser.add_argument(
            "--archive",
            metavar="PATH",
            help="Write what goes to a file first, whose name ends in one of "
            f"{', '.join(SUFFIXES)}; or to a new file in a directory.",
        )
        parser.add_argument(
            "--format",
            choices=[*FORMATS],
            default="jsonl",
            help="Format of the file in a directory, which is compressed; jsonl by default.",
        )
        parser.add_argument(
            "--database",
            metavar="ALIAS",
            action="append",
            choices=[*connections],
            help="Database to prune, given once for each; by default all that have entries.",
        )
        parser.add_argument(
            "--batch-size",
            type=int,
            default=BATCH,
            metavar="N",
            help=f"Entries that go at once, 1 to 10000; {BATCH} by default.",
        )
        parser.add_argument(
            "--pause",
            type=float,
            default=0.0,
            metavar="SECONDS",
            help="Time left to others after each batch; none by default.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        _check(options)
        if options["older_than"] is None and settings.RETENTION is None:
            self.stdout.write(
                'Nothing to do: AUDIT_LOG["RETENTION"] is not set, so that everything is kept. '
                "Set it, or give --older-than DAYS."
            )
            return
        aliases = options["database"] or _databases()
        problems: list[str] = []
        for alias in aliases:
            try:
                report = self._prune(alias, alias == aliases[0], options)
            except (ArchiveError, Busy, DatabaseError, ImproperlyConfigured) as error:
                problems.append(f"{alias}: {error}")
            except Superseded:
                problems.append(f"{alias}: another run took this one for dead, and goes on.")
            else:
                problems += [
                    f"{alias}: kept, since RETENTION fails for the tenant {tenant!r}: {error}"
                    for tenant, error in report.failures.items()
                ]
        if problems:
            raise CommandError("\n".join(problems))

    def _prune(self, alias: str, is_first: bool, options: dict[str, Any]) -> Report:
        asks = not options["no_input"] and options.get("interactive", True)
        if options["dry_run"] or asks:
            report = self._run(alias, options).plan()
            self._tell(report, "would be removed")
            if options["dry_run"] or not report.entries or not self._is_agreed():
                return report
        archive = None
        if options["archive"] is not None:
            given = Path(options["archive"])
            path = archive_path(given, alias, options["format"], is_first=is_first)
            archive = path, render_for(path)
        run = self._run(alias, options)
        with _stopped_by_signals(run.stop) as received:
            report = run.prune(archive, pause=options["pause"])
        self._tell(report, "removed")
        if received:
            raise SystemExit(128 + received[0])
        return report

    def _run(self, alias: str, options: dict[str, Any]) -> Run:
        return Run(
            alias,
            older_than=options["older_than"],
            batch_size=options["batch_size"],
            progress=self._progress(options),
        )

    def _is_agreed(self) -> bool:
        if not sys.stdin.isatty():
            raise CommandError("Nobody can be asked here: give --no-input, or --dry-run.")
        try:
            agreed = input("Remove them? [y/N] ").strip().lower() in {"y", "yes"}
        except EOFError:
            agreed = False
        if not agreed:
            self.stdout.write("Nothing is removed.")
        return agreed

    def _tell(self, report: Report, what: str) -> None:
        if self.stderr.isatty():
            # Ends the line of the progress.
            self.stderr.write("")
        style = self.style.WARNING if report.interrupted else self.style.SUCCESS
        count = _count(report.entries, "entry", "entries")
        self.stdout.write(style(f"{report.using}: {count} {what}."))
        for tally in report.tallies.values():
            rule = "--older-than" if report.older_than is not None else f"rule {tally.rule!r}"
            of = (
                "" if tally.tenants is None else f" of {_count(tally.tenants, 'tenant', 'tenants')}"
            )
            self.stdout.write(
                f"  {rule}, {tally.days:,} days: {tally.entries:,}{of}, "
                f"from {tally.oldest:%Y-%m-%d %H:%M} to {tally.newest:%Y-%m-%d %H:%M}"
            )
        if report.held:
            self.stdout.write(f"  kept by holds: {report.held:,}")
        if report.archive:
            self.stdout.write(f"  archive: {report.archive['path']}")
        if report.interrupted:
            self.stdout.write(f"  not finished ({report.interrupted}): run it again.")

    def _progress(self, options: dict[str, Any]) -> Callable[[Report], None] | None:
        terminal = self.stderr.isatty()
        if not terminal and options["verbosity"] < 2:
            return None

        def show(report: Report) -> None:
            text = f"{report.using}: {report.entries:,} entries, {report.held:,} held"
            # On a terminal the line is written over.
            start, end = ("\r", "") if terminal else ("", "\n")
            self.stderr.write(f"{start}{text}", style_func=str, ending=end)
            self.stderr.flush()

        return show


def _count(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _check(options: dict[str, Any]) -> None:
    for name, least, most in (
        ("older_than", 0, MAX_DAYS),
        ("batch_size", 1, 10_000),
        ("pause", 0, 60),
    ):
        value = options[name]
        if value is not None and not least <= value <= most:
            option = "--" + name.replace("_", "-")
            raise CommandError(f"{option}: {value} is not from {least} to {most}.")
    if options["archive"] is not None:
        check_path(Path(options["archive"]))


def _databases() -> list[str]:
    try:
        return databases()
    except DatabaseError as error:
        raise CommandError(
            f"A database cannot be looked at: {error} Say with --database which to prune."
        ) from error


@contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[list[int]]:
    """Let SIGINT and SIGTERM end the run after its batch; the same again, at once."""
    received: list[int] = []
    before: dict[int, Any] = {}

    def receive(number: int, frame: FrameType | None) -> None:
        received.append(number)
        stop.set()
        signal.signal(number, before[number])

    if threading.current_thread() is threading.main_thread():
        for one in (signal.SIGINT, signal.SIGTERM):
            before[one] = signal.signal(one, receive)
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
