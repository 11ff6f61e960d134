"""Entries: what is remembered of blobs, bounded in bytes, the least recently used out first."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import Final

from ingenious_storage.backends.base import NO_PROPERTIES, Blob
from ingenious_storage.errors import NotModifiedError
from ingenious_storage.runtime import forks
from ingenious_storage.runtime.byte_cache import ByteCache

SHARE: Final = 8
"""A blob above this share of the bound would drive out too much of the rest."""
_OVERHEAD: Final = 1100
"""Bytes of an entry besides its data and its names: objects, and three places in tables."""
_STRIPES: Final = 512


@dataclass(frozen=True, slots=True)
class Entry:
    """A state of a blob that the store has shown."""

    etag: str
    asked: float
    """When the request began that showed it, by the cache's clock: it may be older, not newer."""
    blob: Blob | None = None
    """None where the ETag alone is known: the caller has the data."""

    @classmethod
    def of(cls, blob: Blob, asked: float) -> Entry:
        """A whole blob."""
        return cls(blob.info.etag, asked, blob)

    def shown_at(self, asked: float) -> Entry:
        """The same, as the store has said again."""
        return replace(self, asked=asked)

    def answers(self, if_none_match: str | None) -> bool:
        """Whether it is enough for a read with this ETag."""
        return self.blob is not None or self.etag == if_none_match

    def answer(self, key: str, if_none_match: str | None) -> Blob:
        """What a store would say. Raises: NotModifiedError."""
        if self.blob is None or self.etag == if_none_match:
            raise NotModifiedError(f"{key!r} has not changed", key=key, operation="get")
        return self.blob

    @property
    def length(self) -> int:
        """Bytes of the data."""
        return 0 if self.blob is None else len(self.blob.data)

    def size(self, key: str) -> int:
        """Bytes that it takes in memory, under `key`."""
        names = 2 * sys.getsizeof(key) + 2 * sys.getsizeof(self.etag)
        if self.blob is not None and self.blob.info.properties is not NO_PROPERTIES:
            given = self.blob.info.properties.metadata
            names += 1000 + sum(sys.getsizeof(n) + sys.getsizeof(v) for n, v in given.items())
        return self.length + names + _OVERHEAD


class Entries:
    """Thread-safe, and empty in a forked child. `get` gives what is remembered.

    Whoever writes or asks takes a mark before. An answer is only kept when no write of its key
    began or ended since: of what overlaps with a write nobody knows which of the two came last.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes, self._lock = max_bytes, forks.new_lock()
        self._kept = ByteCache[Entry](max_bytes)
        self.get = self._kept.get
        self._begin()
        forks.in_child(self._begin)

    def _begin(self) -> None:
        self._marks = [0] * _STRIPES

    @property
    def bytes(self) -> int:
        """Those that are taken."""
        return self._kept.used

    def mark(self, key: str) -> int:
        """Before a read: a mark for `keep`."""
        return self._marks[hash(key) % _STRIPES]

    def keep(self, key: str, entry: Entry, mark: int) -> None:
        """What a read has shown, unless a write may have come in between."""
        with self._lock:
            if self._marks[hash(key) % _STRIPES] == mark:
                self._put(key, entry)

    def begin_write(self, key: str) -> int:
        """Before a write: a mark for `end_write`."""
        with self._lock:
            return self._count(key)

    def end_write(self, key: str, mark: int, entry: Entry | None = None) -> None:
        """After a write: what it has left, if it is sure and was alone; else it is forgotten."""
        with self._lock:
            was_alone = self._count(key) == mark + 1
            if entry is not None and was_alone:
                self._put(key, entry)
            else:
                self._kept.pop(key)

    def forget(self, key: str) -> None:
        """It is not what the store has."""
        self._kept.pop(key)

    def forget_all(self) -> None:
        """Also what reads that are under way would bring back."""
        with self._lock:
            self._marks = [mark + 1 for mark in self._marks]
            self._kept.clear()

    def _count(self, key: str) -> int:
        place = hash(key) % _STRIPES
        self._marks[place] += 1
        return self._marks[place]

    def _put(self, key: str, entry: Entry) -> None:
        size = entry.size(key)
        if size > self._max_bytes // SHARE:
            self._kept.pop(key)
        else:
            self._kept.put(key, entry, size)
