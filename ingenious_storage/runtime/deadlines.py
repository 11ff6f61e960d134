"""Deadlines: times, given by a caller, by which everything inside a block has to be over.

What waits (a request, a pause between two tries, a lock) asks here how long it may. The time
travels in a context variable, so it reaches all that runs inside the block.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import Context, ContextVar, copy_context
from typing import Final

from ingenious_storage.errors import ConfigurationError, OperationTimeoutError, StorageError
from ingenious_storage.runtime import alarm, forks

HINT: Final = "Allow more time: `with ingenious_storage.deadline(seconds)`; or look at the store."
_POLL: Final = 0.02
"""Seconds between two tries for a lock: nobody can be woken up from waiting for one."""


class Scope:
    """One block and its time. Thread-safe."""

    def __init__(self, seconds: float | None, parent: Scope | None) -> None:
        self.seconds = seconds
        self.ends = math.inf if seconds is None else time.monotonic() + seconds
        """By `time.monotonic`. The earlier wins: that of a block around this one, or its own."""
        if parent is not None and parent.ends <= self.ends:
            self.seconds, self.ends = parent.seconds, parent.ends
        self._given_up, self._guard = False, forks.new_lock()
        self._waker: threading.Event | None = None
        """Made for the first who waits: it costs more than all the rest, and few do."""
        self._interrupts: set[Callable[[], None]] = set()

    @property
    def passed(self) -> bool:
        """Whether it is over: by the clock, or because its caller gave up."""
        return self._given_up or time.monotonic() >= self.ends

    @property
    def remaining(self) -> float | None:
        """Seconds, 0 when it has passed; None when there is no end."""
        if self.passed:
            return 0.0
        return None if self.ends == math.inf else max(0.0, self.ends - time.monotonic())

    @property
    def reason(self) -> str:
        """Why it has passed."""
        if self.seconds is None or time.monotonic() < self.ends:
            return "its caller has given up waiting"
        return f"the deadline of {self.seconds:g} s, given by its caller, has passed"

    def expire(self) -> None:
        """It has passed now: pauses end, and requests that are under way are cut off."""
        with self._guard:
            self._given_up = True
            if self._waker is not None:
                self._waker.set()
            for interrupt in self._interrupts:
                interrupt()

    def context(self) -> Context:
        """That of who asks, with this scope in it."""
        context = copy_context()
        context.run(_current.set, self)
        return context

    def wait(self, seconds: float) -> None:
        """Wait so many seconds, or until the time has passed."""
        with self._guard:
            if self._given_up:
                return
            waker = self._waker = self._waker or forks.new_event()
        waker.wait(min(seconds, max(0.0, self.ends - time.monotonic())))

    def watch(self, call: Callable[[], None]) -> None:
        """Another thread calls `call` when the time passes; at once if it has."""
        with self._guard:
            self._interrupts.add(call)
            if self._given_up:
                call()

    def unwatch(self, call: Callable[[], None]) -> None:
        """`call` is not called any more."""
        with self._guard:
            self._interrupts.discard(call)


_current: Final[ContextVar[Scope | None]] = ContextVar("ingenious_storage_deadline", default=None)


class _Block:
    """Each call of an async twin is such a block: as a generator it would take three times as long.

    Args:
        seconds: of the scope; None: no end of its own.
        holds: whether the scope is that of what runs inside.
    """

    __slots__ = ("_holds", "_parent", "_scope", "_seconds", "_token")

    def __init__(self, seconds: float | None, *, holds: bool) -> None:
        self._seconds, self._holds = seconds, holds

    def __enter__(self) -> Scope:
        parent = self._parent = _current.get()
        scope = self._scope = Scope(self._seconds, parent)
        if parent is not None:
            parent.watch(scope.expire)
        if self._holds:
            self._token = _current.set(scope)
        return scope

    def __exit__(self, *_error: object) -> None:
        if self._holds:
            _current.reset(self._token)
        if self._parent is not None:
            self._parent.unwatch(self._scope.expire)


def nested(seconds: float | None = None) -> AbstractContextManager[Scope]:
    """A scope that also ends with the one around it; it holds in its `context`."""
    return _Block(seconds, holds=False)


def opened(seconds: float | None = None) -> AbstractContextManager[Scope]:
    """A nested scope that holds for what runs inside the block."""
    return _Block(seconds, holds=True)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Calls inside the block end within `seconds`, requests that are under way included.

    Of nested blocks the earlier end wins. It holds in this thread or task, and for the async
    twins that are awaited inside. 0 or less has passed already.

    Raises: ConfigurationError when `seconds` is no number. Inside, a call that is not over in
    time raises OperationTimeoutError, or CommitUnknownError for a write that may have landed.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or math.isnan(seconds):
        raise ConfigurationError(
            f"a deadline of {seconds!r}", hint="Give a number of seconds: deadline(2.5)."
        )
    with opened(seconds):
        yield


def current() -> Scope | None:
    """The innermost scope around who asks; None when no caller gave a deadline or may give up."""
    return _current.get()


def remaining() -> float | None:
    """Seconds that the caller has left, 0 when they have passed; None when it gave no deadline."""
    scope = _current.get()
    return None if scope is None else scope.remaining


def without() -> Context:
    """The context of who asks, but for its deadline: for work that others wait for as well."""
    context = copy_context()
    context.run(_current.set, None)
    return context


def check(operation: str | None = None, key: str | None = None) -> None:
    """Raises: OperationTimeoutError when the caller's deadline has passed."""
    scope = _current.get()
    if scope is not None and scope.passed:
        raise OperationTimeoutError(
            f"{operation or 'the call'} was not begun: {scope.reason}",
            operation=operation,
            key=key,
            hint=HINT,
            retryable=False,
            outcome_unknown=False,
        )


def overdue(error: StorageError) -> OperationTimeoutError:
    """The error to raise when the caller's deadline passed while `error` was met."""
    scope = _current.get()
    return OperationTimeoutError(
        f"{error.message}; {scope.reason if scope else 'the time is over'}",
        operation=error.operation,
        key=error.key,
        hint=HINT,
        retryable=False,
        outcome_unknown=error.outcome_unknown,
    )


def sleep(seconds: float) -> None:
    """`time.sleep` that ends when the caller's deadline passes; `check` then raises."""
    scope = _current.get()
    if scope is None:
        time.sleep(seconds)
    else:
        scope.wait(seconds)


def acquire(lock: threading.Lock, seconds: float = math.inf) -> bool:
    """Take `lock`; False after `seconds`, or when the caller's deadline passes before."""
    scope = _current.get()
    if lock.acquire(blocking=False):
        return True
    if scope is None:
        return lock.acquire(timeout=-1 if seconds == math.inf else max(0.0, seconds))
    end = min(scope.ends, time.monotonic() + seconds)
    while not scope.passed and (left := end - time.monotonic()) > 0:
        if lock.acquire(timeout=min(_POLL, left)):
            return True
    return False


class _Interrupting:
    """Each request is such a block: as a generator it would take ten times as long."""

    __slots__ = ("_alarm", "_call", "_scope")

    def __init__(self, call: Callable[[], None]) -> None:
        self._call, self._scope = call, _current.get()
        self._alarm: object = None

    def __enter__(self) -> None:
        scope = self._scope
        if scope is None:
            return
        try:
            scope.watch(self._call)
            if scope.ends != math.inf:
                self._alarm = alarm.add(scope.ends, scope.expire)
        except BaseException:
            scope.unwatch(self._call)
            raise

    def __exit__(self, *_error: object) -> None:
        if self._scope is not None:
            if self._alarm is not None:
                alarm.remove(self._alarm)
            self._scope.unwatch(self._call)


def interrupting(call: Callable[[], None]) -> AbstractContextManager[None]:
    """Should the caller's deadline pass inside the block, another thread calls `call`."""
    return _Interrupting(call)
