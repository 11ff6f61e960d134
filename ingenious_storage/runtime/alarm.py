"""Alarm: one thread that calls when a time has come, since nothing else can cut off a request."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Final

from ingenious_storage.runtime import forks


class _Alarm:
    """Its thread begins with its first use, and sleeps until the earliest time."""

    def __init__(self) -> None:
        self._guard, self._sooner = forks.new_lock(), forks.new_event()
        self._start()
        forks.in_child(self._start)

    def _start(self) -> None:
        self._calls: dict[object, tuple[float, Callable[[], None]]] = {}
        self._wakes = math.inf
        self._thread: threading.Thread | None = None

    def add(self, when: float, call: Callable[[], None]) -> object:
        token = object()
        with self._guard:
            self._calls[token] = when, call
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="ingenious-storage-alarm", daemon=True
                )
                self._thread.start()
            if when < self._wakes:
                self._sooner.set()
        return token

    def remove(self, token: object) -> None:
        with self._guard:
            self._calls.pop(token, None)

    def _run(self) -> None:
        while True:
            now = time.monotonic()
            with self._guard:
                self._sooner.clear()
                due = [token for token, (when, _) in self._calls.items() if when <= now]
                calls = [self._calls.pop(token)[1] for token in due]
                self._wakes = min((when for when, _ in self._calls.values()), default=math.inf)
            for call in calls:
                call()
            if not calls:
                self._sooner.wait(None if self._wakes == math.inf else self._wakes - now)


_alarm: Final = _Alarm()


def add(when: float, call: Callable[[], None]) -> object:
    """Call `call` from another thread when `time.monotonic()` reaches `when`; for `remove`."""
    return _alarm.add(when, call)


def remove(token: object) -> None:
    """Do not call any more what `add` gave the token for; also when it was called."""
    _alarm.remove(token)
