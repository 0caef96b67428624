"""Rows put aside: in memory while they are few, on disk beyond."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import IO, Any

from audit_log.capture.columns import Field, is_fixed
from audit_log.capture.plan import is_long

KEPT = 20
"""Batches that stay in memory where no value can be long."""


def are_small(fields: Iterable[Field]) -> bool:
    """Whether a thousand rows of these fields are no burden to memory."""
    return not any(is_long(field) or not is_fixed(field) for field in fields)


class Spool:
    """Keeps batches of rows, ``kept`` of them in memory. A context manager; the file has no
    name on the disk.
    """

    def __init__(self, kept: int = 1) -> None:
        self.count = 0
        self._kept = kept
        self._first: list[list[Any]] = []
        self._unpickled: list[list[Any]] = []
        self._file: IO[bytes] | None = None

    def add(self, batch: list[Any]) -> None:
        """Put a batch aside; the first ones stay in memory."""
        self.count += len(batch)
        if len(self._first) < self._kept:
            self._first.append(batch)
            return
        try:
            data = pickle.dumps(batch, pickle.HIGHEST_PROTOCOL)
        except Exception:  # noqa: BLE001  # values of somebody's own that cannot be pickled
            self._unpickled.append(batch)
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by __exit__
        self._file.write(data)

    def __iter__(self) -> Iterator[list[Any]]:
        yield from self._first
        yield from self._unpickled
        if self._file is not None:
            self._file.seek(0)
            while True:
                try:
                    yield pickle.load(self._file)  # noqa: S301  # our own, a moment ago
                except EOFError:
                    return

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()
