"""Sharing: what a process holds once for several users, such as the connections to an account.

It is made for the first user and closed with the last. After a fork a child makes its own: a
connection that two processes read from gives each of them parts of the other's answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from ingenious_storage.runtime import forks
from ingenious_storage.runtime.unpickled import Unpickled


class _Closable(Protocol):
    def close(self) -> None: ...


K = TypeVar("K")
V = TypeVar("V", bound=_Closable)


class Shared(Unpickled, Generic[K, V]):
    """Values by what they are made of. Thread-safe, and empty again in a forked child."""

    def __init__(self, make: Callable[[K], V]) -> None:
        self._make = make
        self._lock = forks.new_rlock()
        self._start()
        forks.in_child(self._start)

    def _start(self) -> None:
        self.users: dict[K, tuple[V, int]] = {}
        """Each value with the number of its users; another object after a fork."""

    def acquire(self, key: K) -> V:
        """The value that all users of `key` share; to be given back by `release`."""
        with self._lock:
            value, users = self.users.get(key) or (self._make(key), 0)
            self.users[key] = value, users + 1
            return value

    def release(self, key: K) -> None:
        """Give a value back; who gives it back last closes it."""
        with self._lock:
            value, users = self.users.pop(key)
            if users > 1:
                self.users[key] = value, users - 1
            else:
                value.close()


class Share(Unpickled, Generic[K, V]):
    """One user's share. Opened by its first use, also by the first after a close or a fork."""

    def __init__(self, shared: Shared[K, V], key: K) -> None:
        self._shared, self._key = shared, key
        self._lock = forks.new_rlock()
        self._held: tuple[object, V] | None = None

    def get(self) -> V:
        """The value; another one after a fork."""
        held = self._held
        # Each process has its own table: another one than was held means a fork.
        if held is None or held[0] is not self._shared.users:
            return self._open()
        return held[1]

    def close(self) -> None:
        """Give it back; more than once is fine."""
        with self._lock:
            held, self._held = self._held, None
            if held is not None and held[0] is self._shared.users:
                self._shared.release(self._key)

    def _open(self) -> V:
        with self._lock:
            held = self._held
            if held is None or held[0] is not self._shared.users:
                held = self._held = self._shared.users, self._shared.acquire(self._key)
            return held[1]
