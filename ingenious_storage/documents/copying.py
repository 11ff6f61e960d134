"""Copy: a document with its history under another key, in a request for each segment and one more.

Segments are written first, the head last: a crash in between leaves segments without a head, and
nothing to read. `verify` takes them for a document that has lost its head. A purge of the target
takes them away, and so does `gc`, once another copy is there. Numbers, times, notes and data stay;
every revision gets a write_id of its own, so that no segment has the name of another, also where
the target was purged and is made again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, cast

from ingenious_storage.arguments import of_kind
from ingenious_storage.backends.base import IfAbsent, IfMatch, Lineage
from ingenious_storage.documents.format.head import Head, visible
from ingenious_storage.documents.format.records import Entry, HeadFields, RevisionIdRecord
from ingenious_storage.documents.format.revision import Revision, RevisionId
from ingenious_storage.documents.format.segment import Segment, encode_segment, segment_key
from ingenious_storage.documents.store import DocumentStore
from ingenious_storage.documents.telemetry import traced
from ingenious_storage.documents.writing.commit import UNKNOWN_TRIES
from ingenious_storage.documents.writing.fate import Fate, fate_of
from ingenious_storage.errors import (
    AlreadyExistsError,
    CommitUnknownError,
    ConflictError,
    CorruptObjectError,
    NotFoundError,
    StorageError,
)
from ingenious_storage.keys import validate_key
from ingenious_storage.runtime.parallel import map_all

_YOUNG: Final = timedelta(hours=1)
"""Of a key that was made for a document which is about to be there."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy has written."""

    key: str
    revision: Revision
    """The newest of the copy: as that of the source, with an id of its own."""
    revisions: int
    blobs: int
    bytes: int
    """As they were before layers."""


@traced
def copy(
    store: DocumentStore,
    key: str,
    to_key: str,
    *,
    to: DocumentStore | None = None,
    name: str | None = None,
) -> Copied:
    """Copy a document with all revisions that are kept to `to_key`, which must be free.

    Args:
        to: where to; the same store without it.
        name: the copy's own name, such as a conversation id; its key without it.

    Raises: NotFoundError when there is no source, or it was deleted; AlreadyExistsError when the
    target is there, deleted or not, or, where the history has segments, when it was purged and
    `gc` has not swept what that leaves; CommitUnknownError.
    """
    target = to or store
    validate_key(of_kind(to_key, str, "give the key of the copy"))
    before = _free(target, to_key)
    for _ in store.pauses:
        head = store.existing(key)
        if head.deleted:
            raise NotFoundError("this document was deleted: restore it first", key=key)
        try:
            chain = list(store.reader.segments(head, head.first))
        except CorruptObjectError:
            if store.existing(key).etag == head.etag:
                raise
            continue  # somebody pruned or purged it in between
        if chain:
            _check_room(target, to_key, before)
        return _Copy(target, to_key, name or to_key, before, head).run(chain)
    raise ConflictError("its history was erased again and again", key=key)


def _free(store: DocumentStore, key: str) -> Head | None:
    """What a purge left at the target, if anything."""
    before = store.reader.read(key)
    if visible(before) is not None:
        raise AlreadyExistsError("this name is taken", key=key)
    return before


def _check_room(store: DocumentStore, key: str, before: Head | None) -> None:
    """Segments are put before there is a head: nobody may take them for remains meanwhile.

    Behind a tombstone `gc` and another purge sweep all segments, and keys. Where blobs are
    encrypted, a key that has lain there alone for long may be swept at this moment.
    """
    if before is None:
        keys = store.files.document_keys(key)
        if not keys:
            return
        since = max(each.created_at for each in keys.values())
        if store.files.now() - since < _YOUNG:
            return
    raise AlreadyExistsError(
        "what a purge leaves, or keys of what was here before, are still there",
        key=key,
        hint="Copy to another name, or when gc has swept it: a day after the purge.",
    )


class _Copy:
    """One copy, behind one head of the source."""

    def __init__(
        self, store: DocumentStore, key: str, name: str, before: Head | None, source: Head
    ) -> None:
        self.store, self.before = store, before
        kept = range(source.first, source.number + 1)
        self.ids = {number: secrets.token_hex(8) for number in kept}
        self.origin = self.ids.get(1) or secrets.token_hex(8)
        self.head = self._head(source, key, name)

    def run(self, chain: Sequence[Segment]) -> Copied:
        copies = [self._segment(segment) for segment in chain]
        try:
            size = sum(self._put_segments(copies)) + self._put_head()
        except CommitUnknownError:
            raise
        except StorageError:
            with suppress(StorageError):  # else they stay orphans, which gc sweeps
                self.store.files.delete_many([segment_key(self.head.key, e.id) for e in copies])
            raise
        revisions = len(self.ids)
        return Copied(self.head.key, self.head.revision, revisions, len(copies) + 1, size)

    def _head(self, source: Head, key: str, name: str) -> Head:
        fields: dict[str, Any] = {**source.fields, "key": key, "name": name, "origin": self.origin}
        for mine in ("purges", "over", "rewritten", "cuts", "withdrawn"):  # of the source's own key
            fields.pop(mine, None)
        fields["write_id"] = self.ids[source.number]
        fields["recent"] = self._entries(source.recent)
        if source.sealed is not None:
            fields["sealed"] = {**source.sealed, **self._record(source.sealed)}
            if source.sealed["keyframe"] is not None:
                fields["sealed"]["keyframe"] = self._record(source.sealed["keyframe"])
        if "segments" in fields:
            names = ((self._id(each), whole) for each, whole in source.index)
            index = [[each.number, each.write_id, whole] for each, whole in names]
            fields["segments"] = index or None
        return Head(cast(HeadFields, fields), source.data)

    def _segment(self, segment: Segment) -> Segment:
        return replace(
            segment,
            id=self._id(segment.id),
            previous=segment.previous and self._id(segment.previous),
            keyframe=segment.keyframe and self._id(segment.keyframe),
            entries=self._entries(segment.entries),
            overlap=self._entries(e for e in segment.overlap if e["number"] in self.ids),
            name=self.head.name,
            origin=self.origin,
        )

    def _entries(self, entries: Iterable[Entry]) -> list[Entry]:
        own = ({**entry, "write_id": self.ids[entry["number"]]} for entry in entries)
        return [cast(Entry, entry) for entry in own]

    def _id(self, of: RevisionId) -> RevisionId:
        """Of a revision that was pruned it stays: nothing is read there."""
        return RevisionId(of.number, self.ids.get(of.number, of.write_id))

    def _record(self, record: RevisionIdRecord) -> RevisionIdRecord:
        return self._id(RevisionId.of(record)).json()

    def _put_segments(self, copies: Sequence[Segment]) -> Iterator[int]:
        for result in map_all(self._put_segment, copies, workers=self.store.workers):
            if isinstance(result, StorageError):
                result.outcome_unknown = False  # the head, which commits, was not sent
                raise result
            yield result

    def _put_segment(self, segment: Segment) -> int:
        raw = encode_segment(segment, document=self.head.key)
        # No other segment has this name: if it is there, an answer was lost.
        with suppress(AlreadyExistsError):
            name = segment_key(self.head.key, segment.id)
            self.store.files.save_bytes(name, raw, condition=IfAbsent())
        return len(raw)

    def _put_head(self) -> int:
        raw, doubt = self.head.encode(), None
        for _ in range(UNKNOWN_TRIES):
            try:
                return self._sent(raw)
            except StorageError as error:
                certain = isinstance(error, AlreadyExistsError | ConflictError)
                if not (certain or error.outcome_unknown):
                    # This try was refused for certain, but one before it may still land.
                    raise self._unknown(doubt) if doubt is not None else error from None
                doubt = doubt if certain else error
                if self._has_landed(doubt):
                    return len(raw)
        raise self._unknown(doubt)

    def _sent(self, raw: bytes) -> int:
        before = self.before
        info = self.store.files.save_bytes(
            self.head.key,
            raw,
            content_type=self.head.content_type,
            condition=IfAbsent() if before is None else IfMatch(before.etag or ""),
            lineage=Lineage.BEGINS,
        )
        self.store.reader.remember(replace(self.head, etag=info.etag))
        return len(raw)

    def _has_landed(self, doubt: StorageError | None) -> bool:
        """Whether it is there; False when it has to be sent again, unchanged.

        Raises: AlreadyExistsError when another document is there; CommitUnknownError.
        """
        try:
            now = self.store.reader.read(self.head.key)
        except StorageError as error:
            raise self._unknown(error) if doubt is not None else error from None
        if doubt is not None and (now and now.etag) == (self.before and self.before.etag):
            return False
        match fate_of(self.origin, self.before, now):
            case Fate.LANDED:
                return True
            case Fate.UNKNOWN if doubt is not None:
                raise self._unknown(doubt)
        raise AlreadyExistsError("this name was taken meanwhile", key=self.head.key)

    def _unknown(self, cause: StorageError | None) -> CommitUnknownError:
        self.store.reader.heads.pop(self.head.key)
        return CommitUnknownError(
            f"the copy {self.head.write_id} was sent, and whether it landed is unknown ({cause})",
            write_id=self.head.write_id,
            number=self.head.number,
            key=self.head.key,
        )
