"""Where two texts differ, word by word; what they have in common is folded where it is long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal, NamedTuple

from django.utils.formats import number_format
from django.utils.translation import ngettext

from audit_log.reading.alignment import Aligner, Run

CONTEXT = 60
"""Characters of what both have in common that are shown beside a difference."""
MOST = 300
"""Differences that are told apart; the rest of the texts is one more."""
LOOKED_AT = 30 * MOST
"""Pieces that these are made of: neighbours become one."""

# Numbers whole; of writings without spaces between words each character by itself.
_EAST_ASIAN = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_WORDS = re.compile(rf"\d+(?:[.,:]\d+)*(?!\w)|[^\W{_EAST_ASIAN}]+|\s+|.", re.DOTALL)
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Part:
    """A piece of a text: there on both sides, on one only, or folded away.

    The ``text`` of a folded one says how much it is.
    """

    kind: Literal["same", "changed", "folded"]
    text: str


class Piece(NamedTuple):
    """A piece of both texts; ``is_same`` where it is the same in both."""

    is_same: bool
    old: str
    new: str


def differences(
    old: str, new: str, limit: int | None = None
) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Return the parts of two texts; nothing where it would not help to see them marked.

    That is where they have no word in common, or hardly any. ``limit`` is about how many
    characters of each are shown at most. What it costs grows with the length of the texts,
    however they differ.
    """
    pieces = _pieces(old, new)
    same = sum(len(piece.old) for piece in pieces if piece.is_same and _LETTER.search(piece.old))
    if same * 5 < min(_lengths(pieces)) or not same or len(pieces) < 2:
        return (), ()
    told, told_new = _lengths(pieces[: 2 * MOST])
    if told < len(old) or told_new < len(new):
        pieces[2 * MOST :] = [Piece(False, old[told:], new[told_new:])]
    return (
        tuple(_shown([(piece.is_same, piece.old) for piece in pieces], limit)),
        tuple(_shown([(piece.is_same, piece.new) for piece in pieces], limit)),
    )


def _pieces(old: str, new: str) -> list[Piece]:
    """Return both texts in pieces that alternate between same and not, as far as is told apart."""
    aligner = Aligner()
    pieces: list[Piece] = []
    # By lines first: of a long text few words are left to look at then.
    for line in _aligned(_LINES.findall(old), _LINES.findall(new), aligner):
        if line.is_same:
            pieces.append(line)
        else:
            words = _aligned(_WORDS.findall(line.old), _WORDS.findall(line.new), aligner)
            pieces += islice(words, LOOKED_AT)
        if len(pieces) >= LOOKED_AT:
            break
    return _merged(pieces)


def _lengths(pieces: list[Piece]) -> tuple[int, int]:
    """Return how much of the old text they are, and how much of the new one."""
    return sum(len(piece.old) for piece in pieces), sum(len(piece.new) for piece in pieces)


def _aligned(old: list[str], new: list[str], aligner: Aligner) -> Iterator[Piece]:
    place = other = 0
    for run in [*aligner.runs(old, new), Run(len(old), len(new), 0)]:
        if run.old > place or run.new > other:
            yield Piece(False, "".join(old[place : run.old]), "".join(new[other : run.new]))
        place, other = run.old + run.length, run.new + run.length
        if run.length:
            text = "".join(old[run.old : place])
            yield Piece(True, text, text)


def _merged(pieces: list[Piece]) -> list[Piece]:
    """Join neighbours, and differences with hardly anything between them."""
    merged: list[Piece] = []
    for number, piece in enumerate(pieces):
        is_between = 0 < number < len(pieces) - 1
        is_little = is_between and len(piece.old) <= 3 and not _LETTER.search(piece.old)
        is_same = piece.is_same and not is_little
        if merged and merged[-1].is_same == is_same:
            last = merged.pop()
            piece = Piece(is_same, last.old + piece.old, last.new + piece.new)
        merged.append(Piece(is_same, piece.old, piece.new))
    return merged


def _shown(pieces: list[tuple[bool, str]], limit: int | None) -> Iterator[Part]:
    left = limit
    last = len(pieces) - 1
    for number, (is_same, text) in enumerate(pieces):
        if left is not None and left <= 0:
            yield Part("folded", "…")
            return
        parts = _folded(text, number == 0, number == last) if is_same else _cut(text, left)
        for part in parts:
            if part.text:
                yield part
                left = None if left is None else left - len(part.text)


def _folded(text: str, is_first: bool, is_last: bool) -> Iterator[Part]:
    head, tail = (0 if is_first else CONTEXT), (0 if is_last else CONTEXT)
    hidden = len(text) - head - tail
    # What says how much is hidden takes room, too.
    if hidden <= CONTEXT:
        yield Part("same", text)
        return
    yield Part("same", text[:head])
    number = number_format(hidden, force_grouping=True)
    told = ngettext("%(number)s character unchanged", "%(number)s characters unchanged", hidden)
    yield Part("folded", told % {"number": number})
    yield Part("same", text[head + hidden :])


def _cut(text: str, left: int | None) -> Iterator[Part]:
    if left is None or len(text) <= left:
        yield Part("changed", text)
    else:
        yield Part("changed", text[:left])
        yield Part("folded", "…")
