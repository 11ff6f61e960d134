"""Resources that a worker process holds from one range to the next.

To open a storage costs more than many a range, and a worker of a cluster lives for weeks.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

T = TypeVar("T")
_MOST: Final = 4
"""Kept open at a time, and more only while they are used."""


@dataclass
class _Held:
    value: Any
    stack: ExitStack = field(default_factory=ExitStack)
    users: int = 0


_lock = threading.Lock()
_held: dict[Any, _Held] = {}


@contextmanager
def lent(key: Any, make: Callable[[], AbstractContextManager[T]]) -> Iterator[T]:
    """What `make()` gives: entered for the first who asks by this `key`, and kept for the next.

    Thread-safe. It is left when newer ones need its place, or the process ends.
    """
    with _lock:
        found = _held.pop(key, None) or _entered(make)
        _held[key] = found  # the newest is the last
        found.users += 1
        _close([old for old in list(_held)[:-_MOST] if not _held[old].users])
    try:
        yield found.value
    finally:
        with _lock:
            found.users -= 1


def close() -> None:
    """Leave all that nobody uses."""
    with _lock:
        _close([key for key, each in _held.items() if not each.users])


def _entered(make: Callable[[], AbstractContextManager[Any]]) -> _Held:
    stack = ExitStack()
    return _Held(stack.enter_context(make()), stack)


def _close(keys: list[Any]) -> None:
    for key in keys:
        _held.pop(key).stack.close()


atexit.register(close)
