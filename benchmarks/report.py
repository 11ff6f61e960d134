"""Sections of docs/benchmarks.md, and how numbers look in them."""

from __future__ import annotations

import statistics
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.measure import ratio


@dataclass(frozen=True, slots=True)
class Table:
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __str__(self) -> str:
        lines = [self.header, ["---"] * len(self.header), *self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


@dataclass(frozen=True, slots=True)
class Section:
    """One benchmark: what was measured, the numbers, and what bounds them."""

    title: str
    method: str
    table: Table
    bound: str

    def __str__(self) -> str:
        parts = (f"## {self.title}", paragraph(self.method), self.table, paragraph(self.bound))
        return "\n\n".join(map(str, parts)) + "\n"


def paragraph(text: str) -> str:
    return textwrap.fill(text, 100, break_on_hyphens=False, break_long_words=False)


COMPARED = ("", "ours", "peer", "the peer's", "ratio (quartiles)", "target", "met")


def compared(
    what: str, ours: list[float], name: str, peer: list[float], *, target: float | None = None
) -> tuple[str, ...]:
    """A row under `COMPARED`: medians, and the median of the rounds' own ratios."""
    found = ratio(ours, peer)
    verdict = ("", "") if target is None else (f"{target:g}", verdict_of(found.median, target))
    return (what, time(ours), name, time(peer), str(found), *verdict)


def verdict_of(found: float, target: float) -> str:
    """Whether a target was met, for a table."""
    return "yes" if found <= target else "**no**"


def time(seconds: list[float]) -> str:
    median = statistics.median(seconds)
    return f"{median:.2f} s" if median >= 1 else f"{median * 1000:.3g} ms"
