"""Comparisons: two texts line by line beside each other, with the words that differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice, zip_longest
from typing import Final, Literal

MOST_LINES: Final = 3_000
"""Of each side, once what is alike at both ends is left out: matching takes their product."""
MOST_ROWS: Final = 4_000
"""That a browser shows without effort."""
_MOST_WORDS: Final = 200
_MOST_CHARACTERS: Final = 4_000
"""Of a line whose words are looked at."""
_EFFORT: Final = 400_000
"""Of one comparison: the products of the words of lines that are looked into, added up."""
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
    blocks = _joined(_blocks(a, b))
    changed = [block for block in blocks if not block.equal]
    rows = tuple(islice(_rows(a, b, blocks, context), MOST_ROWS))
    return Comparison(
        rows,
        added=sum(block.m - block.k for block in changed),
        removed=sum(block.j - block.i for block in changed),
        left_out=sum(_height(blocks, at, context) for at in range(len(blocks))) - len(rows),
    )


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


def _joined(blocks: Iterable[_Block]) -> list[_Block]:
    """None of them empty, and no two equal ones behind each other."""
    found = list[_Block]()
    for block in blocks:
        if block.i == block.j and block.k == block.m:
            continue
        if found and found[-1].equal and block.equal:
            before = found.pop()
            block = _Block(before.i, block.j, before.k, block.m, equal=True)  # noqa: PLW2901
        found.append(block)
    return found


def _ends(blocks: Sequence[_Block], at: int, context: int | None) -> tuple[int, int]:
    """How many lines of an equal block are shown at its beginning, and at its end."""
    count = blocks[at].j - blocks[at].i
    if context is None:
        return count, 0
    return (0 if at == 0 else context), (0 if at == len(blocks) - 1 else context)


def _height(blocks: Sequence[_Block], at: int, context: int | None) -> int:
    """Rows of a block, with its fold."""
    block = blocks[at]
    count = max(block.j - block.i, block.m - block.k)
    if not block.equal:
        return count
    shown = sum(_ends(blocks, at, context))
    return count if count <= shown else shown + 1


def _rows(
    a: Sequence[str], b: Sequence[str], blocks: Sequence[_Block], context: int | None
) -> Iterator[Row]:
    words = _Words()
    for at, block in enumerate(blocks):
        if block.equal:
            yield from _equal(a, block, *_ends(blocks, at, context))
        else:
            yield from _changed(a[block.i : block.j], b[block.k : block.m], block, words)


def _equal(a: Sequence[str], block: _Block, begin: int, end: int) -> Iterator[Row]:
    """The first `begin` and the last `end` lines, with a fold between them."""
    count = block.j - block.i
    shown = [*range(min(begin, count)), *range(max(begin, count - end), count)]
    hidden, before = count - len(shown), min(begin, count)
    for offset in shown:
        if hidden and offset >= before:
            yield Row("fold", hidden=hidden)
            hidden = 0
        text: Pieces = ((a[block.i + offset], False),)
        yield Row("same", Line(block.i + offset + 1, text), Line(block.k + offset + 1, text))
    if hidden:
        yield Row("fold", hidden=hidden)


def _changed(
    old_lines: Sequence[str], new_lines: Sequence[str], block: _Block, words: _Words
) -> Iterator[Row]:
    for offset, (old, new) in enumerate(zip_longest(old_lines, new_lines)):
        pieces = words.marked(old, new)
        yield Row(
            "changed",
            None if old is None else Line(block.i + offset + 1, pieces[0]),
            None if new is None else Line(block.k + offset + 1, pieces[1]),
        )


def _whole(old: str | None, new: str | None) -> tuple[Pieces, Pieces]:
    return ((old or "", False),), ((new or "", False),)


class _Words:
    """Marks the words that differ, as long as the effort is bearable: it grows with a product."""

    def __init__(self) -> None:
        self._left = _EFFORT

    def marked(self, old: str | None, new: str | None) -> tuple[Pieces, Pieces]:
        """Two lines that differ, in pieces."""
        if old is None or new is None or max(len(old), len(new)) > _MOST_CHARACTERS:
            return _whole(old, new)
        a, b = _WORDS.findall(old), _WORDS.findall(new)
        cost = len(a) * len(b)
        if max(len(a), len(b)) > _MOST_WORDS or cost > self._left:
            return _whole(old, new)
        self._left -= cost
        matcher = SequenceMatcher(None, a, b, autojunk=False)
        if matcher.ratio() < _ALIKE:
            return _whole(old, new)
        codes = matcher.get_opcodes()
        return (
            tuple(("".join(a[i:j]), tag != "equal") for tag, i, j, _, _ in codes if j > i),
            tuple(("".join(b[k:m]), tag != "equal") for tag, _, _, k, m in codes if m > k),
        )
