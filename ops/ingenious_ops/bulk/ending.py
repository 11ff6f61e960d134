"""The end that a run is asked for: nothing more begins, and what runs has a moment to end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

TICK: Final = 0.1
"""Seconds between two looks at whether it was asked for."""
PATIENCE: Final = 1.0
"""Seconds that what runs has to end in by itself."""


class Ending:
    """Looks at `stopped`, and remembers when it first said so."""

    def __init__(self, stopped: Callable[[], bool]) -> None:
        self._stopped = stopped
        self._asked: float | None = None

    def is_asked(self) -> bool:
        """Whether nothing more may begin."""
        if self._asked is None and self._stopped():
            self._asked = time.monotonic()
        return self._asked is not None

    def is_over(self) -> bool:
        """Whether nobody waits any longer for what runs."""
        return self._asked is not None and time.monotonic() - self._asked > PATIENCE
