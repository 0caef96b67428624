"""Where ``prune_audit_log`` archives to, and in which format: those of the exports."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from django.core.management.base import CommandError

from audit_log.querysets import AuditEntryQuerySet
from audit_log.reading.export import FORMATS, Export, export_filename
from audit_log.retention.archive import Render

SUFFIXES = tuple(f".{name}{end}" for name in FORMATS for end in ("", ".gz"))


def check_path(path: Path) -> None:
    """Raise ``CommandError`` for a path that no archive can be written to."""
    if not path.is_dir() and not path.name.endswith(SUFFIXES):
        raise CommandError(
            f"--archive: {path} is no directory, and its name does not end in one of "
            f"{', '.join(SUFFIXES)}."
        )
    directory = path if path.is_dir() else path.parent
    if not (directory.is_dir() and os.access(directory, os.W_OK)):
        raise CommandError(f"--archive: {directory} is no directory that can be written to.")


def archive_path(path: Path, alias: str, format_name: str, *, is_first: bool) -> Path:
    """Return the file that takes the entries of a database.

    In a directory a new one each time; otherwise ``path``, which for all databases but the
    first gets their alias into its name.
    """
    path = path.absolute()
    if path.is_dir():
        moment = export_filename(format_name).removeprefix("audit-log-")
        return path / f"audit-log-{alias}-{moment}.gz"
    if is_first:
        return path
    ending = next(suffix for suffix in SUFFIXES if path.name.endswith(suffix))
    return path.with_name(f"{path.name.removesuffix(ending)}.{alias}{ending}")


def render_for(path: Path) -> Render:
    """Return what writes entries in the format that the file's name says."""
    format_name = path.name.removesuffix(".gz").rpartition(".")[2]

    def render(entries: AuditEntryQuerySet, first: bool) -> Iterable[str]:
        # A file that has begun already gets no second header.
        return Export(entries, format_name).pieces(header=first)

    return render
