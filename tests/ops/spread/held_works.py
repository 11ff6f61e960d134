"""Work that is held after it was done, and before anybody is told: for workers that die there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingenious_ops.bulk.ranges import Range
from ingenious_ops.spread.spreading import Spread
from tests.ops.bulk.works import Gates, gated


@dataclass(frozen=True)
class Held:
    """What is done, and then held at a gate."""

    gates: Gates
    function: Callable[[Any, Range], Any]
    data: Any


def done_and_held(held: Held, range_: Range) -> Any:
    """The result of the work, once the gate is open."""
    result = held.function(held.data, range_)
    gated(held.gates, range_)
    return result


@dataclass(frozen=True)
class HeldSpread(Spread):
    """Holds the second range of each run until the gate is opened once."""

    gates: Gates = field(default_factory=lambda: Gates(Path()))

    def _run(
        self, function: Callable[[Any, Range], Any], task: Any, ranges: Iterable[Range]
    ) -> Iterator[Any]:
        return super()._run(done_and_held, Held(self.gates, function, task), ranges)
