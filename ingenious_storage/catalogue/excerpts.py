"""Excerpts: a passage of a text around the words that were looked for, with those marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from ingenious_storage.catalogue import folding
from ingenious_storage.catalogue.cjk import CHARACTERS, RUN
from ingenious_storage.catalogue.query import Phrase

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
_PARTS: Final = r"\x00-/:-@\[-`{-\x7f"
"""What parts words in a text that is folded, or lower-cased where it is ASCII."""
_IN_WORD: Final = f"[^{_PARTS}{CHARACTERS}]"
_BLANKS: Final = re.compile(r"\s+")


class Excerpts:
    """Of one search, for the phrases that were looked for."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self._phrases = phrases
        self._plain = _pattern(phrases, "") if phrases else None

    def of(self, text: str) -> Pieces:
        """The beginning of a text that has none of the words: they are in a name or a message."""
        text = folding.composed(text)
        place, end = next(self._places(text), (0, 0))
        first, last = _window(text, place, end)
        pieces, done = [("…", False)] if first else [], first
        for begins, ends in self._marks(text, first, last):
            if begins > done:
                pieces.append((text[done:begins], False))
            pieces.append((text[begins:ends], True))
            done = ends
        if done < last:
            pieces.append((text[done:last], False))
        if last < len(text):
            pieces.append(("…", False))
        return tuple((_BLANKS.sub(" ", piece), is_word) for piece, is_word in pieces)

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        """The first of the words; of several, where the most of them stand close together."""
        for start in range(0, len(text), _CHUNK):
            chunk = text if len(text) <= _CHUNK else text[start : start + _CHUNK + _OVERLAP]
            if len(self._phrases) > 1:
                found = _closest(list(islice(self._find(chunk), _COMPARED)))
            else:
                found = next(self._find(chunk), None)
            if found is not None:
                yield start + found.start(), start + found.end()

    def _marks(self, text: str, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Of the words in a passage; a word that the passage cuts is none."""
        start = max(first - 1, 0)
        for found in self._find(text[start : last + 1]):
            begins, ends = start + found.start(), start + found.end()
            if first <= begins and ends <= last:
                yield begins, ends

    def _find(self, text: str) -> Iterator[re.Match[str]]:
        if self._plain is None:
            return iter(())
        folded = text.lower() if text.isascii() else folding.fold(text)
        if folding.ACCENT in folded:
            return _pattern(self._phrases, f"{folding.ACCENT}*").finditer(folded)
        return self._plain.finditer(folded)


def _closest(places: Sequence[re.Match[str]]) -> re.Match[str] | None:
    def others(place: re.Match[str]) -> int:
        reach = range(place.start(), place.start() + LENGTH - _BEFORE)
        return len({each.lastindex for each in places if each.start() in reach})

    return max(places, key=others, default=None)


def _window(text: str, place: int, end: int) -> tuple[int, int]:
    first = max(0, place - _BEFORE)
    if first:
        first = text.find(" ", first, place) + 1 or first
    last = max(first + LENGTH, end)
    if last >= len(text):
        return first, len(text)
    blank = text.rfind(" ", last - _SLACK, last)
    return first, blank if blank >= end else last


def _pattern(phrases: Sequence[Phrase], accents: str) -> re.Pattern[str]:
    """One group a phrase. `accents`: what may stand behind each letter."""
    return re.compile("|".join(f"({_of_phrase(phrase, accents)})" for phrase in phrases))


def _of_phrase(phrase: Phrase, accents: str) -> str:
    found = ""
    for number, word in enumerate(phrase.words):
        letters = "".join(re.escape(letter) + accents for letter in word)
        if RUN.match(word):
            found += f"[{_PARTS}]*{letters}" if number else letters
            continue
        # Behind the word, since a search for a literal is the fastest; with accents that cannot be.
        whole = f"(?<!{_IN_WORD}){letters}" if accents else f"{letters}(?<!{_IN_WORD}{letters})"
        is_open = phrase.begins and number == len(phrase.words) - 1
        found += f"[{_PARTS}]*{whole}" if number else whole
        found += f"{_IN_WORD}*" if is_open else f"(?!{_IN_WORD})"
    return found
