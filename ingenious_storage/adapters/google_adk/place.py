"""Place: the documents of this framework on a storage, which is opened by the first call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

from ingenious_storage import documents
from ingenious_storage.arguments import of_kind
from ingenious_storage.documents import Document, PurgeReceipt
from ingenious_storage.errors import NotFoundError, StorageError
from ingenious_storage.runtime.parallel import map_all
from ingenious_storage.services.agents import AgentDocuments
from ingenious_storage.storage import Storage, default_storage

FRAMEWORK: Final = "google-adk"
_MAKE_ONE: Final = "Storage.from_config() makes one; None is the configured one"
A = TypeVar("A")
R = TypeVar("R")


class Place:
    """Where a service keeps what it is given.

    Args:
        storage: None for the one that the configuration names, at the time of each call.
    """

    def __init__(self, storage: Storage | None) -> None:
        self._storage = None if storage is None else of_kind(storage, Storage, _MAKE_ONE)

    @property
    def agents(self) -> AgentDocuments:
        """Those of the framework. Raises: ConfigurationError."""
        return (self._storage or default_storage()).agents(FRAMEWORK)

    def load(self, key: str) -> Document | None:
        """A document as it is now, None for one that is missing or deleted."""
        try:
            return self.agents.store.load(key)
        except NotFoundError:
            return None

    def load_all(self, keys: Sequence[str]) -> list[Document | None]:
        """Several at a time. Raises: the first error."""
        return self.each(self.load, keys)

    def each(self, call: Callable[[A], R], items: Sequence[A]) -> list[R]:
        """The results, several at a time. Raises: the first error, after all were tried."""
        results = map_all(call, items, workers=self.agents.store.workers)
        return [*_good(results)]

    def delete(self, *parts: str, leaf: str) -> None:
        """Put a deletion on top of a document that may be missing."""
        at = self.agents
        try:
            at.store.delete(at.key(*parts, leaf=leaf))
        except NotFoundError:
            return

    def erase(self, *parts: str, leaf: str) -> list[PurgeReceipt]:
        """Erase a document with its history, deleted or not; none where there is none."""
        at = self.agents
        try:
            return [documents.purge(at.store, at.key(*parts, leaf=leaf))]
        except NotFoundError:
            return []

    def erase_all(self, *roots: Sequence[str]) -> list[PurgeReceipt]:
        """Erase the documents whose names begin so. Raises: the first error, after all of a root
        were tried."""
        return [receipt for root in roots for receipt in self.agents.purge(*root)]


def _good(results: Sequence[R | StorageError]) -> Iterator[R]:
    for result in results:
        if isinstance(result, StorageError):
            raise result
        yield result
