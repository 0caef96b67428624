"""Where two JSON values differ: the paths that were added, removed or changed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from audit_log.reading.alignment import Aligner, Gap, between
from audit_log.reading.values import Value, absent, json_text, visible

DEPTH = 20
"""Levels that are looked into; what lies deeper is compared as a whole."""
MOST = 100
"""Differences that are shown."""

_NAME = re.compile(r"[^\W\d][\w-]*")
_NOTHING = object()


@dataclass(frozen=True)
class Place:
    """A place in a JSON value, like ``owner.tags[2]``, and what was there."""

    path: str
    before: Value
    after: Value


def places(old: Any, new: Any) -> tuple[list[Place], int]:
    """Return where two JSON objects, or two lists, differ, and how many more such places.

    Nothing for values of other or of different types. Of lists the elements that stayed are
    found wherever they are now; a removed one has its old number, any other its new one.
    """
    found = [] if _kind(old) is None else list(_compared(old, new, "", 0, Aligner()))
    return [_place(*difference) for difference in found[:MOST]], max(0, len(found) - MOST)


def _compared(
    old: Any, new: Any, path: str, depth: int, aligner: Aligner
) -> Iterator[tuple[str, Any, Any]]:
    if _text(old) == _text(new):
        return
    kind = _kind(old)
    if kind is None or kind is not _kind(new) or depth > DEPTH:
        if path:
            yield path, old, new
        return
    sides = _of_objects(old, new) if kind is dict else _of_lists(old, new, aligner)
    for step, ours, theirs in sides:
        name = f"{path}{step}" if path or step.startswith("[") else step[1:]
        if ours is _NOTHING or theirs is _NOTHING:
            yield name, ours, theirs
        else:
            yield from _compared(ours, theirs, name, depth + 1, aligner)


def _of_objects(old: dict[str, Any], new: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for key in [*old, *(key for key in new if key not in old)]:
        step = f".{key}" if _NAME.fullmatch(key) else f"[{json_text(key)}]"
        yield visible(step), old.get(key, _NOTHING), new.get(key, _NOTHING)


def _of_lists(old: list[Any], new: list[Any], aligner: Aligner) -> Iterator[tuple[str, Any, Any]]:
    runs = aligner.runs([_text(item) for item in old], [_text(item) for item in new])
    for gap in between(runs, Gap(0, len(old), 0, len(new))):
        ours, theirs = gap.old_end - gap.old, gap.new_end - gap.new
        for number in range(max(ours, theirs)):
            if number >= theirs:
                yield f"[{gap.old + number}]", old[gap.old + number], _NOTHING
            else:
                was = old[gap.old + number] if number < ours else _NOTHING
                yield f"[{gap.new + number}]", was, new[gap.new + number]


def _place(path: str, old: Any, new: Any) -> Place:
    before, after = (
        absent() if side is _NOTHING else Value("json", json_text(side)) for side in (old, new)
    )
    return Place(path, before, after)


def _kind(value: Any) -> type | None:
    return next((kind for kind in (dict, list) if isinstance(value, kind)), None)


def _text(value: Any) -> str:
    """Return a text that is the same for the same value: 1, 1.0 and true are three."""
    return json.dumps(value, sort_keys=True, default=str)
