"""Differences between revisions, line by line, for people; in bounded time.

Matching lines takes up to the product of both texts, so there is an effort for all texts that are
compared together. When it is used up, what lies between the first and the last difference of a text
is shown as removed and added whole: longer than it had to be, and still true.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import takewhile
from typing import Final

import orjson

from ingenious_storage.jsondata import Json

EFFORT: Final = 100_000_000
"""Of one call: some seconds in the worst case. Two texts of 1,000 lines with no line twice cost
3,000,000."""
_AROUND: Final = 3
"""Equal lines that are shown around a difference."""

Opcode = tuple[str, int, int, int, int]
"""As `difflib` has them: "equal", "replace", "delete" or "insert", from where to where, in both."""


class Differ:
    """Compares texts within one effort."""

    def __init__(self, effort: int = EFFORT) -> None:
        self._left = effort

    def groups(self, old: Sequence[str], new: Sequence[str]) -> Iterator[list[Opcode]]:
        """What differs, in groups, each with the equal lines around it; none when nothing does."""
        cost = _cost(old, new)
        if cost > self._left:
            yield from _whole(old, new)
            return
        self._left -= cost
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        yield from matcher.get_grouped_opcodes(_AROUND)

    def unified(self, old: str, new: str, *, old_name: str, new_name: str) -> str:
        """A unified diff, "" when both are equal; lines end in a newline."""
        before, after = old.splitlines(), new.splitlines()
        lines = list[str]()
        for group in self.groups(before, after):
            if not lines:
                lines += [f"--- {old_name}", f"+++ {new_name}"]
            first, last = group[0], group[-1]
            lines.append(f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@")
            for tag, start, end, new_start, new_end in group:
                if tag == "equal":
                    lines += [f" {line}" for line in before[start:end]]
                    continue
                lines += [f"-{line}" for line in before[start:end]]
                lines += [f"+{line}" for line in after[new_start:new_end]]
        return "".join(f"{line}\n" for line in lines)


def json_diff(old: Json, new: Json, *, old_name: str, new_name: str) -> str:
    """A unified diff of both values, indented."""
    return Differ().unified(_pretty(old), _pretty(new), old_name=old_name, new_name=new_name)


def _cost(old: Sequence[str], new: Sequence[str]) -> int:
    """Of matching: each line with all that are equal to it, once for each part that is equal."""
    here, there = Counter(old), Counter(new)
    pairs = sum(count * there[line] for line, count in here.items())
    return (pairs + len(old) + len(new)) * min(len(old), len(new))


def _whole(old: Sequence[str], new: Sequence[str]) -> Iterator[list[Opcode]]:
    """One group, from the first difference to the last."""
    start = _equal(old, new)
    longest = min(len(old), len(new)) - start
    tail = _equal(old[::-1][:longest], new[::-1][:longest])
    end, new_end = len(old) - tail, len(new) - tail
    if start == end and start == new_end:
        return
    before, after = max(0, start - _AROUND), min(_AROUND, tail)
    yield [
        ("equal", before, start, before, start),
        ("replace", start, end, start, new_end),
        ("equal", end, end + after, new_end, new_end + after),
    ]


def _equal(old: Sequence[str], new: Sequence[str]) -> int:
    pairs = zip(old, new, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _range(start: int, end: int) -> str:
    """As unified diffs write it: the first line and how many; of none, the line before."""
    length = end - start
    if length == 1:
        return f"{start + 1}"
    return f"{start + 1 if length else start},{length}"


def _pretty(value: Json) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
