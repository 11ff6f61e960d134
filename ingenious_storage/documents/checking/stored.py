"""Stored: what listings tell of each document below a prefix, in bounded memory.

It is plain data, so that other processes can be given some of it to check.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

from ingenious_storage.backends.base import BlobInfo
from ingenious_storage.documents.format.markers import DELETED_ROOT
from ingenious_storage.documents.format.revision import RevisionId
from ingenious_storage.documents.format.segment import ROOT, split_key
from ingenious_storage.documents.store import DocumentStore

P = TypeVar("P")
Segments = Mapping[RevisionId, BlobInfo]
_Segment = tuple[RevisionId, BlobInfo]
_Part = BlobInfo | _Segment | None
"""A head, a segment, or the marker."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A document as the store lists it; without a head, what is left of one."""

    key: str
    head: BlobInfo | None
    segments: Segments = field(default_factory=dict)
    """Also those of no lineage that is left."""
    marked: bool = False
    """It was deleted or purged at some time, if markers were asked for; its head says more."""

    @property
    def bytes(self) -> int:
        """Of all its blobs, as they are stored."""
        head = self.head.size if self.head else 0
        return head + sum(segment.size for segment in self.segments.values())


def stored(store: DocumentStore, prefix: str, *, markers: bool = False) -> Iterator[Stored]:
    """Each document below `prefix`: a listing of heads, one of segments, and one of `markers`.

    Those of one folder of keys come one after the other.
    """
    listings: list[Iterator[tuple[str, _Part]]] = [
        _in_order_of_segments((info.key, info) for info in _heads(store, prefix)),
        _segments(store, prefix),
    ]
    if markers:
        listings.append(_in_order_of_segments(_markers(store, prefix)))
    # A document's own segments lie below its key and a slash.
    merged = heapq.merge(*listings, key=lambda item: item[0] + "/")
    for key, items in groupby(merged, itemgetter(0)):
        parts = [part for _, part in items]
        head = next((part for part in parts if isinstance(part, BlobInfo)), None)
        segments = dict(part for part in parts if isinstance(part, tuple))
        yield Stored(key, head, segments, marked=None in parts)


def _heads(store: DocumentStore, prefix: str) -> Iterator[BlobInfo]:
    for info in store.files.list_blobs(prefix):
        if info.key.startswith((ROOT, DELETED_ROOT)) or not store.owns(info.key):
            continue
        if not store.files.is_folder_marker(info):
            yield info


def _segments(store: DocumentStore, prefix: str) -> Iterator[tuple[str, _Segment]]:
    for info in store.files.list_blobs(ROOT + prefix):
        named = split_key(info.key)
        if named and store.owns(named[0]):
            yield named[0], (named[1], info)


def _markers(store: DocumentStore, prefix: str) -> Iterator[tuple[str, None]]:
    for name in store.files.list_keys(DELETED_ROOT + prefix):
        key = name.removeprefix(DELETED_ROOT)
        if store.owns(key):
            yield key, None


def _in_order_of_segments(items: Iterable[tuple[str, P]]) -> Iterator[tuple[str, P]]:
    """From the order of keys to that of keys with a slash: `a` comes after `a!`, for instance."""
    held: list[tuple[str, P]] = []
    for item in items:
        while held and not _is_between(held[-1][0], item[0]):
            yield held.pop()
        held.append(item)
    yield from reversed(held)


def _is_between(held: str, key: str) -> bool:
    """Whether this key comes before the held one, with a slash behind both."""
    return key.startswith(held) and key[len(held)] < "/"
