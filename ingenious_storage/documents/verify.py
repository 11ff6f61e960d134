"""Verify: rebuild and check what is stored, and find what belongs to nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from ingenious_storage.backends.base import BlobInfo
from ingenious_storage.documents.deleted import DELETED_ROOT
from ingenious_storage.documents.delta import undo
from ingenious_storage.documents.head import Entry, Head, digest, without_delta
from ingenious_storage.documents.segment import ROOT, Pointer, split_key
from ingenious_storage.documents.store import DocumentStore
from ingenious_storage.documents.watch import watched
from ingenious_storage.errors import CorruptObjectError, StorageError
from ingenious_storage.parallel import map_all


@dataclass(frozen=True, slots=True)
class Problem:
    key: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    documents: int
    revisions: int
    """Rebuilt, and each checked by its SHA-256."""
    problems: tuple[Problem, ...]
    strays: tuple[str, ...]
    """Segments of no document's lineage: of a branch left by a restored head, or of a crash."""


@dataclass(frozen=True, slots=True)
class Found:
    key: str
    revisions: int
    strays: tuple[BlobInfo, ...]
    purged: bool = False
    """Its document was purged: all that is left of it may go."""


@watched
def verify(store: DocumentStore, prefix: str = "") -> VerifyReport:
    """Rebuild and check every revision of every document below `prefix`."""
    found = list(survey(store, prefix, rebuild=True))
    good = [item for item in found if isinstance(item, Found)]
    return VerifyReport(
        documents=len(found) - sum(item.revisions == 0 for item in good),
        revisions=sum(item.revisions for item in good),
        problems=tuple(item for item in found if isinstance(item, Problem)),
        strays=tuple(stray.key for item in good for stray in item.strays),
    )


def survey(store: DocumentStore, prefix: str, *, rebuild: bool) -> Iterator[Found | Problem]:
    # Segments are listed before any head is read: a segment that is on its way when a head is
    # read is either not in this listing, or the head points to it, or could still seal it.
    segments: dict[str, dict[Pointer, BlobInfo]] = defaultdict(dict)
    for info in store.files.list_blobs(ROOT + prefix):
        if named := split_key(info.key):
            segments[named[0]][named[1]] = info
    keys = sorted({*_document_keys(store, prefix), *segments})
    call = partial(_inspect, store, segments, rebuild=rebuild)
    for key, result in zip(keys, map_all(call, keys, workers=store.workers), strict=True):
        if isinstance(result, StorageError):
            if isinstance(result, CorruptObjectError):
                store.watch.corrupt_object(result)
            yield Problem(result.key or key, result.code, str(result))
        else:
            yield result


def _document_keys(store: DocumentStore, prefix: str) -> Iterator[str]:
    return (
        key for key in store.files.list_keys(prefix) if not key.startswith((ROOT, DELETED_ROOT))
    )


def _inspect(
    store: DocumentStore,
    segments: dict[str, dict[Pointer, BlobInfo]],
    key: str,
    *,
    rebuild: bool,
) -> Found:
    listed = segments.get(key, {})
    head = store.reader.read(key)
    try:
        return _check(store, listed, key, head, rebuild=rebuild)
    except CorruptObjectError:
        newer = store.reader.read(key)
        if newer is not None and head is not None and newer.etag == head.etag:
            raise
        return _check(store, listed, key, newer, rebuild=rebuild)  # pruned or purged meanwhile


def _check(
    store: DocumentStore,
    listed: Mapping[Pointer, BlobInfo],
    key: str,
    head: Head | None,
    *,
    rebuild: bool,
) -> Found:
    if head is None or head.purged:
        return Found(key, 0, tuple(listed.values()), purged=head is not None)
    chain = list(store.reader.segments(head, head.first))
    entries = [entry for segment in reversed(chain) for entry in segment.entries]
    _compare_copies(head, entries)
    entries = [e for e in (*entries, *head.unsealed) if e["number"] >= head.first]
    if rebuild:
        _rebuild_all(store, head, entries)
    # A segment of the head as it stands is the one that the next commit wants to seal.
    known = {segment.pointer for segment in chain} | {Pointer(head.number, head.write_id)}
    strays = tuple(info for pointer, info in listed.items() if pointer not in known)
    return Found(key, len(entries), strays)


def _compare_copies(head: Head, sealed: list[Entry]) -> None:
    """The entries that the head holds beside its segments must be those of the segments."""
    numbered = {entry["number"]: entry for entry in sealed}
    for copy in head.recent[: len(head.recent) - len(head.unsealed)]:
        if without_delta(copy) != without_delta(numbered[copy["number"]]):
            raise CorruptObjectError(
                f"the copy of revision {copy['number']} differs from its segment", key=head.key
            )


def _rebuild_all(store: DocumentStore, head: Head, entries: list[Entry]) -> None:
    limit = store.reader.segment_limit
    for older, data in undo(entries, head.data, key=head.key, limit=limit):
        if digest(data) != older["sha256"]:
            raise CorruptObjectError(
                f"revision {older['number']} does not match its SHA-256", key=head.key
            )
