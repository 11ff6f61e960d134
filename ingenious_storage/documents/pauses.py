"""Pauses between the tries of one call, and when it gives up."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

_TRIES: Final = 1000
_FIRST, _LONGEST = 0.005, 0.02
"""Seconds. A longer pause would only wait behind the others: measured, see docs/benchmarks.md."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """Waits with full jitter; tests inject the functions.

    Who uses it reads after the pause, never before: what was read ages while it waits, and a
    swap on top of it is lost to whoever did not wait.
    """

    sleep: Callable[[float], None] = time.sleep
    uniform: Callable[[float, float], float] = random.uniform
    clock: Callable[[], float] = time.monotonic
    deadline: float = 30.0
    """Seconds after which no try is begun."""

    def __iter__(self) -> Iterator[int]:
        """Numbers of the tries, from 0, each but the first after a pause."""
        end = self.clock() + self.deadline
        for attempt in range(_TRIES):
            if attempt:
                if self.clock() >= end:
                    return
                self.sleep(self.uniform(0, min(_LONGEST, _FIRST * 2.0**attempt)))
            yield attempt
