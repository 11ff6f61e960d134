"""Repair: documents whose head is lost or cannot be read get one again.

From the head itself, when its data and its history are in order and only a field that nothing else
confirms does not match the checksum; else from the segments: the newest keyframe comes back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal, cast

from ingenious_storage.backends.base import Blob, IfAbsent, IfMatch
from ingenious_storage.documents.checking.check import check
from ingenious_storage.documents.checking.rebuild import Segments, entries_above, rebuilt_head
from ingenious_storage.documents.checking.survey import Damaged, survey
from ingenious_storage.documents.format.head import Head
from ingenious_storage.documents.format.markers import mark_deleted
from ingenious_storage.documents.format.parsing import parse_head
from ingenious_storage.documents.format.revision import Revision, RevisionId
from ingenious_storage.documents.format.segment import Segment, segment_key
from ingenious_storage.documents.reader import Reader
from ingenious_storage.documents.store import DocumentStore
from ingenious_storage.documents.telemetry import traced
from ingenious_storage.errors import (
    CorruptObjectError,
    NotFoundError,
    StorageError,
    UnsupportedFormatError,
)
from ingenious_storage.runtime.byte_cache import ByteCache
from ingenious_storage.runtime.parallel import map_all

Source = Literal["head", "segments"]
_NUMBER: Final = re.compile(rb'"number":([1-9][0-9]{0,14}),"write_id"')


@dataclass(frozen=True, slots=True)
class Repair:
    """What became of one document, or would become of it in a dry run."""

    key: str
    name: str
    source: Source | None
    """What the head is rebuilt from; None: nothing comes back, and nothing is changed."""
    revision: Revision | None
    """The newest revision that comes back."""
    first: int | None
    """The oldest that comes back. Above 1, what is below was pruned before or is lost."""
    lost: tuple[Revision, ...]
    """Revisions with an entry in a segment that do not come back, oldest first."""
    lost_up_to: int | None
    """The newest revision that any trace is left of. What was saved after it is lost too."""
    damaged: tuple[str, ...]
    """Keys of segments that cannot be read."""
    dry_run: bool


@traced
def repair(
    store: DocumentStore,
    prefix: str = "",
    *,
    name_of: Callable[[str], str | None] = lambda _key: None,
    dry_run: bool = True,
) -> list[Repair]:
    """Rebuild the heads that `verify` misses or cannot read, below `prefix`.

    Documents that have a head, and what a purge left, are not touched.

    Args:
        name_of: the name of a document by its key, where no segment has it.
        dry_run: only say what would come back.

    Raises: ConflictError and AlreadyExistsError when somebody writes the same head meanwhile;
    what the store raises when a segment cannot be reached: nothing is written then.
    """
    return [
        made
        for item in survey(store, prefix, rebuild=False)
        if isinstance(item, Damaged)
        for made in _document(store, item.key, name_of(item.key), dry_run=dry_run)
    ]


@dataclass(frozen=True, slots=True)
class _Remains:
    """All that is stored of a document whose head is lost or cannot be read."""

    blob: Blob | None
    """What stands in the head's place."""
    listed: Sequence[RevisionId]
    good: Segments

    def lost(self, above: int) -> list[Revision]:
        return [Revision.of_entry(entry) for entry in entries_above(self.good, above)]

    def damaged(self, key: str) -> tuple[str, ...]:
        return tuple(segment_key(key, each) for each in self.listed if each not in self.good)

    def newest_trace(self) -> int:
        """The newest revision that there is any trace of, however damaged; 0 without any."""
        named = _NUMBER.search(self.blob.data) if self.blob else None
        numbers = [each.number for each in (*self.listed, *self.lost(above=0))]
        return max([*numbers, int(named[1]) if named else 0])


def _document(
    store: DocumentStore, key: str, name: str | None, *, dry_run: bool
) -> Iterator[Repair]:
    reader = replace(store.reader, heads=ByteCache(0), rebuilt=ByteCache(0))
    remains = _remains(reader, key)
    if remains is None:
        return
    head, source = _rebuilt(reader, remains, key, name)
    if head is not None and not dry_run:
        _put(store, head, remains.blob)
    newest = head.revision if head else None
    number, trace = newest.number if newest else 0, remains.newest_trace()
    yield Repair(
        key,
        head.name if head else name or key,
        source,
        newest,
        head.first if head else None,
        () if source == "head" else tuple(remains.lost(above=number)),
        trace if trace > number else None,
        remains.damaged(key),
        dry_run,
    )


def _remains(reader: Reader, key: str) -> _Remains | None:
    """None when the head is in order: only history is damaged, or somebody was faster."""
    try:
        blob: Blob | None = reader.files.load_blob(key, fresh=True)
    except NotFoundError:
        blob = None
    if blob is not None and _is_whole(blob.data, key, reader.segment_limit):
        return None
    listed = sorted(reader.stored(key))
    read = zip(listed, map_all(partial(reader.segment, key), listed, workers=4), strict=True)
    good = {of: segment for of, segment in read if not _is_damaged(segment)}
    return _Remains(blob, listed, cast(Segments, good))


def _is_damaged(segment: Segment | StorageError) -> bool:
    """Raises: what says nothing of the segment, such as UnavailableError. Taken for damage, it
    would leave out of the head what is only out of reach now, and `gc` would sweep it later."""
    if isinstance(segment, CorruptObjectError | UnsupportedFormatError):
        return True
    if isinstance(segment, StorageError):
        raise segment
    return False


def _rebuilt(
    reader: Reader, remains: _Remains, key: str, name: str | None
) -> tuple[Head | None, Source | None]:
    blob = remains.blob
    head = _salvaged(reader, blob.data, key, name) if blob else None
    if head is not None:
        return head, "head"
    limit = reader.segment_limit
    head = rebuilt_head(remains.good, key=key, name=name or key, limit=limit)
    return head, "segments" if head else None


def _is_whole(raw: bytes, key: str, limit: int) -> bool:
    try:
        parse_head(raw, key=key, etag=None, limit=limit)
    except CorruptObjectError:
        return False
    return True


def _salvaged(reader: Reader, raw: bytes, key: str, name: str | None) -> Head | None:
    """A head that only its checksum refuses, if all that can be compared is in order."""
    try:
        head = parse_head(raw, key=key, etag=None, checked=False, limit=reader.segment_limit)
        check(reader, head, rebuild=True)
    except CorruptObjectError:
        return None
    return head if name is None else replace(head, fields={**head.fields, "name": name})


def _put(store: DocumentStore, head: Head, blob: Blob | None) -> None:
    if head.deleted:
        mark_deleted(store.files, head.key)
    condition = IfMatch(blob.info.etag) if blob else IfAbsent()
    store.files.save_bytes(
        head.key, head.encode(), content_type=head.content_type, condition=condition
    )
