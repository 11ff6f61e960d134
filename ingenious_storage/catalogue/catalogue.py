"""`Catalogue`: sync, search and snapshots of one storage's index."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from ingenious_storage.catalogue import place, publishing, snapshot
from ingenious_storage.catalogue.index import Index
from ingenious_storage.catalogue.records import (
    CatalogueStatus,
    DocumentKind,
    Forgotten,
    Published,
    Query,
    Results,
    SyncReport,
)
from ingenious_storage.catalogue.searching import search
from ingenious_storage.catalogue.sources import Source
from ingenious_storage.catalogue.sync import Found, Progress, Spread, Sync, read
from ingenious_storage.catalogue.telemetry import timed
from ingenious_storage.documents import DocumentStore
from ingenious_storage.documents.writing.committer import utc_now
from ingenious_storage.errors import (
    CatalogueUnusableError,
    ConfigurationError,
    PlainIndexRefusedError,
    PublishRefusedError,
    UnavailableError,
)
from ingenious_storage.runtime.unpickled import Unpickled
from ingenious_storage.services.by_container import Attempted
from ingenious_storage.services.kinds import Kind
from ingenious_storage.wiring import Containers


def _silent(_listed: int, _read: int) -> None:
    """Of who wants no progress."""


class Catalogue(Unpickled):
    """The index of the documents of one storage, in a local file that can be thrown away.

    Making one does no I/O. Thread-safe, and several processes may use one file.

    Where encryption is on, each call but `forget` and `close` raises PlainIndexRefusedError unless
    `storage.catalogue.plain_index` is set: the file has the text of all documents as it is.

    Args:
        containers: of the storage.
        kinds: the documents of each kind, and their keys.
        clock: says when a sync began, with a time zone.
    """

    def __init__(
        self,
        containers: Containers,
        kinds: Mapping[DocumentKind, tuple[DocumentStore, Kind]],
        *,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._containers, self._clock = containers, clock
        self._kinds = kinds
        self._index = Index(place.path_of(containers))
        self._made_by = os.getpid()

    @property
    def path(self) -> Path:
        """The file of the index, which need not be there."""
        return self._index.path

    @timed
    def sync(self, *, progress: Progress | None = None) -> SyncReport:
        """Read what changed since the last one; the first may begin with a published snapshot.

        A listing of each container, and a request for each document that changed. A sync that was
        interrupted goes on where it was. A damaged index is thrown away and made anew.

        Args:
            progress: told how many documents were listed and how many read, now and then.

        Raises: PlainIndexRefusedError; ConfigurationError when the file is the index of another
        storage; the errors of the store.
        """
        try:
            return self._sync(progress or _silent)
        except CatalogueUnusableError:
            self._index.discard()
            return self._sync(progress or _silent)

    @timed
    def rebuild(
        self, *, progress: Progress | None = None, spread: Spread | None = None
    ) -> SyncReport:
        """Throw the file away, whatever it is, and read every document, whatever was published.

        Args:
            progress: as of `sync`.
            spread: gets the keys of all documents of a kind, and gives what `read` finds of them,
                some at a time and in their order, from whichever processes; this one alone writes
                the index. None: all is read here.

        Raises: as `sync`, but for the index of another storage, which is thrown away too; and what
        `spread` raises.
        """
        self._refuse_plain()
        self._index.discard()
        return self._sync(progress or _silent, anew=True, spread=spread)

    def read(self, kind: DocumentKind, keys: Iterable[str]) -> list[Found]:
        """What `rebuild` holds of these documents, as they are now, with their text; no index is
        touched.

        Raises: PlainIndexRefusedError; the errors of the store.
        """
        self._refuse_plain()
        return list(read(Source.of(self._containers, kind, *self._kinds[kind]), keys))

    def search(self, query: Query, *, limit: int = 20, offset: int = 0) -> Results:
        """What fits, best first, of at most 5,000. No request to the store.

        Args:
            query: what is looked for; the signs in its words are explained in docs/catalogue.md.
            limit: documents, from 1 to 1,000.
            offset: how many of the best are passed over.

        Raises: InvalidDataError for what cannot be looked for; as `Index` does.
        """
        return search(self._usable(), query, limit=limit, offset=offset)

    def status(self) -> CatalogueStatus:
        """What the index holds; nothing where there is none. No request to the store.

        Raises: as `sync`; CatalogueUnusableError.
        """
        return self._usable().status()

    def publish(self, *, progress: Progress | None = None) -> Attempted[Published]:
        """Put a snapshot of each container into that container, for new machines to begin with.

        It syncs before, and looks behind: what was erased meanwhile is not left published.

        Raises: PublishRefusedError while encryption is on; ConflictError when somebody else
        published meanwhile; PermissionDeniedError when no container may be written; and as `sync`.
        """
        if self._containers.settings.storage.encryption.is_on:
            raise PublishRefusedError(
                "encryption is on: a snapshot would keep the text of what is erased later"
            )
        return publishing.publish(
            self._usable(), self._sources(), lambda: self.sync(progress=progress), self._clock
        )

    def forget(
        self, kind: DocumentKind, names: Iterable[str] = (), *, keys: Iterable[str] = ()
    ) -> Forgotten:
        """Take documents that were erased out of the index, and delete what was published.

        Call it after an erasure. Other machines lose the documents at their next sync. Where this
        machine has no index, none is made.

        Args:
            names: conversation ids, or names of prompt sets or labels.
            keys: the same by the keys of their blobs, where nobody knows the names.

        Raises: InvalidKeyError; UnavailableError when others read the index all the time, so that
        what they read is still in it; the errors of the store.
        """
        _, named = self._kinds[kind]
        wanted = [*map(named.key, names), *keys]
        removed = self._take_out(kind, wanted) if self._index.exists else None
        source = next(each for each in self._sources() if each.kind == kind)
        return Forgotten(removed, snapshot.withdraw(source.files) if wanted else ())

    def close(self) -> None:
        """Close the file; more than once is fine."""
        self._index.close()
        if place.is_passing(self._containers) and self._made_by == os.getpid():
            self._index.discard()

    def _take_out(self, kind: DocumentKind, keys: Iterable[str]) -> int:
        try:
            removed = self._index.forget(kind, keys)
            self._index.scrub()
        except CatalogueUnusableError:
            self._index.discard()  # it cannot be shown to hold nothing of them
            return 0
        return removed

    def _sync(
        self, progress: Progress, *, anew: bool = False, spread: Spread | None = None
    ) -> SyncReport:
        index, sources = self._usable(), self._sources()
        run, began = Sync(index, progress, spread), self._clock()
        index.set_state(identity=self._identity(), complete=None)
        storage = self._containers.settings.storage
        begun = not (anew or storage.encryption.is_on) and publishing.begin(
            run, sources, largest=storage.max_document_bytes
        )
        run.run(sources)
        if len(run.refused) == len({source.role for source in sources}):
            raise next(iter(run.refused.values()))
        synced = {
            publishing.state_of(source.role): "yes"
            for source in sources
            if source.role not in run.refused
        }
        index.set_state(synced_at=began.isoformat(), complete="yes", **synced)
        index.scrub()
        with suppress(UnavailableError):  # then the next one empties the log
            index.checkpoint()
        return run.report(from_snapshot=begun)

    def _sources(self) -> list[Source]:
        return [Source.of(self._containers, kind, *each) for kind, each in self._kinds.items()]

    def _usable(self) -> Index:
        """The index, once it is known to be ours. Raises: as `sync`, and CatalogueUnusableError."""
        self._refuse_plain()
        if self._index.exists and self._index.state("identity") not in {None, self._identity()}:
            raise ConfigurationError(
                f"{self.path} is the index of another storage",
                hint="Give each its own storage.catalogue.path, or run `index rebuild` to take it.",
            )
        return self._index

    def _identity(self) -> str:
        return place.identity_of(self._containers)

    def _refuse_plain(self) -> None:
        settings = self._containers.settings.storage
        if settings.encryption.is_on and not settings.catalogue.plain_index:
            there = f"; one from before lies at {self.path}" if self._index.exists else ""
            raise PlainIndexRefusedError(
                "encryption is on, and an index would have the text of all documents as it is, on "
                f"the disk of this machine{there}"
            )
