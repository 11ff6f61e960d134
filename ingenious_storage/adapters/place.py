"""Place: the documents of one framework on a storage, which is opened by the first call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ingenious_storage import documents
from ingenious_storage.arguments import of_kind
from ingenious_storage.documents import Document, PurgeReceipt
from ingenious_storage.errors import NotFoundError
from ingenious_storage.runtime.parallel import results_of
from ingenious_storage.services.agents import AgentDocuments
from ingenious_storage.storage import Storage, default_storage

_MAKE_ONE: Final = "Storage.from_config() makes one; None is the configured one"


class Place:
    """Where an adapter keeps what its framework gives it. Making one does no I/O.

    Args:
        framework: whose documents, by the name that `Storage.agents` takes.
        storage: None for the one that the configuration names, at the time of each call.

    Raises: TypeError for what is no Storage.
    """

    def __init__(self, framework: str, storage: Storage | None) -> None:
        self._framework = framework
        self._storage = None if storage is None else of_kind(storage, Storage, _MAKE_ONE)

    @property
    def storage(self) -> Storage:
        """The first call of a process reads the configuration: not in the event loop.

        Raises: ConfigurationError.
        """
        return self._storage or default_storage()

    @property
    def documents(self) -> AgentDocuments:
        """Those of the framework. Raises: ConfigurationError."""
        return self.storage.agents(self._framework)

    def load(self, key: str) -> Document | None:
        """A document as it is now, None for one that is missing or deleted."""
        try:
            return self.documents.store.load(key)
        except NotFoundError:
            return None

    def load_all(self, keys: Sequence[str]) -> list[Document | None]:
        """Several at a time. Raises: the first error, after all were tried."""
        return results_of(self.load, keys, workers=self.documents.store.readers)

    def delete(self, *parts: str, leaf: str) -> None:
        """Put a deletion on top of a document that may be missing."""
        at = self.documents
        try:
            at.store.delete(at.key(*parts, leaf=leaf))
        except NotFoundError:
            return

    def erase(self, *parts: str, leaf: str) -> list[PurgeReceipt]:
        """Erase a document with its history, deleted or not; none where there is none."""
        at = self.documents
        try:
            return [documents.purge(at.store, at.key(*parts, leaf=leaf))]
        except NotFoundError:
            return []

    def erase_all(self, *roots: Sequence[str]) -> list[PurgeReceipt]:
        """Erase the documents whose names begin so. Raises: the first error, after all of a root
        were tried."""
        return [receipt for root in roots for receipt in self.documents.purge(*root)]
