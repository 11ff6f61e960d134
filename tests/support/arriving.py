"""Arrivals: threads that have come to a lock which another one holds, and can only wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Self
from unittest import mock

from ingenious_storage.runtime import deadlines
from tests.support.polling import eventually


class Arrivals(AbstractContextManager["Arrivals"]):
    """Inside the block, counts who asks for a lock by `deadlines.acquire`: who is counted has
    nothing left to do before it waits."""

    def __init__(self) -> None:
        self._acquire = deadlines.acquire
        self._locks: list[threading.Lock] = []
        self._patch = mock.patch.object(deadlines, "acquire", self._counted)

    def __enter__(self) -> Self:
        self._patch.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._patch.stop()

    def _counted(self, lock: threading.Lock, *seconds: float) -> bool:
        self._locks.append(lock)
        return self._acquire(lock, *seconds)

    def count(self, lock: threading.Lock | None = None) -> int:
        """How many have come to `lock`; None: to any."""
        return sum(lock is None or each is lock for each in self._locks)

    def wait(self, count: int, lock: threading.Lock | None = None) -> None:
        """Until so many have come."""
        eventually(lambda: self.count(lock) >= count, pause=0.001)

    def waiting(self, count: int) -> Callable[[], None]:
        """`wait`, as the hook of a fault: a request that does not go on before."""
        return partial(self.wait, count)
