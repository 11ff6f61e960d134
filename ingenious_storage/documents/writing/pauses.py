"""Pauses between the tries of one call, and when it gives up."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from ingenious_storage.runtime import deadlines

_TRIES: Final = 5000
_SHORT: Final = 0.02
"""Seconds. Longer pauses only leave the field to others for longer."""
_TIMES_A_TRY: Final = 16.0
"""But where a try takes long, those of many writers must not fill the store with lost swaps."""
_PATIENCE: Final = 0.1
"""Seconds of waiting that halve the pause: who waits for long is served first."""
_SHARE: Final = 16.0
"""The pause is never shorter than this part of the first."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """Waits with full jitter; tests inject the functions.

    Who uses it reads after the pause, never before: what was read ages while it waits, and a
    swap on top of it is lost to whoever did not wait.
    """

    sleep: Callable[[float], None] = deadlines.sleep
    uniform: Callable[[float, float], float] = random.uniform
    clock: Callable[[], float] = time.monotonic
    deadline: float = 30.0
    """Seconds after which no try is begun."""

    def __iter__(self) -> Iterator[int]:
        """Numbers of the tries, from 0, each but the first after a pause.

        They end with the deadline, or with the caller's own.
        """
        first = began = self.clock()
        for attempt in range(_TRIES):
            if attempt:
                now = self.clock()
                waited = now - first
                if waited >= self.deadline or deadlines.remaining() == 0:
                    return
                longest = max(_SHORT, _TIMES_A_TRY * (now - began))
                self.sleep(self.uniform(0, longest / min(_SHARE, 1 + waited / _PATIENCE)))
                began = self.clock()
            yield attempt
