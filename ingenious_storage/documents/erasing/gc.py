"""Garbage collection: blobs that belong to no document are swept.

Segments of no lineage, what purges left, and markers of keys that have no head any more. Also keys
of documents that are no more: a purge that was interrupted leaves them, and a first save.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ingenious_storage.backends.base import BlobInfo, DocumentKey, IfMatch
from ingenious_storage.documents.checking.survey import Damaged, Found, survey
from ingenious_storage.documents.erasing.purge import GRACE
from ingenious_storage.documents.format.markers import DELETED_ROOT
from ingenious_storage.documents.format.parsing import parse_head
from ingenious_storage.documents.store import DocumentStore
from ingenious_storage.documents.telemetry import traced
from ingenious_storage.errors import (
    ConflictError,
    CorruptObjectError,
    NotFoundError,
    UnsupportedFormatError,
)


@dataclass(frozen=True, slots=True)
class GcReport:
    """What a sweep deleted, or would delete in a dry run. Reports add up."""

    keys: tuple[str, ...] = ()
    bytes: int = 0
    dry_run: bool = False
    destroyed: tuple[str, ...] = ()
    """Ids of keys of documents that are no more."""

    def __add__(self, other: GcReport) -> GcReport:
        keys, destroyed = self.keys + other.keys, self.destroyed + other.destroyed
        return GcReport(keys, self.bytes + other.bytes, other.dry_run, destroyed)


@traced
def gc(
    store: DocumentStore, prefix: str = "", *, grace: timedelta = GRACE, dry_run: bool = False
) -> GcReport:
    """Delete orphans and purge tombstones older than `grace`, by the store's own clock.

    Segments of a document that was purged go whatever their age: that finishes a purge that was
    interrupted. A document with a problem keeps all that it has.
    """
    sweep = _Sweep(store, store.files.now() - grace, dry_run=dry_run)
    damaged = set()
    for item in survey(store, prefix, rebuild=False):
        if isinstance(item, Damaged):
            damaged.add(item.key)
        else:
            sweep.document(item)
    markers = store.files.list_blobs(DELETED_ROOT + prefix)
    named = ((blob.key.removeprefix(DELETED_ROOT), blob) for blob in markers)
    for key, marker in _alone(store, prefix, named, gone=sweep.swept):
        if key not in damaged and not store.files.is_folder_marker(marker):
            sweep.one(marker)
    records = ((record.key, record) for record in store.files.keyed_documents(prefix))
    for key, record in _alone(store, prefix, records, gone=sweep.swept):
        if key not in damaged:
            sweep.keys_of(record)
    blobs = tuple(sweep.swept)
    return GcReport(blobs, sum(sweep.swept.values()), dry_run, tuple(sweep.destroyed))


@dataclass(slots=True)
class _Sweep:
    store: DocumentStore
    limit: datetime
    dry_run: bool
    swept: dict[str, int] = field(default_factory=dict)
    destroyed: list[str] = field(default_factory=list)

    def document(self, found: Found) -> None:
        old = {
            orphan.key: orphan.size
            for orphan in found.orphans
            if found.purged or orphan.last_modified <= self.limit
        }
        if old and not self.dry_run:
            old = self._deleted(old)
        self.swept.update(old)
        if found.purged and len(old) == len(found.orphans):
            self._tombstone(found.key)
        if found.over is not None:
            self._keys_before(found.key, found.over)

    def _deleted(self, orphans: dict[str, int]) -> dict[str, int]:
        """Their names are unique: no other segment can be hit."""
        errors = self.store.files.delete_many(list(orphans))
        return {key: size for key, size in orphans.items() if errors[key] is None}

    def keys_of(self, record: BlobInfo) -> None:
        """Destroy the keys of a document that is not there, all but young ones: somebody may be
        about to save its first revision."""
        if record.last_modified > self.limit:
            return
        key, held = record.key, self._held(record.key)
        old = [name for name, each in held.items() if each.created_at <= self.limit]
        # Asked once more, behind its keys: one that began meanwhile has another.
        if (self.dry_run and key in self.swept) or not self.store.files.exists(key):
            self._destroy(key, old)

    def _keys_before(self, key: str, over: str) -> None:
        """Destroy what a purge that was interrupted left of the documents before this one.

        Whoever began it, over the tombstone, put its key in front of theirs; nobody who has read
        this document writes with one behind that.
        """
        held = self._held(key)
        own = [at for at, each in enumerate(held.values()) if each.after == over]
        if own:
            self._destroy(key, list(held)[own[-1] + 1 :])

    def _held(self, key: str) -> Mapping[str, DocumentKey]:
        """None of a record that cannot be read: a purge takes it away."""
        with suppress(CorruptObjectError, UnsupportedFormatError):
            return self.store.files.document_keys(key) or {}
        return {}

    def _destroy(self, key: str, names: Collection[str]) -> None:
        if names and not self.dry_run:
            self.store.files.destroy_keys(key, names)
        self.destroyed.extend(names)

    def _tombstone(self, key: str) -> None:
        with suppress(NotFoundError):
            blob = self.store.files.load_blob(key, fresh=True)
            limit = self.store.reader.segment_limit
            if not parse_head(blob.data, key=key, etag=None, limit=limit).purged:
                return
            # Before the tombstone goes: a document that began in between would hide them from
            # every sweep. A dry run counts those of an old one with the other records.
            if blob.info.last_modified > self.limit or not self.dry_run:
                self._keys_beneath(blob.info)
            self.one(blob.info)

    def _keys_beneath(self, tombstone: BlobInfo) -> None:
        """Destroy what a purge that was interrupted left, while its tombstone refuses whoever
        would use one of these keys for a first revision."""
        key, held = tombstone.key, self._held(tombstone.key)
        names = [name for name, each in held.items() if each.after != tombstone.etag]
        if names and self.store.files.blob_info(key).etag == tombstone.etag:
            self._destroy(key, names)

    def one(self, blob: BlobInfo) -> None:
        """Delete it unless it is young, or somebody put it again."""
        if blob.last_modified > self.limit:
            return
        with suppress(NotFoundError, ConflictError):
            if not self.dry_run:
                self.store.files.delete(blob.key, condition=IfMatch(blob.etag))
            self.swept[blob.key] = blob.size


def _alone(
    store: DocumentStore,
    prefix: str,
    named: Iterable[tuple[str, BlobInfo]],
    *,
    gone: Container[str],
) -> Iterator[tuple[str, BlobInfo]]:
    """Those of `named`, sorted by the key of a document, whose document has no head."""
    heads: Iterator[str] = store.files.list_keys(prefix)
    head: str | None = ""  # before all of them: nothing is listed for none
    for key, blob in named:
        while head is not None and head < key:
            head = next(heads, None)
        if store.owns(key) and (key in gone or (head != key and not store.files.exists(key))):
            yield key, blob
