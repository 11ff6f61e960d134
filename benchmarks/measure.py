"""Timing on a machine that does other things too: all ways take turns, and ratios are by round."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from time import perf_counter, process_time

Way = Callable[[int], object]
"""One operation; its argument says which of the items to work on."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """How ours compares with a peer: the median of the rounds, and the quartiles beside it."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds of one operation, one value a round, by the name of the way."""

    wall: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, *, wall: float, cpu: float) -> None:
        self.wall.setdefault(name, []).append(wall)
        self.cpu.setdefault(name, []).append(cpu)


@dataclass(slots=True)
class Clock:
    """Wall time, and CPU time of all threads of this process."""

    wall: float = 0.0
    cpu: float = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        cpu, wall = process_time(), perf_counter()
        yield
        self.wall += perf_counter() - wall
        self.cpu += process_time() - cpu


def interleave(
    ways: Mapping[str, Way], *, rounds: int, operations: int, turn: int, threads: int = 1
) -> Timings:
    """Run every way `operations` times a round, `turn` operations at a time, one after another.

    The order is another in every turn, so that nobody always runs in the wake of the same other.
    Before the first round each way runs once through all items. Of several threads each does its
    share of a turn.
    """
    timings, order, random = Timings(), list(ways), Random(20)
    with fair_collector(), _crowd(threads) as run:
        for way in ways.values():
            run(way, range(operations))
        for _ in range(rounds):
            clocks = {name: Clock() for name in ways}
            for start in range(0, operations, turn):
                random.shuffle(order)
                for name in order:
                    with clocks[name].running():
                        run(ways[name], range(start, start + turn))
            for name, clock in clocks.items():
                timings.add(name, wall=clock.wall / operations, cpu=clock.cpu / operations)
    return timings


@contextmanager
def _crowd(threads: int) -> Iterator[Callable[[Way, range], None]]:
    """What runs a way on many items; with several threads, the same ones every time."""

    def alone(way: Way, items: range) -> None:
        for item in items:
            way(item)

    if threads == 1:
        yield alone
        return
    with ThreadPoolExecutor(threads) as pool:

        def shared(way: Way, items: range) -> None:
            parts = [pool.submit(alone, way, items[n::threads]) for n in range(threads)]
            for part in parts:
                part.result()

        yield shared


@contextmanager
def fair_collector() -> Iterator[None]:
    """Garbage is collected as usual, but not what lived before: that is nobody's cost here."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def ratio(ours: list[float], peer: list[float]) -> Ratio:
    """Round by round, so that what slows the machine for a while slows both."""
    low, median, high = statistics.quantiles(
        [a / b for a, b in zip(ours, peer, strict=True)], n=4, method="inclusive"
    )
    return Ratio(median, low, high)
