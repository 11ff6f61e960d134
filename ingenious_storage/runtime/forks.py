"""Forks: locks, and what else a forked child has to make anew.

Another thread of the parent may have held it, or half changed it. Every lock that a call can hold
comes from here; a test forks with each of them held.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from types import MethodType
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary, WeakSet

T = TypeVar("T")

_locks: Final[WeakSet[Any]] = WeakSet()
_methods: Final[WeakKeyDictionary[object, Callable[[Any], None]]] = WeakKeyDictionary()
_functions: Final[list[Callable[[], None]]] = []
_before: Final[WeakKeyDictionary[object, Callable[[Any], None]]] = WeakKeyDictionary()


def new_lock() -> threading.Lock:
    """A lock that is free in a forked child."""
    return _renewed(threading.Lock())


def new_rlock() -> threading.RLock:
    """A reentrant lock that is free in a forked child."""
    return _renewed(threading.RLock())


def new_event() -> threading.Event:
    """An event that nobody is in the middle of setting in a forked child."""
    return _renewed(threading.Event())


def in_child(call: Callable[[], None]) -> None:
    """Have a forked child call `call`, after its locks are free. One method an object, which is
    not kept alive by it.
    """
    if isinstance(call, MethodType):
        _methods[call.__self__] = call.__func__
    else:
        _functions.append(call)


def before(method: Callable[[], None]) -> None:
    """Call a method in the parent before it forks. One an object, which is not kept alive by it."""
    assert isinstance(method, MethodType)
    _before[method.__self__] = method.__func__


def _prepare() -> None:
    for owner, method in list(_before.items()):
        method(owner)


def _renewed(lock: T) -> T:
    _locks.add(lock)
    return lock


def _renew() -> None:
    for lock in _locks:
        lock._at_fork_reinit()  # noqa: SLF001  # what `threading` renews its own with
    for function in _functions:
        function()
    for owner, method in list(_methods.items()):
        method(owner)


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(before=_prepare, after_in_child=_renew)
