"""Expiry: whole documents go that nobody has written for their TTL, and what belongs together goes
together.

A single document is purged on condition of the ETag that was looked at. Of several, each is
deleted first, on the same condition, so that its revisions stay: only when all are, they are
purged. Where somebody writes one of them before, those that were deleted come back. A run that was
killed in between is told by the note of these deletions, and the next one ends it either way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ingenious_storage import documents
from ingenious_storage.documents import DocumentStore, RevisionId, note
from ingenious_storage.documents.checking.stored import Stored
from ingenious_storage.documents.format.head import Head
from ingenious_storage.errors import (
    ConflictError,
    CorruptObjectError,
    NotFoundError,
    StorageError,
    UnsupportedFormatError,
)
from ingenious_storage.services.pruning import marks
from ingenious_storage.services.pruning.marks import Marks
from ingenious_storage.services.pruning.policy import PruneKind
from ingenious_storage.services.pruning.summary import PruneEntry
from ingenious_storage.services.pruning.wholes import Whole

EXPIRED: Final = "ingenious-storage prune: not written for longer than its TTL"
"""The note of a deletion that is followed by a purge."""


@dataclass(frozen=True, slots=True)
class _Document:
    """One that is there, as it was looked at."""

    stored: Stored
    etag: str | None
    is_young: bool
    taken: RevisionId | None = None
    """The deletion, of one that a run has deleted in order to purge it."""

    @property
    def key(self) -> str:
        return self.stored.key


@dataclass(frozen=True, slots=True)
class Expiry:
    """Of documents that were last written at `limit` or before, by the store's own clock."""

    kind: PruneKind
    store: DocumentStore
    limit: datetime
    dry_run: bool

    def is_due(self, listed: Iterable[Stored]) -> bool:
        """Whether a listing leaves it open that these documents go, or come back.

        One that was once deleted or purged says by its head alone how old it is.
        """
        there = [each for each in listed if each.head is not None]
        young = [each for each in there if each.head and each.head.last_modified > self.limit]
        if all(each.marked for each in young):
            return bool(there)
        return len(there) > 1 and any(each.marked for each in there)

    def erase(self, whole: Whole, listed: Iterable[Stored]) -> list[PruneEntry]:
        """Erase all of them, or none. Raises: the errors of the store, when none of them went."""
        there = self._there(whole, listed)
        if any(each.is_young for each in there):
            self._back(there)
            return []
        if self.dry_run:
            return [self._would(each) for each in there]
        try:
            ready = there if len(there) == 1 else self._take(there)
        except ConflictError:
            return [PruneEntry(self.kind, each.key, "kept") for each in there]
        except NotFoundError:  # somebody else has purged them
            return []
        return [entry for each in ready for entry in self._purged(whole, each)]

    def _there(self, whole: Whole, listed: Iterable[Stored]) -> Sequence[_Document]:
        """Those that belong together; none where they go with others, which are met elsewhere."""
        there = list(self._looked_at(listed))
        elsewhere = list(self._looked_at(self._elsewhere(whole))) if there else []
        if whole.follows and elsewhere:
            return ()
        return [*elsewhere, *there]  # the one that others follow goes last

    def _looked_at(self, listed: Iterable[Stored]) -> Iterator[_Document]:
        return (each for each in map(self._look, listed) if each is not None)

    def _elsewhere(self, whole: Whole) -> Iterator[Stored]:
        blobs = self.store.files.list_blobs(whole.elsewhere) if whole.elsewhere else ()
        for blob in blobs:
            if self.store.owns(blob.key):
                yield Stored(blob.key, blob, marked=True)  # it may be: nobody has asked

    def _look(self, stored: Stored) -> _Document | None:
        """None for what a purge has left."""
        if stored.head is None:
            return None
        is_young, etag = stored.head.last_modified > self.limit, stored.head.etag
        if not stored.marked:
            return _Document(stored, etag, is_young)
        try:
            head = self.store.head(stored.key)
        except (CorruptObjectError, UnsupportedFormatError):
            return _Document(stored, etag, is_young)  # a purge needs no head
        if head is None or head.purged:
            return None
        if head.deleted and head.revision.message == EXPIRED:
            return _Document(stored, head.etag, is_young=False, taken=head.id)
        return _Document(stored, head.etag, is_young or head.etag != etag)

    def _take(self, there: Sequence[_Document]) -> Sequence[_Document]:
        """Delete all of them. Raises: what the first that failed did; then all are back."""
        taken: list[_Document] = []
        try:
            for each in there:
                taken.append(self._taken(each))  # noqa: PERF401  # what was taken comes back
        except StorageError:
            self._back([*taken, *there[len(taken) :]])
            raise
        return taken

    def _taken(self, document: _Document) -> _Document:
        head = self._as_looked_at(document)
        if head.deleted:
            return document
        why = note(message=EXPIRED)
        deletion = self.store.delete(document.key, note=why, expected=head.id).id
        now = self.store.head(document.key, fresh=False) or self.store.head(document.key)
        if now is None or now.id != deletion:
            raise ConflictError("somebody wrote it meanwhile", key=document.key)
        return _Document(document.stored, now.etag, is_young=False, taken=deletion)

    def _as_looked_at(self, document: _Document) -> Head:
        head = self.store.existing(document.key)
        if head.etag != document.etag:
            raise ConflictError("somebody wrote it meanwhile", key=document.key)
        return head

    def _back(self, there: Iterable[_Document]) -> None:
        """Undo the deletions, but of what somebody wrote or purged since."""
        for each in there:
            if each.taken is not None and not self.dry_run:
                with suppress(ConflictError, NotFoundError):
                    self.store.restore(each.key, expected=each.taken)

    def _purged(self, whole: Whole, document: _Document) -> Iterator[PruneEntry]:
        try:
            found = self._marks(document) if whole.name == marks.FRAMEWORK else None
            receipt = documents.purge(self.store, document.key, etag=document.etag)
            yield PruneEntry.of_purge(self.kind, receipt)
            if found is not None:
                found.remove(self.store)
        except ConflictError:
            yield PruneEntry(self.kind, document.key, "kept")
        except NotFoundError:  # somebody else was faster
            return
        except StorageError as error:
            yield PruneEntry(self.kind, document.key, "failed", error=error)

    def _marks(self, document: _Document) -> Marks | None:
        """Raises: ConflictError; CorruptObjectError: its marks would be left."""
        head = self._as_looked_at(document)
        return None if head.deleted else Marks.of(self.store, head)

    def _would(self, document: _Document) -> PruneEntry:
        stored = document.stored
        blobs = [*stored.segments.values(), *([stored.head] if stored.head else ())]
        size = sum(blob.size for blob in blobs)
        return PruneEntry(self.kind, document.key, "erased", blobs=len(blobs), bytes=size)
