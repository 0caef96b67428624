"""A file that takes what is removed, and says after a crash which part of it is true."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any, TypeAlias

from audit_log.querysets import AuditEntryQuerySet

Render: TypeAlias = Callable[[AuditEntryQuerySet, bool], Iterable[str]]
"""``f(entries, first)``: their text, in pieces; ``first``: with what a file begins with."""


class ArchiveError(Exception):
    """The archive cannot be written, and nothing is removed that is not in it."""


class Archive:
    """Takes batches. Each is on the disk before its entries go, and cut off if they stay.

    Compressed (a name that ends in ``.gz``), every batch is a gzip member of its own, so
    that the file can be cut there (RFC 1952 lets members follow each other).

    ``resume`` is how many bytes of an existing file are true: it is continued there.
    Without it the file must not exist. Raises :exc:`ArchiveError`.
    """

    def __init__(self, path: Path, render: Render, resume: int | None = None) -> None:
        self.path = path
        self.start = self.end = resume or 0
        self._render = render
        self._file: IO[bytes] | None = None
        self._resume = resume
        if resume is None and path.exists():
            raise ArchiveError(f"{path} exists. Choose another name for the archive.")

    def add(self, entries: AuditEntryQuerySet) -> int:
        """Write a batch to the disk; return where in the file it ends."""
        try:
            file = self._file or self._open()
            file.seek(self.end)
            pieces = (piece.encode() for piece in self._render(entries, self.end == 0))
            if self.path.suffix == ".gz":
                with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as member:
                    member.writelines(pieces)
            else:
                file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
            return file.tell()
        except OSError as error:
            raise ArchiveError(f"The archive {self.path} cannot be written: {error}") from error

    def keep(self, end: int) -> None:
        """The entries of the batch are gone: the file is true up to ``end``."""
        self.end = end

    def cut(self) -> None:
        """Take away what was written of a batch whose entries stay."""
        if self._file is not None:
            self._file.truncate(self.end)

    def close(self) -> None:
        """Leave the file as it is true."""
        if self._file is not None:
            self.cut()
            self._file.close()
            self._file = None

    def _open(self) -> IO[bytes]:
        # What leaves the log stays as private as it was there.
        flags = os.O_RDWR | getattr(os, "O_BINARY", 0)
        if self._resume is None:
            flags |= os.O_CREAT | os.O_EXCL
        file = os.fdopen(os.open(self.path, flags, 0o600), "r+b")
        if self._resume is None:
            _sync_directory(self.path.parent)
        self._file = file
        return file


def settle(path: Path, end: int) -> bool:
    """Cut off what a run that was killed wrote last; return whether the file is true then."""
    try:
        with path.open("r+b") as file:
            if file.seek(0, os.SEEK_END) < end:
                return False
            file.truncate(end)
            os.fsync(file.fileno())
    except OSError:
        return False
    return True


def digest(path: Path, start: int, end: int) -> str | None:
    """Return the SHA-256 of a part of a file; ``None`` where it cannot be read."""
    told = hashlib.sha256()
    try:
        with path.open("rb") as file:
            file.seek(start)
            while start < end and (chunk := file.read(min(1 << 20, end - start))):
                told.update(chunk)
                start += len(chunk)
    except OSError:
        return None
    return told.hexdigest() if start == end else None


def describe(path: str, start: int, end: int) -> dict[str, Any]:
    """Return what the run's entry says of its archive."""
    return {"path": path, "start": start, "end": end, "sha256": digest(Path(path), start, end)}


def _sync_directory(directory: Path) -> None:
    # So that the name is on the disk, too; not all systems can.
    try:
        descriptor = os.open(directory, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)
