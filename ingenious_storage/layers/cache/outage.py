"""Outage: while a store is down it is asked once a second, whatever the number of readers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ingenious_storage.runtime import forks

_PAUSE: Final = 1.0
"""Seconds from one question to the next."""


class Outage:
    """Whether the store is down, as reads have found. Thread-safe."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._lock = clock, forks.new_lock()
        self._asks_next: float | None = None
        """When somebody may ask again; None while the store answers."""

    def may_ask(self) -> bool:
        """Whether the store is to be asked; in an outage that gives the turn to this caller."""
        if self._asks_next is None:
            return True
        with self._lock:
            now = self._clock()
            if self._asks_next is not None and now < self._asks_next:
                return False
            self._asks_next = now + _PAUSE
            return True

    def goes_on(self) -> None:
        """A request failed."""
        with self._lock:
            self._asks_next = self._clock() + _PAUSE

    def is_over(self) -> None:
        """The store has answered."""
        if self._asks_next is not None:
            with self._lock:
                self._asks_next = None
