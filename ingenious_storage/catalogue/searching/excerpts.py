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
            return _passage(text)
        text = folding.composed(text)
        if len(text) <= _CHUNK:
            return self._of_chunk(text) or _passage(text)
        for start in range(0, len(text), _CHUNK):
            found = self._of_chunk(text[start : start + _CHUNK + _OVERLAP])
            if found is not None:
                before = (_CUT,) if start and found[0] != _CUT else ()
                after = (_CUT,) if start + _CHUNK < len(text) and found[-1] != _CUT else ()
                return (*before, *found, *after)
        return _passage(text)

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


def _passage(text: str, best: Place | None = None, found: Iterable[Place] = ()) -> Pieces:
    """The passage around the best place, as pieces; without one, the beginning."""
    first, last = (0, len(text)) if len(text) <= LENGTH else _window(text, best)
    pieces, done = [_CUT] if first else [], first
    for begin, end, _ in found:
        if end > last:
            break
        if begin >= done:
            if begin > done:
                pieces.append((text[done:begin], False))
            pieces.append((text[begin:end], True))
            done = end
    if done < last:
        pieces.append((text[done:last], False))
    if last < len(text):
        pieces.append(_CUT)
    passage = text[first:last]
    if passage.isprintable() and "  " not in passage:
        return tuple(pieces)
    return tuple([(_BLANKS.sub(" ", piece), is_word) for piece, is_word in pieces])


def _window(text: str, best: Place | None) -> tuple[int, int]:
    begin, end, _ = best or (0, 0, 0)
    first = max(0, begin - _BEFORE)
    if first:
        first = text.find(" ", first, begin) + 1 or first
    last = max(first + LENGTH, end)
    if last >= len(text):
        return first, len(text)
    blank = text.rfind(" ", last - _SLACK, last)
    return first, blank if blank >= end else last
