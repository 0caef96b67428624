"""``manage.py export_audit_log``: entries as a file, or to another program."""

from __future__ import annotations

import datetime
import gzip
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from audit_log.access import record_export
from audit_log.conf import settings
from audit_log.models import AuditEntry
from audit_log.querysets import AuditEntryQuerySet
from audit_log.reading.export import FORMATS, Export
from audit_log.reading.filters import AuditEntryFilter
from audit_log.retention import MAX_DAYS, expiring

COMPRESSED = ".gz"
METAVARS = {
    "search": "WORDS",
    "occurred_after": "TIME",
    "occurred_before": "TIME",
    "object": "TYPE:ID",
    "actor": "KEY",
    "remote_addr": "ADDRESS",
}


class Command(BaseCommand):
    """Writes what the filters leave, newest entry first."""

    help = "Export the audit log as CSV or as JSON lines."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--format",
            choices=[*FORMATS],
            help="csv or jsonl; by default as the name of the file ends, otherwise csv.",
        )
        parser.add_argument(
            "--output",
            metavar="FILE",
            help="Where to; standard output by default. It is complete or not there at all, and "
            "compressed where its name ends in .gz.",
        )
        parser.add_argument("--force", action="store_true", help="Replace FILE where it exists.")
        parser.add_argument(
            "--database",
            metavar="ALIAS",
            choices=[*connections],
            help="Database to read from; by default the one that entries are kept in.",
        )
        parser.add_argument(
            "--expiring-within",
            type=int,
            metavar="DAYS",
            help="Only what RETENTION will let prune_audit_log remove within so many days.",
        )
        filters = parser.add_argument_group(
            "filters",
            "TIME is an ISO 8601 date (the whole day) or datetime, both ends included.",
        )
        for name, one in AuditEntryFilter.base_filters.items():
            filters.add_argument(
                _option(name), dest=name, metavar=METAVARS.get(name, "VALUE"), help=str(one.label)
            )

    def handle(self, *args: Any, **options: Any) -> None:
        filters = self._filters(options)
        output = None if options["output"] is None else Path(options["output"])
        if output is not None and output.is_file() and not options["force"]:
            raise CommandError(f"--output: {output} exists. Choose another name, or give --force.")
        entries = self._expiring(filters.qs, options["expiring_within"])
        export = Export(entries, options["format"] or _format_of(output))
        asked = dict(filters.data)
        if options["expiring_within"] is not None:
            asked["expiring_within"] = str(options["expiring_within"])
        told = {} if output is None else {"output": str(output)}
        record_export(export, asked, **told)
        pieces = export.pieces(self._progress(export.count, to_stdout=output is None))
        if output is None:
            self._to_stdout(pieces)
        else:
            self._to_file(output, pieces)

    def _filters(self, options: dict[str, Any]) -> AuditEntryFilter:
        values = {name: options[name] for name in AuditEntryFilter.base_filters}
        given = {name: str(value) for name, value in values.items() if value is not None}
        filters = AuditEntryFilter(
            data=given, queryset=AuditEntry.objects.using(options["database"] or settings.DATABASE)
        )
        if not filters.is_valid():
            raise CommandError(
                "\n".join(
                    f"{_option(name)}: {text}"
                    for name, texts in filters.errors.items()
                    for text in texts
                )
            )
        return filters

    def _expiring(self, entries: AuditEntryQuerySet, days: int | None) -> AuditEntryQuerySet:
        if days is None:
            return entries
        if not 0 <= days <= MAX_DAYS:
            raise CommandError(f"--expiring-within: {days} is not from 0 to {MAX_DAYS}.")
        try:
            return expiring(entries, within=datetime.timedelta(days=days))
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error

    def _progress(self, total: int, *, to_stdout: bool) -> Callable[[int], None] | None:
        if not self.stderr.isatty() or (to_stdout and self.stdout.isatty()):
            return None

        def show(done: int) -> None:
            end = "\n" if done == total else ""
            self.stderr.write(f"\r{done:,} of {total:,} entries", style_func=str, ending=end)
            self.stderr.flush()

        return show

    def _to_stdout(self, pieces: Iterable[str]) -> None:
        # Bytes where there is a real stream: its encoding and line ends may be others.
        buffer = getattr(self.stdout, "buffer", None)
        try:
            for piece in pieces:
                if buffer is None:
                    self.stdout.write(piece, ending="")
                else:
                    buffer.write(piece.encode())
            self.stdout.flush()
        except BrokenPipeError as error:
            # The reader has seen enough. Python would flush, and complain, once more at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stdout.fileno())
            raise SystemExit(1) from error

    def _to_file(self, path: Path, pieces: Iterable[str]) -> None:
        compressed = path.suffix.lower() == COMPRESSED
        try:
            with (
                _complete_or_absent(path) as part,
                part.open("wb") as file,
                gzip.open(file, "wb", compresslevel=6) if compressed else nullcontext(file) as out,
            ):
                out.writelines(piece.encode() for piece in pieces)
        except OSError as error:
            raise CommandError(f"--output: {path} cannot be written: {error}") from error


def _format_of(output: Path | None) -> str:
    suffixes = [] if output is None else [suffix.lower() for suffix in output.suffixes]
    if suffixes[-1:] == [COMPRESSED]:
        suffixes.pop()
    named = suffixes[-1].removeprefix(".") if suffixes else ""
    return named if named in FORMATS else "csv"


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


@contextmanager
def _complete_or_absent(path: Path) -> Iterator[Path]:
    """Give a name to write to; ``path`` gets the file once that has gone well."""
    if path.exists() and not path.is_file():
        # A pipe or a device is written to, not replaced.
        yield path
        return
    target = path.resolve()
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        yield part
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
