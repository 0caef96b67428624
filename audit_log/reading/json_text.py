"""JSON text that does not tell which database it was stored in."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import lru_cache
from typing import Any

_readable = json.JSONEncoder(ensure_ascii=False)
_escaped = json.JSONEncoder()


def json_text(value: Any) -> str:
    """Return ``value`` as JSON on one line, in readable characters wherever UTF-8 has them."""
    text = _readable.encode(value)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            # Half a character, which only an escape can express.
            return _escaped.encode(value)
    return text


def uniform(text: str) -> str:
    """Return a JSON text as PostgreSQL's ``jsonb`` spells it, whatever database it comes from.

    The shorter of two keys first, otherwise by their bytes in UTF-8; one space after each
    comma and colon; numbers without exponent, with the digits they have; no escapes where
    UTF-8 does without. See "JSON Types" in PostgreSQL's documentation.
    """
    try:
        return json_text(_ordinary.decode(text))
    except _OddNumber:
        return _spelled(_exact.decode(text))


class _OddNumber(Exception):
    """A number that Python would not write with the same digits."""


def _plain_float(text: str) -> float:
    number = float(text)
    if repr(number) != text or "e" in text or number == 0:
        raise _OddNumber
    return number


def _in_order(value: dict[str, Any]) -> dict[str, Any]:
    order = _order(tuple(value))
    return value if order is None else {key: value[key] for key in order}


@lru_cache(maxsize=10_000)
def _order(keys: tuple[str, ...]) -> tuple[str, ...] | None:
    # Few sets of keys come again and again.
    ordered = tuple(sorted(keys, key=_rank))
    return None if ordered == keys else ordered


def _rank(key: str) -> tuple[int, bytes]:
    encoded = key.encode("utf-8", "surrogatepass")
    return len(encoded), encoded


def _spelled(value: Any) -> str:
    if isinstance(value, dict):
        items = (f"{json_text(key)}: {_spelled(item)}" for key, item in value.items())
        return f"{{{', '.join(items)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_spelled, value))}]"
    if isinstance(value, Decimal):
        # PostgreSQL's numbers have no negative zero.
        return format(value or abs(value), "f")
    return json_text(value)


_ordinary = json.JSONDecoder(object_hook=_in_order, parse_float=_plain_float)
_exact = json.JSONDecoder(object_hook=_in_order, parse_float=Decimal)
