"""Places: where phrases stand in a text, with words parted as SQLite's tokenizer does.

Without a regular expression of the phrases: to compile one takes longer than most searches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Final

from ingenious_storage.catalogue.searching.query import Phrase
from ingenious_storage.catalogue.words import folding
from ingenious_storage.catalogue.words.cjk import CHARACTERS, RUN

Place = tuple[int, int, int]
"""Where a phrase begins and ends, and which of them it is."""
_BEGIN_AND_NUMBER: Final = itemgetter(0, 2)
_PARTS: Final = r"\x00-/:-@\[-`{-\x7f"
"""What parts words in a text that is folded, or lower-cased where it is ASCII."""
_BLANK: Final = re.compile(f"[{_PARTS}]*")
_REST: Final = re.compile(f"[^{_PARTS}{CHARACTERS}]*")
"""Of a word that is not CJK."""


class Places:
    """Of these phrases, in any text."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self._finders = [_Finder(number, phrase) for number, phrase in enumerate(phrases)]
        self._are_runs = all(finder.is_run for finder in self._finders)
        self._in = self._finders[0].all if len(self._finders) == 1 else self._first_of

    def of(self, text: str) -> Iterator[Place]:
        """In a composed text, from its beginning, none over another."""
        if self._are_runs:  # CJK is the same when it is folded
            return self._in(text)
        if text.isascii():
            return self._in(text.lower())
        folded = folding.fold(text)
        if folding.ACCENT not in folded:
            return self._in(folded)
        kept = [number for number, each in enumerate(folded) if each != folding.ACCENT]
        kept.append(len(folded))
        found = self._in(folded.replace(folding.ACCENT, ""))
        return ((kept[begin], kept[end], number) for begin, end, number in found)

    def _first_of(self, folded: str) -> Iterator[Place]:
        waiting = [(finder.next(folded, 0), finder) for finder in self._finders]
        while found := [place for place, _ in waiting if place]:
            first = min(found, key=_BEGIN_AND_NUMBER)
            yield first
            _, end, _ = first
            waiting = [
                (place if place[0] >= end else finder.next(folded, end), finder)
                for place, finder in waiting
                if place
            ]


class _Finder:
    """Of one phrase."""

    __slots__ = ("_begins", "_first", "_is_one", "_number", "_rest", "is_run")

    def __init__(self, number: int, phrase: Phrase) -> None:
        self._number, self._begins = number, phrase.begins
        self._first, *self._rest = phrase.words
        is_cjk = RUN.match(self._first) is not None
        self.is_run = is_cjk and not self._rest
        self._is_one = not (is_cjk or self._rest or self._begins)

    def all(self, folded: str) -> Iterator[Place]:
        end = 0
        while place := self.next(folded, end):
            yield place
            _, end, _ = place

    def next(self, folded: str, start: int) -> Place | None:
        """The first that does not begin before `start`."""
        first = self._first
        begin = folded.find(first, start)
        while begin >= 0:
            end = self._end(folded, begin)
            if end is not None:
                return begin, end, self._number
            # Not within the same word again.
            begin = folded.find(first, max(begin + 1, _after(_REST, folded, begin)))
        return None

    def _end(self, folded: str, begin: int) -> int | None:
        """Of the phrase, if it is the one whose first word stands here."""
        plain = begin + len(self._first)
        if self.is_run or (self._is_one and folded[begin - 1 : plain + 1] == f" {self._first} "):
            return plain
        end = self._word_end(folded, begin, self._first, is_last=not self._rest)
        for left, word in zip(range(len(self._rest) - 1, -1, -1), self._rest, strict=True):
            if end is None:
                return None
            begin = _after(_BLANK, folded, end)
            end = self._word_end(folded, begin, word, is_last=not left)
        return end

    def _word_end(self, folded: str, begin: int, word: str, *, is_last: bool) -> int | None:
        """None where the word does not stand, or is a part of another."""
        end = begin + len(word)
        if not folded.startswith(word, begin):
            return None
        if RUN.match(word):
            return end
        if begin and _is_in_word(folded[begin - 1]):
            return None
        if is_last and self._begins:
            return _after(_REST, folded, end)
        return None if end < len(folded) and _is_in_word(folded[end]) else end


def _is_in_word(character: str) -> bool:
    return character.isalnum() if character.isascii() else not RUN.match(character)


def _after(pattern: re.Pattern[str], folded: str, place: int) -> int:
    """Where what fits the pattern ends, which may be where it begins."""
    found = pattern.match(folded, place)
    return found.end() if found else place
