"""Worker threads that nobody has to wait for: a hanging call keeps neither caller nor process.

`concurrent.futures` joins its threads when the interpreter ends, so one request without an answer
keeps a process alive until it times out.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Final, Self

from ingenious_storage.runtime import forks

_IDLE: Final = 10.0
"""Seconds after which a thread without work ends."""
_LEFT_BEHIND: Final = 3
"""How many times the pool's threads may be held up by calls that were given up."""


class Pool:
    """Runs calls on at most `threads` threads, beside those that calls given up still hold.

    Thread-safe. A forked child starts with an empty one. Its threads end when there has been no
    work for `idle` seconds; as a context manager, at once behind the block, which waits for none.
    """

    def __init__(self, threads: int, name: str, *, idle: float = _IDLE) -> None:
        self._most, self._name, self._patience = threads, name, idle
        self._begin()
        forks.in_child(self._begin)

    def _begin(self) -> None:
        self._guard, self._is_over = threading.Condition(), False
        self._waiting: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._running: set[Future[Any]] = set()
        self._given_up: set[Future[Any]] = set()
        self._threads = self._idle = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._guard:
            self._is_over = True
            self._guard.notify_all()

    def submit(self, call: Callable[[], Any]) -> Future[Any]:
        """Run `call` in a thread, as soon as one is free."""
        future: Future[Any] = Future()
        with self._guard:
            self._waiting.append((future, call))
            self._see_to_it()
        return future

    def give_up(self, future: Future[Any]) -> bool:
        """Whether it had not begun, and so never will; else another call may run beside it."""
        if future.cancel():
            return True
        with self._guard:
            if future in self._running:
                self._given_up.add(future)
                self._see_to_it()
        return False

    def _see_to_it(self) -> None:
        """Have a thread for what waits; called with the guard."""
        held_up = min(len(self._given_up), _LEFT_BEHIND * self._most)
        if len(self._waiting) <= self._idle:
            self._guard.notify()
        elif self._threads - held_up < self._most:
            self._threads += 1
            threading.Thread(target=self._work, name=self._name, daemon=True).start()

    def _work(self) -> None:
        while (task := self._next()) is not None:
            future, call = task
            try:
                if future.set_running_or_notify_cancel():
                    _run(future, call)
            finally:
                with self._guard:
                    self._running.discard(future)
                    self._given_up.discard(future)
            del task, future, call  # what they hold must not outlive them here

    def _next(self) -> tuple[Future[Any], Callable[[], Any]] | None:
        """Wait for work; None when this thread is not needed any more."""
        with self._guard:
            if self._threads - len(self._given_up) <= self._most:
                self._idle += 1
                self._guard.wait_for(lambda: self._waiting or self._is_over, self._patience)
                self._idle -= 1
                if self._waiting:
                    task = self._waiting.popleft()
                    self._running.add(task[0])
                    return task
            self._threads -= 1
            return None


def _run(future: Future[Any], call: Callable[[], Any]) -> None:
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001  # whoever waits for it raises it
        future.set_exception(error)
    else:
        future.set_result(result)
