"""Walk: the revisions of a document with their data, newest first, each segment read once."""

from __future__ import annotations

from collections.abc import Iterator

from ingenious_storage.documents.document import Document
from ingenious_storage.documents.format.delta import apply_delta
from ingenious_storage.documents.format.encoding import encoding_of
from ingenious_storage.documents.format.head import Head, digest
from ingenious_storage.documents.format.records import Entry
from ingenious_storage.documents.format.revision import Revision
from ingenious_storage.documents.format.segment import Segment
from ingenious_storage.documents.reader import Reader
from ingenious_storage.documents.store import DocumentStore
from ingenious_storage.errors import ConflictError, CorruptObjectError


def revisions(
    store: DocumentStore, key: str, *, newest: int | None = None, head: Head | None = None
) -> Iterator[Document | Revision]:
    """The revisions that are kept, newest first: each with its data, a deletion without.

    One request for the head, and one for each segment that is walked into, when it is: take as many
    as you need. Of a packed document the newest ten come with the head.

    Args:
        newest: the number to begin at, if there are as many.
        head: the document's, when the caller has just read it: then it is not read again.

    Raises: NotFoundError; CorruptObjectError; ConflictError when the history was erased meanwhile.
    """
    head = head or store.existing(key, fresh=False)
    encoding = encoding_of(head.encoding, key=key)
    try:
        for entry, data in walk(store.reader, head, newest=newest):
            revision = Revision.of_entry(entry)
            if entry["deleted"]:
                yield revision
            else:
                yield Document(encoding.loads(data, key=key), revision, head.name)
    except CorruptObjectError as error:
        now = store.existing(key)
        if _history_of(now) == _history_of(head):
            store.telemetry.corrupt_object(error)
            raise
        raise ConflictError("its history was erased while it was read", key=key) from error


def _history_of(head: Head) -> tuple[object, ...]:
    """What changes when some of it is erased."""
    return head.first, head.origin, *head.rewritten[-1:]


def walk(reader: Reader, head: Head, *, newest: int | None = None) -> Iterator[tuple[Entry, bytes]]:
    """Entries with their data, behind this head. Raises: CorruptObjectError."""
    begin = head.number if newest is None else min(newest, head.number)
    base = None if begin >= head.lowest_here else reader.keyframe(head, begin)
    data = head.data if base is None or base.data is None else base.data
    newer: Entry | None = None
    for entry in _downwards(reader, head, base):
        if newer is not None:
            data = apply_delta(data, newer.get("delta"), size=entry["size"], key=head.key)
        newer = entry
        if entry["number"] > begin:
            continue
        if digest(data) != entry["sha256"]:
            number = entry["number"]
            raise CorruptObjectError(f"revision {number} does not match its SHA-256", key=head.key)
        yield entry, data


def _downwards(reader: Reader, head: Head, base: Segment | None) -> Iterator[Entry]:
    """Entries, each with its delta; from a keyframe, or from the head."""
    segment, above = base, head.number + 1
    if base is None:
        for entry in reversed(head.recent):
            if entry.get("delta") is None and entry["number"] > head.first:
                break  # a copy
            above = entry["number"]
            yield entry
        segment = _holding(reader, head, above - 1)
    while segment is not None:
        for entry in reversed((*segment.overlap, *segment.entries)):
            if head.first <= entry["number"] < above:
                above = entry["number"]
                yield entry
        before = segment.previous
        older = before is not None and before.number >= head.first
        segment = reader.segment(head.key, before) if before is not None and older else None


def _holding(reader: Reader, head: Head, number: int) -> Segment | None:
    """The segment with this revision, None when there is none below the head."""
    if number < head.first:
        return None
    *_, segment = reader.segments(head, number)
    return segment
