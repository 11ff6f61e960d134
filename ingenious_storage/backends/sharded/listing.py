"""Listing of several shards as one: their sorted pages merged, one page of each in memory.

A page of the whole is made of the beginnings of the shards' pages. What is left of them is kept for
some seconds for who asks for the next page, so that a listing takes one request for each page of
each shard, as it would in one store. Without it (another process, a token that was kept) the pages
are read again, and what was listed is left out by its name.
"""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from ingenious_storage.backends.base import Backend, BlobInfo, Page
from ingenious_storage.backends.sharded import tokens
from ingenious_storage.backends.sharded.record import KEY
from ingenious_storage.errors import CorruptObjectError, StorageError
from ingenious_storage.runtime import forks
from ingenious_storage.runtime.unpickled import Unpickled

Home = Callable[[str], str]
"""The shard that a key belongs into."""
_PROBES: Final = ".health/"
"""What a store asks itself with, such as its clock, lies in that shard for a moment."""
_KEPT: Final = 8
"""Listings whose rests are kept."""
_SECONDS: Final = 5.0
"""For which a rest is kept: it shows what was there when it was read."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is listed, but for the place in it."""

    prefix: str
    delimiter: str | None
    limit: int
    metadata: bool


@dataclass(slots=True)
class _Cursor:
    """Where the listing of one shard stands."""

    place: str | None
    """The shard's own token of the page that `waiting` is the rest of."""
    waiting: deque[tuple[str, BlobInfo | None]] = field(default_factory=deque)
    """Names in order; None for a prefix."""
    following: str | None = None
    is_read: bool = False
    last: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing is left, as far as it was read."""
        return self.is_read and not self.waiting and self.following is None

    def step(self) -> None:
        """Go on to the next page when this one is used up."""
        if self.is_read and not self.waiting and self.following is not None:
            self.place, self.following, self.is_read = self.following, None, False

    def fill(self, name: str, store: Backend, asked: Asked, after: str, home: Home) -> None:
        """Read until something waits, or nothing is left.

        Raises: StorageError out of order; CorruptObjectError for a blob of another shard.
        """
        self.step()
        while not self.is_read:
            page = store.list(
                asked.prefix,
                delimiter=asked.delimiter,
                token=self.place,
                limit=asked.limit,
                metadata=asked.metadata,
            )
            entries = _entries(page)
            if not _is_ordered(page) or (entries and entries[0][0] < self.last):
                raise StorageError(
                    f"shard {name} does not list in the order of the keys, so its listing cannot "
                    "be merged with others",
                    hint="Take another store for this shard: `ingenious-storage explain stores`.",
                )
            self.last = entries[-1][0] if entries else self.last
            for entry in entries:
                if entry[0] > after and entry[0] != KEY:
                    _require_home(entry, name, home)
                    self.waiting.append(entry)
            self.following, self.is_read = page.token, True
            self.step()


def _require_home(entry: tuple[str, BlobInfo | None], name: str, home: Home) -> None:
    # It would be listed, and nobody could read it: a read goes to its own shard.
    key, info = entry
    if info is None or key.startswith(_PROBES):
        return
    if (right := home(key)) != name:
        raise CorruptObjectError(
            f"shard {name} has the blob {key!a}, which belongs into shard {right}",
            key=key,
            hint="Somebody wrote to a shard alone: look at both, and move or delete this one.",
        )


def _entries(page: Page) -> list[tuple[str, BlobInfo | None]]:
    blobs = ((info.key, info) for info in page.blobs)
    folded: Iterable[tuple[str, BlobInfo | None]] = ((name, None) for name in page.prefixes)
    return list(heapq.merge(blobs, folded, key=_name))


def _name(entry: tuple[str, BlobInfo | None]) -> str:
    return entry[0]


def _is_ordered(page: Page) -> bool:
    keys = [info.key for info in page.blobs]
    return all(a < b for each in (keys, page.prefixes) for a, b in pairwise(each))


class MergedListing(Unpickled):
    """The listings of the shards of one container, merged."""

    def __init__(
        self, shards: Iterable[str], home: Home, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._shards, self._home = tuple(shards), home
        self._clock, self._lock = clock, forks.new_lock()
        self._kept: dict[tuple[Asked, str | None], tuple[float, dict[str, _Cursor]]] = {}

    def page(
        self,
        asked: Asked,
        token: str | None,
        stores: Mapping[str, Backend],
        together: Callable[[Callable[[str], None], Iterable[str]], None],
    ) -> Page:
        """The page that begins at `token`.

        Args:
            together: makes a call for several shards at the same time, and raises what one raises.

        Raises: InvalidDataError for a token of another listing; CorruptObjectError for a blob that
            is not in its shard.
        """
        after, cursors = self._begin(asked, token)
        found = _Found(after)

        def fill(names: Iterable[str]) -> None:
            def one(name: str) -> None:
                cursors[name].fill(name, stores[name], asked, found.last, self._home)

            together(one, names)

        fill([name for name, each in cursors.items() if not each.waiting])
        _merge(cursors, found, asked.limit, fill)
        return Page(*found.parts, self._keep(asked, found, cursors))

    def _begin(self, asked: Asked, token: str | None) -> tuple[str, dict[str, _Cursor]]:
        with self._lock:
            oldest = self._clock() - _SECONDS
            for key in [key for key, (at, _) in self._kept.items() if at < oldest]:
                del self._kept[key]
            _, kept = self._kept.pop((asked, token), (0.0, None))
        if token is None:
            return "", {name: _Cursor(None) for name in self._shards}
        after, places = tokens.decode(token, self._shards)
        return after, kept or {name: _Cursor(place) for name, place in places.items()}

    def _keep(self, asked: Asked, found: _Found, cursors: dict[str, _Cursor]) -> str | None:
        left = {name: each for name, each in cursors.items() if not each.is_over}
        if not left:
            return None
        for each in left.values():
            each.step()
        token = tokens.encode(found.last, {name: each.place for name, each in left.items()})
        with self._lock:
            self._kept[asked, token] = self._clock(), left
            for key in [*self._kept][:-_KEPT]:
                del self._kept[key]
        return token


def _merge(
    cursors: Mapping[str, _Cursor],
    found: _Found,
    limit: int,
    fill: Callable[[Iterable[str]], None],
) -> None:
    """Take what waits in order, up to `limit`, and `fill` what is used up before."""
    heap = [(each.waiting[0][0], name) for name, each in cursors.items() if each.waiting]
    heapq.heapify(heap)
    # Of a prefix that several shards have, all are taken at once.
    while heap and (found.size < limit or heap[0][0] == found.last):
        _, name = heapq.heappop(heap)
        cursor = cursors[name]
        found.add(*cursor.waiting.popleft())
        if not cursor.waiting and found.size < limit:
            fill([name])
        if cursor.waiting:
            heapq.heappush(heap, (cursor.waiting[0][0], name))


class _Found:
    """One page as it grows."""

    def __init__(self, after: str) -> None:
        self.last = after
        """The last name, of the page before at first."""
        self._blobs: list[BlobInfo] = []
        self._prefixes: list[str] = []

    @property
    def size(self) -> int:
        """Blobs and prefixes together."""
        return len(self._blobs) + len(self._prefixes)

    @property
    def parts(self) -> tuple[tuple[BlobInfo, ...], tuple[str, ...]]:
        """As a page has them."""
        return tuple(self._blobs), tuple(self._prefixes)

    def add(self, name: str, info: BlobInfo | None) -> None:
        """A prefix that several shards have comes several times, and is one."""
        if self.size and self.last == name:
            return
        self.last = name
        if info is None:
            self._prefixes.append(name)
        else:
            self._blobs.append(info)
