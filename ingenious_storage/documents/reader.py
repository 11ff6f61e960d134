"""Reader: heads, the segments behind them, and any revision rebuilt and checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from ingenious_storage.backends.base import Blob, BlobInfo
from ingenious_storage.documents.format.delta import undo
from ingenious_storage.documents.format.head import Head, digest
from ingenious_storage.documents.format.index import covers
from ingenious_storage.documents.format.parsing import parse_head
from ingenious_storage.documents.format.records import Entry
from ingenious_storage.documents.format.revision import Revision, RevisionId, number_of
from ingenious_storage.documents.format.segment import (
    Segment,
    folder,
    parse_segment,
    segment_key,
    split_key,
    unpacked_limit,
)
from ingenious_storage.errors import (
    ConflictError,
    CorruptObjectError,
    KeyDestroyedError,
    NotFoundError,
    NotModifiedError,
    RevisionNotFoundError,
    RevisionPrunedError,
    StorageError,
)
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.runtime.byte_cache import ByteCache
from ingenious_storage.runtime.parallel import WORKERS, map_all

_CACHE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Rebuilt:
    entry: Entry
    data: bytes
    witness: RevisionId
    """Of the head that it was rebuilt behind."""
    rewritten: Sequence[str]
    """The newest rewrite of that head, if there was any."""

    def is_behind(self, head: Head) -> bool:
        """Whether it is of `head`'s lineage: revisions never change, but lineages do."""
        if self.rewritten != head.rewritten[-1:]:
            return False
        number, write_id = self.witness.number, self.witness.write_id
        return any(e["write_id"] == write_id and e["number"] == number for e in head.recent)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads documents of one container. Remembers heads and rebuilt revisions, bounded by bytes.

    What is remembered is only used after its ETag was confirmed, by a conditional read or write.
    """

    files: FileStorage
    workers: int = WORKERS
    segment_limit: int = unpacked_limit(0)
    """Bytes of a segment when it is unpacked, and of a revision when it is rebuilt."""
    heads: ByteCache[Head] = field(default_factory=lambda: ByteCache(_CACHE_BYTES))
    rebuilt: ByteCache[_Rebuilt] = field(default_factory=lambda: ByteCache(_CACHE_BYTES))

    def read(self, key: str, *, fresh: bool = True) -> Head | None:
        """The head as it is now, None when there is none: one request, a 304 when remembered.

        Without `fresh`, as a cache layer may remember it: nothing may be decided on that.

        Raises: InvalidKeyError; what is remembered has a valid key.
        """
        held = self.heads.get(key) if isinstance(key, str) else None
        etag = held.etag if held else None
        if etag is not None and not fresh and self.files.backend.is_current(key, etag):
            return held
        try:
            blob = self._blob(key, etag, fresh=fresh)
        except NotModifiedError:
            return held
        except NotFoundError:
            self.heads.pop(key)
            return None
        head = parse_head(blob.data, key=key, etag=blob.info.etag, limit=self.segment_limit)
        self.remember(head)
        return head

    def _blob(self, key: str, etag: str | None, *, fresh: bool) -> Blob:
        try:
            return self.files.load_blob(key, if_none_match=etag, fresh=fresh)
        except KeyDestroyedError:
            # Is it gone, or was it purged between its bytes and its key? Then a tombstone is there.
            return self.files.load_blob(key, if_none_match=etag, fresh=True)

    def remember(self, head: Head) -> None:
        """Keep a head for the next conditional read or write."""
        # An entry takes about 1 KiB besides its delta, and the head around them half as much again.
        self.heads.put(head.key, head, len(head.data) + 1536 + 1024 * len(head.recent))

    def forget(self) -> None:
        """All that is remembered."""
        self.heads.clear()
        self.rebuilt.clear()

    def entries(self, head: Head, *, lowest: int = 1) -> Iterator[Entry]:
        """Entries newest first, from `head` down to `lowest` (or the oldest that is kept)."""
        lowest = max(lowest, head.first)
        oldest_here = head.recent[0]["number"]
        yield from (entry for entry in reversed(head.recent) if entry["number"] >= lowest)
        if lowest < oldest_here:
            for segment in self.segments(head, lowest):
                for entry in reversed(segment.entries):
                    if lowest <= entry["number"] < oldest_here:
                        yield entry

    def entry(self, head: Head, number: int) -> Entry:
        """Raises: RevisionNotFoundError, RevisionPrunedError, CorruptObjectError."""
        self.require(head, number)
        for entry in head.recent:
            if entry["number"] == number:
                return entry
        *_, covering = self.segments(head, number)
        return covering.entries[number - covering.first]

    def data(self, head: Head, number: int) -> tuple[Entry, bytes]:
        """Entry and data of a revision, checked by its SHA-256.

        Raises: RevisionNotFoundError, RevisionPrunedError, CorruptObjectError.
        """
        self.require(head, number)
        if number == head.number:
            return head.recent[-1], head.data
        name = f"{head.key} {number}"  # a number has no space, so no two share a name
        held = self.rebuilt.get(name)
        if held is None or not held.is_behind(head):
            held = self._rebuild(head, number)
            self.rebuilt.put(name, held, len(held.data))
        return held.entry, held.data

    def revision(self, head: Head, wanted: int | RevisionId) -> tuple[Revision, bytes]:
        """A revision that is no deletion, and its data; a RevisionId must be of this lineage.

        Raises: NotFoundError for a deletion; RevisionPrunedError for what a rewrite took out;
        ConflictError for another lineage; and as `data`.
        """
        number = number_of(wanted)
        entry, data = self.data(head, number)
        if not isinstance(wanted, int) and wanted.write_id != entry["write_id"]:
            raise ConflictError(f"revision {number} is of another lineage", key=head.key)
        require_data(entry, key=head.key)
        if entry["deleted"]:
            raise NotFoundError(f"revision {number} is a deletion", key=head.key)
        return Revision.of_entry(entry), data

    def segments(
        self, head: Head, lowest: int, *, base: Segment | None = None
    ) -> Iterator[Segment]:
        """Segments from `base` (or the newest) down to the one that holds `lowest`.

        The pointers alone say what belongs to this lineage. When more than one is wanted, all
        candidates are listed and fetched at once, so that the depth of requests stays at four.
        """
        if head.sealed is None or head.sealed_number < lowest:
            return
        segment = base or self.segment(head.key, RevisionId.of(head.sealed))
        yield segment
        if segment.first <= lowest:
            return
        # Segments of other lineages are among what is listed; they are fetched and left alone.
        known = self._known(head, lowest)
        names = [each for each in known if lowest <= each.number < segment.first]
        results = map_all(partial(self.segment, head.key), names, workers=self.workers)
        fetched = dict(zip(names, results, strict=True))
        while segment.first > lowest:
            found = fetched.get(segment.previous) if segment.previous else None
            if found is None:
                raise CorruptObjectError(
                    f"the history has a hole below revision {segment.first}", key=head.key
                )
            if isinstance(found, StorageError):
                raise found
            segment = found
            yield segment

    def _known(self, head: Head, lowest: int) -> Iterable[RevisionId]:
        """The segments down to a revision, by the head where it names them, else by a listing."""
        index = head.index
        return [each for each, _ in index] if covers(index, lowest) else self.stored(head.key)

    def segment(self, key: str, newest: RevisionId) -> Segment:
        """The segment whose newest entry is `newest`.

        Raises: CorruptObjectError, also when the segment is missing.
        """
        name = segment_key(key, newest)
        try:
            blob = self.files.load_blob(name)
        except NotFoundError:
            raise CorruptObjectError("a segment of the history is missing", key=name) from None
        return parse_segment(blob.data, document=key, newest=newest, limit=self.segment_limit)

    def stored(self, key: str) -> dict[RevisionId, BlobInfo]:
        """All segments that are stored for a document, of whatever lineage; one listing."""
        found = ((split_key(info.key), info) for info in self.files.list_blobs(folder(key)))
        # Below it may also be those of a document whose key starts with this one.
        return {named[1]: info for named, info in found if named and named[0] == key}

    def keyframe(self, head: Head, number: int) -> Segment | None:
        """The oldest keyframe whose data is not older than revision `number`."""
        found: Segment | None = None
        record = head.sealed["keyframe"] if head.sealed else None
        keyframe = RevisionId.of(record) if record else None
        keyframe = next((i for i, whole in head.index if whole and i.number >= number), keyframe)
        while keyframe is not None and keyframe.number >= number:
            segment = self.segment(head.key, keyframe)
            # Another release may have sealed the same head first, and without a keyframe.
            found = found if segment.data is None else segment
            keyframe = segment.keyframe
        return found

    def _rebuild(self, head: Head, number: int) -> _Rebuilt:
        entries, data = self._source(head, number)
        at = number - entries[0]["number"]
        for _, older in undo(entries[at:], data, key=head.key, limit=self.segment_limit):
            data = older
        if digest(data) != entries[at]["sha256"]:
            raise CorruptObjectError(f"revision {number} does not match its SHA-256", key=head.key)
        return _Rebuilt(entries[at], data, head.id, head.rewritten[-1:])

    def _source(self, head: Head, number: int) -> tuple[Sequence[Entry], bytes]:
        """Entries from `number` or before up to some newer revision, and that revision's data."""
        if number >= head.lowest_here:
            return head.recent, head.data
        base = self.keyframe(head, number)
        chain = list(self.segments(head, number, base=base))
        entries = [entry for segment in reversed(chain) for entry in segment.entries]
        if base is None or base.data is None:
            return [*entries, *head.unsealed], head.data
        return entries, base.data

    def require(self, head: Head, number: int) -> None:
        """Raises: RevisionNotFoundError, RevisionPrunedError."""
        if not 1 <= number <= head.number:
            raise RevisionNotFoundError(
                f"no revision {number}, the newest is {head.number}", key=head.key
            )
        if number < head.first:
            raise RevisionPrunedError(
                f"revision {number} was pruned, the oldest is {head.first}", key=head.key
            )


def require_data(entry: Entry, *, key: str) -> None:
    """Raises: RevisionPrunedError for a revision that a rewrite took out."""
    if entry.get("erased"):
        raise RevisionPrunedError(
            f"revision {entry['number']} was erased",
            key=key,
            hint="It was taken out of the history on purpose; only its number is left.",
        )
