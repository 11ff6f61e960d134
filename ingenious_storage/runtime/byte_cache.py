"""Cache of remembered objects, bounded by bytes, least recently used out first."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

from ingenious_storage.runtime import forks

V = TypeVar("V")


class ByteCache(Generic[V]):
    """Thread-safe, and empty in a forked child. A value above the whole capacity is not kept."""

    def __init__(self, capacity: int) -> None:
        self._capacity, self._lock = capacity, forks.new_lock()
        self._begin()
        forks.in_child(self._begin)

    def _begin(self) -> None:
        self._used = 0
        self._items: OrderedDict[str, tuple[V, int]] = OrderedDict()

    def get(self, key: str) -> V | None:
        """The value, None when it is not kept; it counts as used now."""
        # Without the lock, which would cost more than all the rest: each call is atomic.
        item = self._items.get(key)
        if item is None:
            return None
        try:  # noqa: SIM105  # `suppress` would cost as much as the lock
            self._items.move_to_end(key)
        except KeyError:  # it was dropped since
            pass
        return item[0]

    @property
    def used(self) -> int:
        """Bytes that are taken."""
        return self._used

    def put(self, key: str, value: V, size: int) -> None:
        """Keep `value`, which takes `size` bytes, in place of what was under `key`."""
        with self._lock:
            self._drop(key)
            if size > self._capacity:
                return
            self._items[key] = (value, size)
            self._used += size
            while self._used > self._capacity:
                _, (_, dropped) = self._items.popitem(last=False)
                self._used -= dropped

    def pop(self, key: str) -> None:
        """Forget `key`, if it is kept."""
        with self._lock:
            self._drop(key)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._begin()

    def _drop(self, key: str) -> None:
        item = self._items.pop(key, None)
        if item is not None:
            self._used -= item[1]
