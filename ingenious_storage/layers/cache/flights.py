"""Flights: of many who ask for one blob at the same time, one asks the store."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ingenious_storage.errors import NotFoundError, StorageError
from ingenious_storage.runtime import deadlines, forks

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Flight(Generic[T]):
    mark: int
    gate: threading.Lock = field(default_factory=forks.new_lock)
    result: T | None = None
    error: StorageError | None = None
    successor: _Flight[T] | None = None
    """What began after its end: shared by all who had come too late for this one."""


class Flights(Generic[T]):
    """Requests that are under way, by key. Thread-safe, and none in a forked child."""

    def __init__(self) -> None:
        self._lock = forks.new_lock()
        self._begin()
        forks.in_child(self._begin)

    def _begin(self) -> None:
        self._running: dict[str, _Flight[T]] = {}

    def join(self, key: str, ask: Callable[[], T], *, mark: int, running: bool) -> tuple[T, bool]:
        """What `ask` gives, or gave to another caller; and whether it was this call's own.

        Args:
            mark: another one since this process has written the blob.
            running: an answer to a request that began before this call, at the same mark, is good
                enough; else one that began later: what was written before this call is seen.

        Raises: what `ask` raises; OperationTimeoutError when the caller's deadline passes.
        """
        behind: _Flight[T] | None = None
        while True:
            flight, leads = self._enter(key, mark, behind)
            if leads:
                return self._lead(key, flight, ask), True
            if not deadlines.acquire(flight.gate):
                deadlines.check("get", key)
                continue
            flight.gate.release()
            if behind is not None or (running and flight.mark == mark):
                if flight.error is not None:
                    raise copy.copy(flight.error)
                if flight.result is not None:
                    return flight.result, False
            behind = flight

    def _enter(self, key: str, mark: int, behind: _Flight[T] | None) -> tuple[_Flight[T], bool]:
        """A flight that is under way, the one after `behind`, or a new one: led by this caller."""
        with self._lock:
            flight = behind.successor if behind else None
            flight = flight or self._running.get(key)
            leads = flight is None
            if flight is None:
                flight = self._running[key] = _Flight[T](mark)
                flight.gate.acquire()
            if behind is not None:
                behind.successor = flight
            return flight, leads

    def _lead(self, key: str, flight: _Flight[T], ask: Callable[[], T]) -> T:
        try:
            result = flight.result = ask()
        except StorageError as error:
            # That this caller's own time is over says nothing to the others.
            if isinstance(error, NotFoundError) or deadlines.remaining() != 0:
                flight.error = copy.copy(error)
            raise
        else:
            return result
        finally:
            with self._lock:
                if self._running.get(key) is flight:  # a fork inside has emptied it
                    del self._running[key]
            flight.gate.release()
