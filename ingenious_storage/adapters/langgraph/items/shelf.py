"""Shelf: the documents of the items, each at the labels of its namespace and its key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar

from langgraph.store.base import PutOp

from ingenious_storage import documents
from ingenious_storage.adapters.langgraph.items.record import (
    Record,
    is_alive,
    made,
    on_top,
    put_off,
)
from ingenious_storage.backends.base import BlobInfo
from ingenious_storage.documents import PurgeReceipt, Revision
from ingenious_storage.errors import AlreadyExistsError, ConflictError, NotFoundError
from ingenious_storage.jsondata import Json
from ingenious_storage.runtime.parallel import results_of
from ingenious_storage.services.agents import AgentDocuments, name_of, named

FRAMEWORK: Final = "langgraph-store"
LEAF: Final = "item"
A = TypeVar("A")
R = TypeVar("R")
Namespace = tuple[str, ...]


class _GoneError(Exception):
    """The item went while its expiry was put off."""


@dataclass(frozen=True, slots=True)
class Put:
    """A write that was checked; without data a deletion."""

    parts: tuple[str, ...]
    key: str
    data: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Shelf:
    """The items of one storage. Thread-safe.

    Attributes:
        agents: their documents.
        clock: says what has expired, with a time zone.
        omits_expired: whether an expired item is missing before a sweep has erased it.
    """

    agents: AgentDocuments
    clock: Callable[[], datetime]
    omits_expired: bool = True

    def key(self, namespace: Sequence[str], key: str) -> str:
        """Raises: InvalidKeyError for labels that are no text, or have lone surrogates."""
        return self.agents.key(*namespace, key, leaf=LEAF)

    def read(self, key: str) -> Record | None:
        """The item of a document, None where there is none."""
        try:
            document = self.agents.store.load(key)
        except NotFoundError:
            return None
        if self.omits_expired and not is_alive(document.data, self.clock()):
            return None
        return Record.of(name_of(document.name, key=key).parts, document.data, key=key)

    def newest(self, prefix: Sequence[str], *, at_once: int | None) -> Iterator[list[Record]]:
        """The items below a prefix, those first that were written last, so many at a time.

        When, to the second, the store's own clock says; inside one it is `updated_at`.

        Args:
            at_once: documents that are read before the first is given; None for all.
        """
        blobs = sorted(self._below(prefix), key=_second, reverse=True)
        begin = 0
        while begin < len(blobs):
            end = len(blobs) if at_once is None else begin + at_once
            while 0 < end < len(blobs) and _second(blobs[end]) == _second(blobs[end - 1]):
                end += 1
            yield self._in_order(blobs[begin:end])
            begin = end

    def _in_order(self, blobs: Sequence[BlobInfo]) -> list[Record]:
        keys = [blob.key for blob in blobs]
        read = results_of(self.read, keys, workers=self.agents.store.readers)
        found = [
            (_second(blob), record.updated_at, record.namespace, record.key, record)
            for blob, record in zip(blobs, read, strict=True)
            if record is not None
        ]
        return [record for *_, record in sorted(found, key=lambda each: each[:4], reverse=True)]

    def namespaces(self, prefix: Sequence[str]) -> Iterator[Namespace]:
        """Of the items below a prefix, one each."""
        for name in self.agents.names(*prefix):
            if name.leaf == LEAF:
                yield name.parts[:-1]

    def prepared(self, op: PutOp) -> Put:
        """Raises: InvalidKeyError, InvalidDataError, ObjectTooLargeError; no I/O."""
        key = self.key(op.namespace, op.key)
        data = None if op.value is None else made(op, self.clock())
        self.agents.store.encode(data)
        return Put((*op.namespace, op.key), key, data)

    def write(self, put: Put) -> None:
        """Put or delete an item. Raises: ConflictError when others delete it again and again."""
        if put.data is None:
            self._delete(put.key)
            return
        store, name = self.agents.store, named(put.parts, LEAF)
        for _ in store.pauses:
            try:
                if store.head(put.key, fresh=False) is None:
                    store.create(put.key, put.data, name=name)  # one request for what is new
                else:
                    self._change(put.parts, partial(self._over, put.data))
            except (AlreadyExistsError, ConflictError):  # it is there, or it has gone, meanwhile
                _ = store.head(put.key, fresh=False) or store.head(put.key)
            else:
                return
        raise ConflictError("it was deleted again and again while it was put", key=put.key)

    def _over(self, data: dict[str, Any], old: Json) -> Json:
        return on_top(data, old, self.clock())

    def put_off(self, record: Record) -> None:
        """Put the expiry of an item off that is read, if it is worth a write."""
        if not record.is_stale(self.clock()):
            return
        try:
            self._change((*record.namespace, record.key), self._later)
        except (_GoneError, ConflictError):
            return

    def _later(self, old: Json) -> Json:
        if old is None:
            raise _GoneError
        return put_off(old, self.clock())

    def _change(self, parts: Sequence[str], fn: Callable[[Json], Json]) -> Revision:
        return self.agents.change(*parts, leaf=LEAF, fn=fn)

    def _delete(self, key: str) -> None:
        try:
            self.agents.store.delete(key)
        except NotFoundError:
            return

    def sweep(self, prefix: Sequence[str]) -> list[PurgeReceipt]:
        """Erase what has expired. Raises: the first error, after all were tried."""
        keys = [blob.key for blob in self._below(prefix)]
        return _made(self.each(self._sweep, keys))

    def _sweep(self, key: str) -> PurgeReceipt | None:
        store = self.agents.store
        try:
            head = store.existing(key)
            data = None if head.deleted else store.encoding.loads(head.data, key=key)
            if data is None or is_alive(data, self.clock()):
                return None
            return documents.purge(store, key, etag=head.etag)
        except (NotFoundError, ConflictError):  # somebody was faster, or has put it off
            return None

    def erase(self, namespace: Sequence[str], key: str | None) -> list[PurgeReceipt]:
        """Erase one item, or all below a namespace, deleted or not. Raises: as `sweep`."""
        if key is not None:
            return _made([self._purge(self.key(namespace, key))])
        blobs = self.agents.store.files.list_blobs(self.agents.below(*namespace))
        return _made(self.each(self._purge, [blob.key for blob in self._items(namespace, blobs)]))

    def _purge(self, key: str) -> PurgeReceipt | None:
        try:
            return documents.purge(self.agents.store, key)
        except NotFoundError:
            return None

    def _below(self, prefix: Sequence[str]) -> Iterator[BlobInfo]:
        """Those that are not deleted."""
        return self._items(prefix, self.agents.store.list_blobs(self.agents.below(*prefix)))

    def _items(self, prefix: Sequence[str], blobs: Iterator[BlobInfo]) -> Iterator[BlobInfo]:
        """But for the item whose name is the prefix: it is in the namespace above."""
        itself, leaf = self._leaf(*prefix), self._leaf("any").rpartition("/")[2]
        for blob in blobs:
            if blob.key != itself and blob.key.endswith(f"/{leaf}"):
                yield blob

    def _leaf(self, *parts: str) -> str:
        return self.agents.key(*parts, leaf=LEAF)

    def each(self, call: Callable[[A], R], items: Sequence[A]) -> list[R]:
        """The results, several at a time. Raises: the first error, after all were tried."""
        return results_of(call, items, workers=self.agents.store.workers)


def _second(blob: BlobInfo) -> datetime:
    return blob.last_modified.replace(microsecond=0)


def _made(receipts: Sequence[PurgeReceipt | None]) -> list[PurgeReceipt]:
    return [each for each in receipts if each is not None]
