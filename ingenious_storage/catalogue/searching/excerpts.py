"""Excerpts: a passage of a text around the words that were looked for, with those marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import Final

from ingenious_storage.catalogue.searching.places import Place, Places
from ingenious_storage.catalogue.searching.query import Phrase
from ingenious_storage.catalogue.words import folding

Pieces = tuple[tuple[str, bool], ...]
LENGTH: Final = 160
"""Characters of a passage, about."""
_BEFORE: Final = 40
"""Of those that stand before the first word."""
_SLACK: Final = 20
"""Characters in which the end of a passage looks for that of a word."""
_CHUNK: Final = 20_000
"""Characters that are looked at together: most of a long text need not be looked at."""
_OVERLAP: Final = 500
_COMPARED: Final = 50
"""Places in a chunk that are compared, for where the most words stand close together."""
_CUT: Final = ("…", False)
_BLANKS: Final = re.compile(r"\s+")


class Excerpts:
    """Of one search, for the phrases that were looked for."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self._places, self._number = Places(phrases), len(phrases)

    def of(self, text: str) -> Pieces:
        """The beginning of a text that has none of the words: they are in a name or a message."""
        if not self._number:
            return _beginning(text)
        text = folding.composed(text)
        if len(text) <= _CHUNK:
            return self._of_chunk(text) or _beginning(text)
        for start in range(0, len(text), _CHUNK):
            found = self._of_chunk(text[start : start + _CHUNK + _OVERLAP])
            if found is not None:
                before = (_CUT,) if start and found[0] != _CUT else ()
                after = (_CUT,) if start + _CHUNK < len(text) and found[-1] != _CUT else ()
                return (*before, *found, *after)
        return _beginning(text)

    def _of_chunk(self, text: str) -> Pieces | None:
        found = self._places.of(text)
        if self._number == 1:
            best = next(found, None)
            return _passage(text, best, chain((best,), found)) if best else None
        some = list(islice(found, _COMPARED))
        return _passage(text, _closest(some), chain(some, found)) if some else None


def _closest(some: Sequence[Place]) -> Place:
    """Where the most of the words stand close together."""

    def others(place: Place) -> int:
        reach = range(place[0], place[0] + LENGTH - _BEFORE)
        return len({number for begin, _, number in some if begin in reach})

    return max(some, key=others)


def _beginning(text: str) -> Pieces:
    if len(text) <= LENGTH:
        return ((_on_one_line(text), False),) if text else ()
    _, last = _window(text, 0, 0)
    return (_on_one_line(text[:last]), False), _CUT


def _passage(text: str, best: Place, found: Iterable[Place]) -> Pieces:
    """The passage around the best of those that were found, as pieces."""
    first, last = (0, len(text)) if len(text) <= LENGTH else _window(text, best[0], best[1])
    pieces, done = [_CUT] if first else [], first
    for begin, end, _ in found:
        if end > last:
            break
        if begin >= done:
            if begin > done:
                pieces.append((_on_one_line(text[done:begin]), False))
            pieces.append((_on_one_line(text[begin:end]), True))
            done = end
    if done < last:
        pieces.append((_on_one_line(text[done:last]), False))
    if last < len(text):
        pieces.append(_CUT)
    return tuple(pieces)


def _on_one_line(piece: str) -> str:
    return piece if piece.isprintable() and "  " not in piece else _BLANKS.sub(" ", piece)


def _window(text: str, begin: int, end: int) -> tuple[int, int]:
    """Around the word from `begin` to `end`."""
    first = 0
    if begin > _BEFORE:
        first = begin - _BEFORE
        first = text.find(" ", first, begin) + 1 or first
    last = max(first + LENGTH, end)
    if last >= len(text):
        return first, len(text)
    blank = text.rfind(" ", last - _SLACK, last)
    return first, blank if blank >= end else last
