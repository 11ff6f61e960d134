"""Watch: what processes hold, looked at each second, and whether it stays the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

_EVERY: Final = 1.0
"""Seconds."""


class Held(NamedTuple):
    """What a process holds."""

    bytes: int
    """Its resident set."""
    descriptors: int


class Grown(NamedTuple):
    """The median of the last third of what was seen, less that of the first."""

    bytes: float
    descriptors: float


def held(pid: int) -> Held:
    """Now (Linux)."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    size = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))
    return Held(size, sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()))


@contextmanager
def watching(pids: Mapping[str, int]) -> Iterator[dict[str, list[Held]]]:
    """What each of the processes held, while the block runs; they have to outlive it."""
    seen: dict[str, list[Held]] = {name: [] for name in pids}
    over = threading.Event()

    def look() -> None:
        while not over.wait(_EVERY):
            for name, pid in pids.items():
                seen[name].append(held(pid))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def grown(seen: Sequence[Held]) -> Grown:
    """Medians of thirds: a fault or a collection of garbage in between moves them little."""
    third = len(seen) // 3
    first, last = seen[:third], seen[-third:]
    return Grown(
        median(each.bytes for each in last) - median(each.bytes for each in first),
        median(each.descriptors for each in last) - median(each.descriptors for each in first),
    )
