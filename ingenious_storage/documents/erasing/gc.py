"""Garbage collection: blobs that belong to no document are swept.

Segments of no lineage, what purges left, and markers of keys that have no head any more.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ingenious_storage.backends.base import BlobInfo, IfMatch
from ingenious_storage.documents.checking.survey import Damaged, Found, survey
from ingenious_storage.documents.erasing.purge import GRACE
from ingenious_storage.documents.format.head import parse_head
from ingenious_storage.documents.format.markers import DELETED_ROOT
from ingenious_storage.documents.store import DocumentStore
from ingenious_storage.documents.telemetry import traced
from ingenious_storage.errors import ConflictError, NotFoundError


@dataclass(frozen=True, slots=True)
class GcReport:
    """What a sweep deleted, or would delete in a dry run. Reports add up."""

    keys: tuple[str, ...] = ()
    bytes: int = 0
    dry_run: bool = False

    def __add__(self, other: GcReport) -> GcReport:
        return GcReport(self.keys + other.keys, self.bytes + other.bytes, other.dry_run)


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
    for marker in _markers_alone(store, prefix, gone=sweep.swept):
        if marker.key.removeprefix(DELETED_ROOT) not in damaged:
            sweep.one(marker)
    return GcReport(tuple(sweep.swept), sum(sweep.swept.values()), dry_run)


@dataclass(slots=True)
class _Sweep:
    store: DocumentStore
    limit: datetime
    dry_run: bool
    swept: dict[str, int] = field(default_factory=dict)

    def document(self, found: Found) -> None:
        old = {
            orphan.key: orphan.size
            for orphan in found.orphans
            if found.purged or orphan.last_modified <= self.limit
        }
        if old and not self.dry_run:
            # Their names are unique: no other segment can be hit.
            failed = {
                key for key, error in self.store.files.delete_many(list(old)).items() if error
            }
            old = {key: size for key, size in old.items() if key not in failed}
        self.swept.update(old)
        if found.purged and len(old) == len(found.orphans):
            self._tombstone(found.key)

    def _tombstone(self, key: str) -> None:
        with suppress(NotFoundError):
            blob = self.store.files.load_blob(key, fresh=True)
            if parse_head(blob.data, key=key, etag=None).purged:
                self.one(blob.info)

    def one(self, blob: BlobInfo) -> None:
        """Delete it unless it is young, or somebody put it again."""
        if blob.last_modified > self.limit:
            return
        with suppress(NotFoundError, ConflictError):
            if not self.dry_run:
                self.store.files.delete(blob.key, condition=IfMatch(blob.etag))
            self.swept[blob.key] = blob.size


def _markers_alone(
    store: DocumentStore, prefix: str, *, gone: Container[str]
) -> Iterator[BlobInfo]:
    """Markers of keys without a head, in the order of both listings."""
    heads = store.files.list_keys(prefix)
    head = next(heads, None)
    for marker in store.files.list_blobs(DELETED_ROOT + prefix):
        key = marker.key.removeprefix(DELETED_ROOT)
        while head is not None and head < key:
            head = next(heads, None)
        if not store.owns(key) or store.files.is_folder_marker(marker):
            continue
        if key in gone or (head != key and not store.files.exists(key)):
            yield marker
