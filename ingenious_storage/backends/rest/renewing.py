"""Renewing values: what expires (a token, a temporary key), shared by the threads of a process."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from ingenious_storage.errors import StorageError
from ingenious_storage.runtime import deadlines, forks
from ingenious_storage.runtime.unpickled import Unpickled

T = TypeVar("T")
AHEAD: Final = 300.0
"""Seconds before the end from which one thread asks for the next value, while the others go on."""
_LAST: Final = 10.0
"""Seconds before the end from which a value is not used any more: a request takes its time."""
_AGAIN: Final = 30.0
"""Seconds until the next try, when asking failed and the value still holds."""


@dataclass(frozen=True, slots=True)
class Lent(Generic[T]):
    """A value and when it ends, in seconds since the epoch; `math.inf` for never."""

    value: T
    ends: float = math.inf


class Renewing(Unpickled, Generic[T]):
    """The value that all threads share. One of them asks for the next, ahead of its end.

    A forked child asks anew. Making one does no I/O.

    Args:
        ask: gives a new value; it may take its time. Raises: StorageError.
        clock: seconds since the epoch.
    """

    def __init__(
        self, ask: Callable[[], Lent[T]], *, clock: Callable[[], float] = time.time
    ) -> None:
        self._ask, self._clock = ask, clock
        self._lock = forks.new_lock()
        self._forget()
        forks.in_child(self._forget)

    def _forget(self) -> None:
        self._held: Lent[T] | None = None
        self._renew_at = 0.0

    @property
    def ends(self) -> float:
        """When the value that is held ends, in seconds since the epoch; `math.inf` for never."""
        held = self._held
        return math.inf if held is None else held.ends

    def get(self) -> T:
        """The value, which holds. Raises: StorageError, OperationTimeoutError."""
        held = self._held
        now = self._clock()
        if held is not None and now < self._renew_at:
            return held.value
        if held is None or now >= held.ends - _LAST:
            return self._wait(held)
        if self._lock.acquire(blocking=False):
            try:
                return self._next(held).value
            except StorageError:
                self._renew_at = now + _AGAIN  # it holds for a while
            finally:
                self._lock.release()
        return held.value

    def replace(self, refused: T) -> T:
        """Another value than `refused`, which the service does not take: asked for at once, unless
        another thread has done so.
        """
        held = self._held
        if held is not None and held.value is not refused:
            return self.get()
        return self._wait(held)

    def _wait(self, held: Lent[T] | None) -> T:
        if not deadlines.acquire(self._lock):
            deadlines.check("sign in")
        try:
            return self._next(held).value
        finally:
            self._lock.release()

    def _next(self, held: Lent[T] | None) -> Lent[T]:
        """Called with the lock; another thread may have been faster."""
        if self._held is not held and self._held is not None:
            return self._held
        fresh = self._ask()
        left = fresh.ends - self._clock()
        # Of what lives for minutes only, half is used before.
        self._renew_at = self._clock() + max(left - AHEAD, left / 2)
        self._held = fresh
        return fresh
