"""Comparisons: two texts line by line beside each other, with the words that differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Final, Literal

MOST_LINES: Final = 3_000
"""Of each side, once what is alike at both ends is left out: matching takes their product."""
MOST_ROWS: Final = 4_000
"""That a browser shows without effort."""
_MOST_WORDS: Final = 400
_ALIKE: Final = 0.35
"""Below it two lines are other lines, and marking words would only be noise."""
_CJK: Final = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORDS: Final = re.compile(rf"[{_CJK}]|[^\W{_CJK}]+|\s+|.", re.DOTALL)

Pieces = tuple[tuple[str, bool], ...]
"""The text of a line in pieces, each with whether it differs."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of one side."""

    number: int
    pieces: Pieces


@dataclass(frozen=True, slots=True)
class Row:
    """Two lines beside each other, one of them None where only one side has it; or a fold."""

    kind: Literal["same", "changed", "fold"]
    old: Line | None = None
    new: Line | None = None
    hidden: int = 0
    """Of a fold: how many equal lines are left out."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two texts."""

    rows: tuple[Row, ...]
    added: int
    removed: int
    left_out: int
    """Rows beyond what a page shows."""

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not self.added and not self.removed


def compare(old: str, new: str, *, context: int | None = 3) -> Comparison:
    """Both texts side by side.

    Args:
        context: equal lines around what differs; None for all.
    """
    a, b = old.split("\n"), new.split("\n")  # a carriage return is a difference too
    rows = [row for block in _blocks(a, b) for row in _rows(a, b, block)]
    added = sum(row.kind == "changed" and row.new is not None for row in rows)
    removed = sum(row.kind == "changed" and row.old is not None for row in rows)
    if context is not None:
        rows = list(_folded(rows, context))
    return Comparison(tuple(rows[:MOST_ROWS]), added, removed, max(0, len(rows) - MOST_ROWS))


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines from `i` to `j` of one side, and from `k` to `m` of the other."""

    i: int
    j: int
    k: int
    m: int
    equal: bool


def _blocks(a: Sequence[str], b: Sequence[str]) -> Iterator[_Block]:
    begin = _alike(a, b)
    end = _alike(a[begin:][::-1], b[begin:][::-1])
    a_end, b_end = len(a) - end, len(b) - end
    yield _Block(0, begin, 0, begin, equal=True)
    if max(a_end - begin, b_end - begin) > MOST_LINES:
        yield _Block(begin, a_end, begin, b_end, equal=False)
    else:
        matcher = SequenceMatcher(None, a[begin:a_end], b[begin:b_end])
        for tag, i, j, k, m in matcher.get_opcodes():
            yield _Block(begin + i, begin + j, begin + k, begin + m, equal=tag == "equal")
    yield _Block(a_end, len(a), b_end, len(b), equal=True)


def _alike(a: Sequence[str], b: Sequence[str]) -> int:
    """How many lines are the same at the beginning."""
    pairs = enumerate(zip(a, b, strict=False))
    return next((at for at, (x, y) in pairs if x != y), min(len(a), len(b)))


def _rows(a: Sequence[str], b: Sequence[str], at: _Block) -> Iterator[Row]:
    old_lines, new_lines = a[at.i : at.j], b[at.k : at.m]
    for offset, (old, new) in enumerate(zip_longest(old_lines, new_lines)):
        old_pieces, new_pieces = _words(old, new)
        yield Row(
            "same" if at.equal else "changed",
            None if old is None else Line(at.i + offset + 1, old_pieces),
            None if new is None else Line(at.k + offset + 1, new_pieces),
        )


def _words(old: str | None, new: str | None) -> tuple[Pieces, Pieces]:
    if old is None or new is None or old == new:
        return ((old or "", False),), ((new or "", False),)
    a, b = _WORDS.findall(old), _WORDS.findall(new)
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    if max(len(a), len(b)) > _MOST_WORDS or matcher.ratio() < _ALIKE:
        return ((old, False),), ((new, False),)
    codes = matcher.get_opcodes()
    return (
        tuple(("".join(a[i:j]), tag != "equal") for tag, i, j, _, _ in codes if j > i),
        tuple(("".join(b[k:m]), tag != "equal") for tag, _, _, k, m in codes if m > k),
    )


def _folded(rows: Sequence[Row], context: int) -> Iterator[Row]:
    """Without the equal rows that are farther than `context` from any change."""
    near = set[int]()
    for at, row in enumerate(rows):
        if row.kind == "changed":
            near.update(range(at - context, at + context + 1))
    hidden = 0
    for at, row in enumerate(rows):
        if at not in near:
            hidden += 1
            continue
        if hidden:
            yield Row("fold", hidden=hidden)
            hidden = 0
        yield row
    if hidden:
        yield Row("fold", hidden=hidden)
