"""`StorageStore`: LangGraph's long-term memory, each item a document with its history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from langgraph.store.base import (
    BaseStore,
    GetOp,
    ListNamespacesOp,
    Op,
    PutOp,
    Result,
    SearchOp,
    TTLConfig,
)

from ingenious_storage.adapters.langgraph.items import filters, namespaces
from ingenious_storage.adapters.langgraph.items.searching import search
from ingenious_storage.adapters.langgraph.items.shelf import FRAMEWORK, Namespace, Put, Shelf
from ingenious_storage.adapters.place import Place
from ingenious_storage.aio import in_thread, to_its_end
from ingenious_storage.documents import PurgeReceipt, Revision
from ingenious_storage.documents.writing.committer import utc_now
from ingenious_storage.errors import ConfigurationError, InvalidDataError
from ingenious_storage.storage import Storage

_KNOWN: Final = ("default_ttl", "omit_expired", "refresh_on_read")


class StorageStore(BaseStore):
    """LangGraph's `BaseStore` on a storage, for `compile(store=...)`.

    Thread-safe, and for any number of event loops.

    A put is one request, or two over an item that this process has not seen. A search lists what
    lies below the namespace, and reads the newest until it has enough; with a filter or a query it
    may read all. Deleted items can be brought back (`restore`); `erase` erases.

    Args:
        storage: where the items lie; None for the one that the configuration names.
        ttl: LangGraph's `TTLConfig`: `default_ttl` in minutes, `refresh_on_read`, and
            `omit_expired`, which is true unless it is given.
        clock: says what time it is, with a time zone.

    Raises: ConfigurationError for other names in `ttl`.
    """

    supports_ttl = True

    def __init__(
        self,
        storage: Storage | None = None,
        *,
        ttl: TTLConfig | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._place = Place(FRAMEWORK, storage)
        if unknown := set(ttl or ()) - set(_KNOWN):
            raise ConfigurationError(
                f"ttl has {', '.join(sorted(unknown))}",
                hint=f"It may have {', '.join(_KNOWN)}; nothing is erased but by sweep().",
            )
        self.ttl_config, self._clock = ttl, clock

    @property
    def _shelf(self) -> Shelf:
        """Opened by the first call, and anew in a forked process."""
        omits = (self.ttl_config or {}).get("omit_expired", True)
        return Shelf(self._place.documents, self._clock, omits)

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """The result of each operation, in order.

        All reads come before all writes; of several writes of one item the last one counts. A
        batch is not atomic: where a write fails, the others are made nevertheless.

        Raises: InvalidDataError, InvalidKeyError, ObjectTooLargeError, before any I/O; the errors
        of the store.
        """
        asked, shelf = list(ops), self._shelf
        puts = _checked(asked, shelf)
        gets = [op for op in asked if isinstance(op, GetOp)]
        found = iter(shelf.each(partial(_get, shelf), gets))
        results = [next(found) if isinstance(op, GetOp) else _read(shelf, op) for op in asked]
        shelf.each(shelf.write, list(puts.values()))
        return results

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """As `batch`, in a worker thread. Cancelled, it says of a write whether it was made."""
        asked = list(ops)
        writes = any(isinstance(op, PutOp) for op in asked)
        return await (to_its_end if writes else in_thread)(partial(self.batch, asked))

    def history(self, namespace: Namespace, key: str, *, limit: int | None = 20) -> list[Revision]:
        """What was written of an item, newest first, deleted or not. Raises: NotFoundError."""
        shelf = self._shelf
        return shelf.agents.store.history(shelf.key(namespace, key), limit=limit)

    def restore(self, namespace: Namespace, key: str) -> Revision:
        """Bring a deleted item back. Raises: NotFoundError where there is nothing to bring back."""
        shelf = self._shelf
        return shelf.agents.store.restore(shelf.key(namespace, key))

    def erase(self, namespace: Namespace, key: str | None = None) -> Sequence[PurgeReceipt]:
        """Erase an item with its history, deleted or not; without `key` all below the namespace.

        Raises: the first error, after all were tried.
        """
        return self._shelf.erase(namespace, key)

    def sweep(self, namespace: Namespace = ()) -> Sequence[PurgeReceipt]:
        """Erase the items below a namespace that have expired, with their histories.

        A listing, and a request for each item. Raises: the first error, after all were tried.
        """
        return self._shelf.sweep(namespace)

    async def ahistory(
        self, namespace: Namespace, key: str, *, limit: int | None = 20
    ) -> list[Revision]:
        """As `history`."""
        return await in_thread(partial(self.history, namespace, key, limit=limit))

    async def arestore(self, namespace: Namespace, key: str) -> Revision:
        """As `restore`."""
        return await to_its_end(partial(self.restore, namespace, key))

    async def aerase(self, namespace: Namespace, key: str | None = None) -> Sequence[PurgeReceipt]:
        """As `erase`."""
        return await to_its_end(partial(self.erase, namespace, key))

    async def asweep(self, namespace: Namespace = ()) -> Sequence[PurgeReceipt]:
        """As `sweep`."""
        return await to_its_end(partial(self.sweep, namespace))


def _checked(ops: Sequence[Op], shelf: Shelf) -> dict[str, Put]:
    """The writes, by the key of their document."""
    puts = {}
    for op in ops:
        if isinstance(op, PutOp):
            put = shelf.prepared(op)
            puts[put.key] = put
        elif isinstance(op, SearchOp):
            filters.check(op.filter)
            _check_page(op)
        elif isinstance(op, ListNamespacesOp):
            namespaces.check(op)
            _check_page(op)
        elif not isinstance(op, GetOp):
            raise InvalidDataError(
                f"a batch has an operation of type {type(op).__name__}",
                hint="Those of langgraph.store.base: GetOp, PutOp, SearchOp, ListNamespacesOp.",
            )
    return puts


def _check_page(op: SearchOp | ListNamespacesOp) -> None:
    if op.limit < 0 or op.offset < 0:
        raise InvalidDataError(
            f"limit is {op.limit}, and offset is {op.offset}", hint="Give 0 or more."
        )


def _read(shelf: Shelf, op: Op) -> Result:
    if isinstance(op, SearchOp):
        return list(search(shelf, op))
    if isinstance(op, ListNamespacesOp):
        return list(namespaces.chosen(op, shelf.namespaces(namespaces.below(op))))
    return None


def _get(shelf: Shelf, op: GetOp) -> Result:
    record = shelf.read(shelf.key(op.namespace, op.key))
    if record is None:
        return None
    if op.refresh_ttl:
        shelf.put_off(record)
    return record.item()
