"""`Catalogue`: sync, search and snapshots of one storage's index."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from ingenious_storage.catalogue import search
from ingenious_storage.catalogue.index import Index
from ingenious_storage.catalogue.records import (
    CatalogueStatus,
    DocumentKind,
    Published,
    Query,
    Results,
    SyncReport,
)
from ingenious_storage.documents import DocumentStore
from ingenious_storage.runtime.unpickled import Unpickled
from ingenious_storage.services.kinds import Kind


class Catalogue(Unpickled):
    """The index of the documents of one storage, in a local file that can be thrown away.

    Making one does no I/O. Thread-safe.

    Args:
        sources: the documents of each kind, and their keys.
        path: of the file.
    """

    def __init__(
        self, sources: dict[DocumentKind, tuple[DocumentStore, Kind]], *, path: Path
    ) -> None:
        self.path, self._index = path, Index(path)
        self._sources = sources

    def sync(self, *, progress: Callable[[int, int], None] | None = None) -> SyncReport:
        """Read what changed since the last one.

        Args:
            progress: told how many documents were listed and how many read, now and then.
        """
        raise NotImplementedError

    def rebuild(self, *, progress: Callable[[int, int], None] | None = None) -> SyncReport:
        """Throw the file away and read every document."""
        raise NotImplementedError

    def search(self, query: Query, *, limit: int = 20, offset: int = 0) -> Results:
        """What fits, best first, of at most 5,000. No request to the store.

        Args:
            query: what is looked for; the signs in its words are explained in docs/catalogue.md.
            limit: documents, from 1 to 1,000.
            offset: how many of the best are passed over.

        Raises: InvalidDataError for what cannot be looked for; as `Index` does.
        """
        return search.search(self._index, query, limit=limit, offset=offset)

    def status(self) -> CatalogueStatus:
        """What the index holds. No request to the store. Raises: as `Index` does."""
        return self._index.status()

    def publish(self) -> Published:
        """Put a snapshot into the container, for new machines to begin with."""
        raise NotImplementedError

    def forget(self, kind: DocumentKind, names: Iterable[str]) -> None:
        """Take documents that were erased out of the index and out of what was published."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the file; more than once is fine."""
        self._index.close()
