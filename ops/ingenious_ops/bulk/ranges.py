"""Ranges: a long list of items in the order of their keys, cut by number and by size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

T = TypeVar("T")
MAX_COUNT: Final = 500
"""Items of a range: what a worker's death may have to be looked at again."""
MAX_BYTES: Final = 64 * 1024 * 1024
"""Bytes of a range that holds more than one item."""


@dataclass(frozen=True, slots=True)
class Range:
    """Consecutive keys, and what the work has to know of each."""

    number: int
    """From 0, in the order of the keys: what it is called in this run."""
    first: str
    last: str
    count: int
    bytes: int
    items: tuple[Any, ...] = ()
    """Plain data, one for each key: they travel, so names and properties, and no contents."""

    def __str__(self) -> str:
        return f"range {self.number} ({self.first!a} to {self.last!a}, {self.count} keys)"


def split(
    items: Iterable[T],
    key: Callable[[T], str],
    size: Callable[[T], int],
    *,
    max_count: int = MAX_COUNT,
    max_bytes: int = MAX_BYTES,
) -> Iterator[Range]:
    """Ranges of `items`, which come in the order of their keys; made as they are asked for.

    Args:
        size: bytes of one item. One that alone has more than `max_bytes` is a range of its own.
    """
    number, held, total = 0, list[T](), 0
    for item in items:
        if held and (len(held) == max_count or total + size(item) > max_bytes):
            yield _range(number, held, key, total)
            number, held, total = number + 1, [], 0
        held.append(item)
        total += size(item)
    if held:
        yield _range(number, held, key, total)


def _range(number: int, held: list[T], key: Callable[[T], str], total: int) -> Range:
    return Range(number, key(held[0]), key(held[-1]), len(held), total, tuple(held))
