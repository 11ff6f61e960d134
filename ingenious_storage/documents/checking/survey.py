"""Survey: every document below a prefix with all that is stored of it, in bounded memory.

Segments are listed before the head is read: a segment that is on its way when a head is read is
either not in this listing, or the head points to it, or could still seal it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from ingenious_storage.backends.base import BlobInfo
from ingenious_storage.documents.checking.check import check
from ingenious_storage.documents.checking.stored import Segments, Stored, stored
from ingenious_storage.documents.format.head import Head
from ingenious_storage.documents.format.revision import RevisionId
from ingenious_storage.documents.format.segment import is_full
from ingenious_storage.documents.reader import Reader
from ingenious_storage.documents.store import DocumentStore
from ingenious_storage.errors import CorruptObjectError, StorageError
from ingenious_storage.runtime.byte_cache import ByteCache
from ingenious_storage.runtime.parallel import map_stream

LOST_HEAD: Final = "lost_head"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a document, for a person to read."""

    key: str
    """Of the blob that is damaged, or of the document's head."""
    code: str
    """An error's, or LOST_HEAD."""
    message: str


@dataclass(frozen=True, slots=True)
class Found:
    """A document in order, or what is left of one that is gone."""

    key: str
    revisions: int
    orphans: tuple[BlobInfo, ...]
    """Segments of no lineage that is left."""
    purged: bool = False
    """Its document was purged: all that is left of it may go."""
    over: str | None = None
    """The ETag of the tombstone that the document began over."""


@dataclass(frozen=True, slots=True)
class Damaged:
    """A document with problems: nothing of it may be swept."""

    key: str
    problems: tuple[Problem, ...]


def survey(store: DocumentStore, prefix: str, *, rebuild: bool) -> Iterator[Found | Damaged]:
    """Each document below `prefix`; with `rebuild` every revision of it is rebuilt and checked."""
    return survey_of(store, stored(store, prefix), rebuild=rebuild)


def survey_of(
    store: DocumentStore, items: Iterable[Stored], *, rebuild: bool
) -> Iterator[Found | Damaged]:
    """The same of documents that were listed, by this process or by another one."""
    # What is stored is asked for, not what is remembered; and nothing new is remembered.
    reader = replace(store.reader, heads=ByteCache(0), rebuilt=ByteCache(0))
    call = partial(_inspect, reader, rebuild=rebuild)
    for item in map_stream(call, items, workers=store.readers):
        for error in item.errors:
            if isinstance(error, CorruptObjectError):
                store.telemetry.corrupt_object(error)
        yield item.found


@dataclass(frozen=True, slots=True)
class _Inspected:
    found: Found | Damaged
    errors: tuple[StorageError, ...] = ()


def _inspect(reader: Reader, item: Stored, *, rebuild: bool) -> _Inspected:
    key, listed = item.key, item.segments
    try:
        return _Inspected(_look(reader, key, listed, rebuild=rebuild))
    except StorageError as error:
        errors = (error, *_damaged_segments(reader, key, listed, error))
    problems = tuple(Problem(each.key or key, each.code, str(each)) for each in errors)
    return _Inspected(Damaged(key, problems), errors)


def _look(reader: Reader, key: str, listed: Segments, *, rebuild: bool) -> Found | Damaged:
    head = reader.read(key)
    if head is None:
        listed = reader.stored(key)  # purged meanwhile?
        head = reader.read(key)
    if head is None:
        return _lost(key, listed) if listed else Found(key, 0, ())
    while not head.purged:
        try:
            chain, revisions = check(reader, head, rebuild=rebuild)
        except CorruptObjectError:
            newer = reader.read(key)
            if newer is not None and newer.etag == head.etag:
                raise
            if newer is None:
                return _look(reader, key, listed, rebuild=rebuild)
            head = newer  # pruned or purged meanwhile
            continue
        known = {*chain, *_next(head)}
        orphans = tuple(info for newest, info in listed.items() if newest not in known)
        return Found(key, revisions, orphans, over=head.over)
    return Found(key, 0, tuple(listed.values()), purged=True)


def _next(head: Head) -> tuple[RevisionId, ...]:
    """The segment that the next commit wants to seal: of the head as it stands.

    Behind a rewrite it is what somebody has sealed of the history before that, unless it is due.
    """
    return () if head.rewritten and not is_full(head) else (head.id,)


def _lost(key: str, listed: Segments) -> Damaged:
    newest = max(each.number for each in listed)
    message = (
        f"this document has lost its head; segments up to revision {newest} are there: "
        "`ingenious-storage repair` shows what comes back"
    )
    return Damaged(key, (Problem(key, LOST_HEAD, message),))


def _damaged_segments(
    reader: Reader, key: str, listed: Segments, known: StorageError
) -> Iterator[StorageError]:
    """All others, once one thing is wrong."""
    if not isinstance(known, CorruptObjectError):
        return
    for newest in sorted(listed):
        try:
            reader.segment(key, newest)
        except StorageError as error:
            if error.key != known.key:
                yield error
