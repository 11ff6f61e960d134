"""Merge: one text of what two people made of the same one, line by line, as diff3 does it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Final, NamedTuple

MINE: Final = "<<<<<<< yours\n"
_MIDDLE: Final = "=======\n"
THEIRS: Final = ">>>>>>> theirs\n"
_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True)
class Merge:
    """Both changes in one text."""

    text: str
    conflicts: int
    """Places that both changed, each in its own way: there the text has both, between marks."""


class _Sync(NamedTuple):
    """Lines that all three texts have: where they begin in each, and how many."""

    base: int
    mine: int
    theirs: int
    size: int


def merge(base: str, mine: str, theirs: str) -> Merge:
    """What both made of `base`."""
    old, left, right = (_LINES.findall(text) for text in (base, mine, theirs))
    text, conflicts = "", 0
    for before, after in pairwise(_syncs(old, left, right)):
        chosen = _choose(
            "".join(old[before.base + before.size : after.base]),
            "".join(left[before.mine + before.size : after.mine]),
            "".join(right[before.theirs + before.size : after.theirs]),
        )
        conflicts += chosen.conflicts
        text = _on_a_line(text) if chosen.conflicts else text
        text += chosen.text + "".join(old[after.base : after.base + after.size])
    return Merge(text, conflicts)


def has_marks(text: str) -> bool:
    """Whether somebody left a conflict as `merge` wrote it."""
    return any(mark in text.replace("\r\n", "\n") for mark in (MINE, THEIRS))


def _choose(base: str, mine: str, theirs: str) -> Merge:
    if theirs in (base, mine):
        return Merge(mine, 0)
    if mine == base:
        return Merge(theirs, 0)
    both = f"{MINE}{_on_a_line(mine)}{_MIDDLE}{_on_a_line(theirs)}{THEIRS}"
    return Merge(both, 1)


def _on_a_line(text: str) -> str:
    return text if text.endswith("\n") or not text else f"{text}\n"


def _syncs(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> Iterator[_Sync]:
    """What all three share, in order; first and last an empty one at the begin and the end."""
    yield _Sync(0, 0, 0, 0)
    yield from _shared(
        SequenceMatcher(None, base, mine).get_matching_blocks()[:-1],
        SequenceMatcher(None, base, theirs).get_matching_blocks()[:-1],
    )
    yield _Sync(len(base), len(mine), len(theirs), 0)


def _shared(mine: Sequence[Sequence[int]], theirs: Sequence[Sequence[int]]) -> Iterator[_Sync]:
    left = right = 0
    while left < len(mine) and right < len(theirs):
        (base_m, at_m, size_m), (base_t, at_t, size_t) = mine[left], theirs[right]
        begin, end = max(base_m, base_t), min(base_m + size_m, base_t + size_t)
        if begin < end:
            yield _Sync(begin, at_m + begin - base_m, at_t + begin - base_t, end - begin)
        if base_m + size_m < base_t + size_t:
            left += 1
        else:
            right += 1
