"""Excerpts: a passage of a text around the words that were looked for, with those marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import Final

from ingenious_storage.catalogue.searching.query import Phrase
from ingenious_storage.catalogue.words import folding
from ingenious_storage.catalogue.words.cjk import CHARACTERS, RUN

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
_CUT: Final = ("…", False)
_BLANKS: Final = re.compile(r"\s+")


class Excerpts:
    """Of one search, for the phrases that were looked for."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self._phrases = phrases
        self._plain = _pattern(phrases, "") if phrases else None

    def of(self, text: str) -> Pieces:
        """The beginning of a text that has none of the words: they are in a name or a message."""
        if self._plain is None:
            return _passage(text, text, None, 0, 0)
        text = folding.composed(text)
        if len(text) <= _CHUNK:
            return self._of_chunk(text) or _passage(text, text, None, 0, 0)
        for start in range(0, len(text), _CHUNK):
            found = self._of_chunk(text[start : start + _CHUNK + _OVERLAP])
            if found is not None:
                before = (_CUT,) if start and found[0] != _CUT else ()
                after = (_CUT,) if start + _CHUNK < len(text) and found[-1] != _CUT else ()
                return (*before, *found, *after)
        return _passage(text, text, None, 0, 0)

    def _of_chunk(self, text: str) -> Pieces | None:
        pattern, folded = self._plain, text.lower() if text.isascii() else folding.fold(text)
        if folding.ACCENT in folded:
            pattern = _pattern(self._phrases, f"{folding.ACCENT}*")
        assert pattern is not None
        found = pattern.search(folded)
        if found is not None and len(self._phrases) > 1:
            found = _closest(list(islice(pattern.finditer(folded), _COMPARED)))
        return found and _passage(text, folded, pattern, found.start(), found.end())


def _closest(places: Sequence[re.Match[str]]) -> re.Match[str]:
    """Where the most of the words stand close together."""

    def others(place: re.Match[str]) -> int:
        reach = range(place.start(), place.start() + LENGTH - _BEFORE)
        return len({each.lastindex for each in places if each.start() in reach})

    return max(places, key=others)


def _passage(
    text: str, folded: str, pattern: re.Pattern[str] | None, place: int, end: int
) -> Pieces:
    """The passage around the word from `place` to `end`, as pieces."""
    first, last = _window(text, place, end)
    pieces, done = [_CUT] if first else [], first
    if pattern is not None:
        for found in pattern.finditer(folded, first, len(folded)):
            begins, ends = found.span()
            if ends > last:
                break
            if begins > done:
                pieces.append((text[done:begins], False))
            pieces.append((text[begins:ends], True))
            done = ends
    if done < last:
        pieces.append((text[done:last], False))
    if last < len(text):
        pieces.append(_CUT)
    passage = text[first:last]
    if passage.isprintable() and "  " not in passage:
        return tuple(pieces)
    return tuple((_BLANKS.sub(" ", piece), is_word) for piece, is_word in pieces)


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
