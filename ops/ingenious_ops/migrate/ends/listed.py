"""Items of a listing, held outside of memory: as a sequence, and by their keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, overload

import orjson

from ingenious_ops.migrate.ends.base import Item
from ingenious_ops.migrate.ends.properties import HEADERS
from ingenious_ops.migrate.spool import Spool
from ingenious_storage.backends.base import NO_PROPERTIES, Properties


class Items(Sequence[Item]):
    """Items in the order of their keys. Those of one key stand as they were given.

    To go through them is quick; an index is looked for from the first on.
    """

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self._spool = Spool()
        self._spool.put((item.key, _packed(item)) for item in items)

    def __len__(self) -> int:
        return len(self._spool)

    def __iter__(self) -> Iterator[Item]:
        return (_unpacked(key, value) for key, value in self._spool.items())

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> list[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | list[Item]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step > 0:
                return list(islice(self, start, stop, step))
            return [self[number] for number in range(start, stop, step)]
        number = index + len(self) if index < 0 else index
        for item in islice(self, max(0, number), None):
            if number >= 0:
                return item
        raise IndexError(index)


class ByKey(Mapping[str, Item]):
    """Items by their keys, in the order of these. Of several with one key the last counts."""

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self._spool = Spool(unique=True)
        self._spool.put((item.key, _packed(item)) for item in items)

    def __len__(self) -> int:
        return len(self._spool)

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self._spool.items())

    def __getitem__(self, key: str) -> Item:
        value = self._spool.get(key)
        if value is None:
            raise KeyError(key)
        return _unpacked(key, value)


def _packed(item: Item) -> bytes:
    row: list[Any] = [item.size, item.version, _hex(item.name), item.content_type]
    if item.is_archived or item.sha256 is not None or item.properties != NO_PROPERTIES:
        kept = item.properties
        headers = [getattr(kept, name) for name in HEADERS]
        row += [item.is_archived, item.sha256, *headers, dict(kept.metadata)]
    return orjson.dumps(row)


def _hex(name: str) -> str:
    """A name that is no text is no JSON."""
    return name.encode("utf-8", "surrogatepass").hex()


def _unpacked(key: str, value: bytes) -> Item:
    size, version, name, content_type, *more = orjson.loads(value)
    name = bytes.fromhex(name).decode("utf-8", "surrogatepass")
    if not more:
        return Item(key, size, version, name, content_type)
    is_archived, sha256, *headers, metadata = more
    properties = Properties(**dict(zip(HEADERS, headers, strict=True)), metadata=metadata)
    return Item(key, size, version, name, content_type, properties, is_archived, sha256)
