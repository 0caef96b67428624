"""What goes to the server together with the statement that follows, in front of its text.

Where statements can be one message (:func:`audit_log.statements.can_join`), neither the BEGIN
nor the read of the old row waits for an answer of its own: they go ahead of the host's INSERT
or UPDATE. The server does all of it in that order, as if it had come one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from types import TracebackType
from typing import Any

from audit_log.capture.rows import Row, RowReader
from audit_log.conf import settings
from audit_log.journal.buffer import Buffer
from audit_log.statements import SEPARATOR

_WRITE = re.compile(r"\s*(?:INSERT|UPDATE)\b", re.IGNORECASE)
# libpq's PGTransactionStatusType (https://www.postgresql.org/docs/current/libpq-status.html).
_IDLE, _IN_TRANSACTION = 0, 2


class ahead:  # noqa: N801  # used like a function
    """Begin the transaction and read a row before the first statement that runs in the block.

    Where that is an INSERT or UPDATE that can take them along, it does. ``begins``: the
    transaction is the capture's own. Without a ``reader`` nothing is read.
    """

    def __init__(self, buffer: Buffer, reader: RowReader | None, key: Any, *, begins: bool) -> None:
        self._buffer = buffer
        self._begins = begins
        self._reader = reader
        self._key = key
        self._row: Row | None = None

    @staticmethod
    def is_possible(buffer: Buffer) -> bool:
        """Whether anything can go ahead, on this connection and now."""
        # Under "log" the read has a savepoint of its own.
        return settings.ON_ERROR != "log" and buffer.can_join()

    def row(self) -> Row | None:
        """Return the row as it was, or ``None`` where there was none."""
        if self._reader is not None:
            self._read(self._reader)
        return self._row

    def __enter__(self) -> ahead:
        # The last of all: who else looks at statements sees them as the host wrote them.
        self._buffer.connection.execute_wrappers.append(self._before_statement)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        wrappers = self._buffer.connection.execute_wrappers
        if self._before_statement in wrappers:
            wrappers.remove(self._before_statement)

    def _read(self, reader: RowReader) -> None:
        self._row = reader.read(self._buffer, self._key, lock=reader.locks)
        self._reader = None

    def _before_statement(
        self, execute: Callable[..., Any], sql: Any, parameters: Any, many: bool, context: Any
    ) -> Any:
        self._leave()
        reader = self._reader
        known = isinstance(sql, str) and isinstance(parameters, tuple | list) and not many
        # Without parameters nothing is done about a "%".
        if not (known and parameters and _WRITE.match(sql)):
            if reader is not None:
                self._read(reader)
            return execute(sql, parameters, many, context)
        connection: Any = self._buffer.connection
        texts, values = [sql], list(parameters)
        if reader is not None:
            read, key = reader.statement(connection, self._key, lock=reader.locks)
            texts.insert(0, read.sql)
            values[:0] = key
        if begins := self._begins and _can_begin(connection.connection):
            texts.insert(0, "BEGIN")
            # Else the driver would send a BEGIN of its own, and wait for it. When the
            # transaction ends, Django tells it the same.
            connection.connection.autocommit = True
        try:
            result = execute(SEPARATOR.join(texts), values, many, context)
        except Exception:
            self._take_back(begins)
            raise
        cursor = context["cursor"]
        if begins:
            cursor.nextset()
        if reader is not None:
            row = cursor.fetchone()
            self._row = None if row is None else reader.convert(row, connection)
            self._reader = None
            cursor.nextset()
        return result

    def _take_back(self, begins: bool) -> None:
        # Where the driver could not even send it, with a value that no column takes, say: should
        # a field cope with that, the next statement is the first.
        raw: Any = self._buffer.connection.connection
        if raw.pgconn.transaction_status in (_IDLE, _IN_TRANSACTION):
            if begins:
                raw.autocommit = False
            self.__enter__()


def _can_begin(raw: Any) -> bool:
    """Whether the driver would begin a transaction now, by a plain BEGIN."""
    return (
        raw.pgconn.transaction_status == _IDLE
        and not raw.autocommit
        and raw.isolation_level is raw.read_only is raw.deferrable is None
    )
