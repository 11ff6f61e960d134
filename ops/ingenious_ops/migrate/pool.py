"""Work on many items at once: bounded in threads and in memory, and stopped without a loss."""

from __future__ import annotations

import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, Generic, TypeVar

from ingenious_ops.migrate.ends.base import Item
from ingenious_ops.migrate.heap import share_heap
from ingenious_storage.runtime import deadlines

R = TypeVar("R")
LARGE: Final = 1024 * 1024
"""Bytes from which few threads take an item: what is under way is what bounds the memory of the
process."""
LARGE_AT_ONCE: Final = 3
_TICK: Final = 0.1
"""Seconds between two looks at what the workers have done."""
_PATIENCE: Final = 1.0
"""Seconds that what has begun has to end by itself, once it was asked to stop."""
_LAST_WORD: Final = 0.5
"""Seconds that it has when it was cut off; who hangs then is left alone."""


class CutOffError(Exception):
    """A worker's item was cut off by the stop: as if it had not begun."""


def refuse_if_cut_off() -> None:
    """Raises: CutOffError for a failure that is the stop's own doing."""
    if deadlines.remaining() == 0:
        raise CutOffError


class Stop:
    """Asked to begin nothing more; what has begun ends, or is cut off when that takes long."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self.signal: int | None = None
        self.is_waited_for = False
        """A pool looks at it: else who asks is not heard before the next item."""

    def __bool__(self) -> bool:
        return self._asked.is_set()

    def ask(self) -> None:
        """Ask for the end: what has begun is finished, and nothing new begins."""
        self._asked.set()


@contextmanager
def stopped_by_signals(stop: Stop, tell: Callable[[], None]) -> Iterator[None]:
    """SIGINT and SIGTERM ask a pool to stop and call `tell`; a second one ends the block at once,
    and so does the first where no pool is at work.

    Only where they can be had: in the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, _frame: FrameType | None) -> None:
        if stop or not stop.is_waited_for:
            raise KeyboardInterrupt
        stop.signal = number
        stop.ask()
        tell()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Pool(Generic[R]):
    """Runs `work` on items. Its threads are daemons: an impatient user waits for none of them."""

    def __init__(self, work: Callable[[Item], R], *, workers: int, stop: Stop) -> None:
        self._work, self._workers, self._stop = work, workers, stop
        self._small: Iterator[Item] = iter(())
        self._large: Iterator[Item] = iter(())
        self._next = threading.Lock()
        self._results: deque[R] = deque()
        self._failure: BaseException | None = None

    def run(self, items: Sequence[Item], seen: Callable[[Sequence[R]], Any]) -> None:
        """Give the results to `seen`, in this thread, as they come; also none, to tell the time.

        Raises what `work` raises, after what has begun; CutOffError leaves out its item.
        """
        with deadlines.nested() as scope:
            self._stop.is_waited_for = True
            try:
                self._run(items, seen, scope)
            finally:
                self._stop.is_waited_for = False
        if self._failure is not None:
            raise self._failure

    def _run(
        self, items: Sequence[Item], seen: Callable[[Sequence[R]], Any], scope: deadlines.Scope
    ) -> None:
        share_heap()
        threads = self._start(items, scope)
        asked: float | None = None
        while alive := [thread for thread in threads if thread.is_alive()]:
            alive[0].join(_TICK)
            seen(self._drain())
            if asked is None and self._stop.signal is not None:
                asked = time.monotonic()
            late = 0.0 if asked is None else time.monotonic() - asked
            if late > _PATIENCE:
                scope.expire()
            if late > _PATIENCE + _LAST_WORD:
                break
        seen(self._drain())

    def _start(self, items: Sequence[Item], scope: deadlines.Scope) -> list[threading.Thread]:
        self._small = (item for item in items if item.size < LARGE)
        self._large = (item for item in items if item.size >= LARGE)
        threads = [
            threading.Thread(
                target=scope.context().run,
                args=(self._worker, number < LARGE_AT_ONCE),
                name="migrate",
                daemon=True,
            )
            for number in range(min(self._workers, len(items)))
        ]
        for thread in threads:
            thread.start()
        return threads

    def _drain(self) -> list[R]:
        return [self._results.popleft() for _ in range(len(self._results))]

    def _worker(self, takes_large: bool) -> None:  # noqa: FBT001  # as a thread is given it
        try:
            if takes_large:
                while (item := self._take(self._large)) is not None:
                    self._results.append(self._work(item))
            while (item := self._take(self._small)) is not None:
                self._results.append(self._work(item))
        except CutOffError:
            return
        except BaseException as error:  # noqa: BLE001  # it is raised in the thread that waits
            self._failure = error
            self._stop.ask()

    def _take(self, items: Iterator[Item]) -> Item | None:
        with self._next:
            return None if self._stop else next(items, None)
