"""Remade: a document's history without the data of some revisions. Its rules, without I/O.

A revision that is taken out keeps its number, its write_id and its time. Its data become those of
the revision above it, so that nothing of it is in any delta, and it is marked as deleted too: who
does not know `erased` takes it for a deletion, whose data nobody decodes.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from ingenious_storage.documents.format.delta import make_delta, undo
from ingenious_storage.documents.format.head import KEPT_AFTER_SEAL, Head, digest
from ingenious_storage.documents.format.index import MAX_SEGMENTS, copies, overlap_of
from ingenious_storage.documents.format.records import (
    Delta,
    Entry,
    HeadFields,
    Sealed,
    without_delta,
)
from ingenious_storage.documents.format.revision import RevisionId
from ingenious_storage.documents.format.segment import (
    Segment,
    delta_bytes,
    encode_segment,
    is_full,
    parse_segment,
    sealed_behind,
    sealed_keyframe,
    segment_key,
)
from ingenious_storage.errors import CorruptObjectError

Change = Callable[[Entry, bytes], bytes | None]
"""The data that a revision is to have, the very same when it stays as it is; None takes it out."""
MARKS: Final = 8
"""Of the newest rewrites, or cuts, by which one whose answer was lost is found."""
NOTHING: Final[Delta] = {"prefix": 0, "suffix": 0, "middle": ""}
"""What leads to no data: below the oldest revision that is kept, nobody goes."""


@dataclass(slots=True)
class Remade:
    """A history that is to be put in the place of another one."""

    source: Head
    mark: str
    """The id of the rewrite."""
    first: int
    """The oldest revision that stays."""
    entries: list[Entry] = field(default_factory=list)
    """All that are kept, oldest first, each with its delta."""
    erased: list[int] = field(default_factory=list)
    """All that go, newest first."""
    redacted: list[int] = field(default_factory=list)
    had_remnants: bool = False
    """Whether what was pruned before can still be got from the oldest revision that is kept."""
    _data: dict[int, bytes] = field(default_factory=dict)
    """Of those that may be keyframes."""

    @classmethod
    def of(
        cls,
        head: Head,
        chain: Sequence[Segment],
        change: Change,
        *,
        first: int,
        mark: str,
        limit: int,
    ) -> Remade:
        """Of a head and its segments, oldest first. Raises: CorruptObjectError."""
        made = cls(head, mark, first)
        sealed = (entry for segment in chain for entry in segment.entries)
        old = [e for e in (*sealed, *head.unsealed) if e["number"] >= first]
        made.had_remnants = old[0].get("delta") not in (None, NOTHING)
        wanted = {segment.id.number for segment in chain if segment.data is not None}
        wanted |= {head.number, head.number - 1}
        for entry, data in made._passed(old, change, limit):
            made.entries.append(entry)
            if entry["number"] in wanted:
                made._data[entry["number"]] = data
        made.entries.reverse()
        made.erased += reversed(range(head.first, first))
        made._check(limit)
        return made

    def _passed(
        self, old: Sequence[Entry], change: Change, limit: int
    ) -> Iterator[tuple[Entry, bytes]]:
        """Entries newest first, each with its data."""
        newer, data, same = old[-1], self.source.data, True
        for older, found in undo(old, data, key=self.source.key, limit=limit):
            if digest(found) != older["sha256"]:
                number = older["number"]
                message = f"revision {number} does not match its SHA-256"
                raise CorruptObjectError(message, key=self.source.key)
            made, shown = self._changed(older, found, change, newer, data)
            kept = shown is found
            delta = newer.get("delta") if same and kept else make_delta(shown, data)
            yield {**newer, "delta": delta}, data
            newer, data, same = made, shown, kept
        yield {**newer, "delta": None if newer["number"] == 1 else NOTHING}, data

    def _changed(
        self, entry: Entry, data: bytes, change: Change, newer: Entry, above: bytes
    ) -> tuple[Entry, bytes]:
        wanted = None if entry.get("erased") else change(entry, data)
        if wanted is None:
            if not entry.get("erased"):
                self.erased.append(entry["number"])
            return _erased(entry, newer), above
        if wanted is data:
            return entry, data
        self.redacted.append(entry["number"])
        return {**entry, "size": len(wanted), "sha256": digest(wanted)}, wanted

    def _check(self, limit: int) -> None:
        """All of it can be rebuilt: what goes is gone for good, so that a mistake must not land."""
        key = self.source.key
        for older, data in undo(self.entries, self.source.data, key=key, limit=limit):
            assert digest(data) == older["sha256"], "a revision was not made right"

    @property
    def is_other(self) -> bool:
        """Whether any revision is not what it was."""
        return bool(self.erased or self.redacted)

    def laid_out(
        self, chain: Sequence[Segment], *, after: str | None, limit: int
    ) -> tuple[Head, Mapping[str, bytes]]:
        """The head, and its segments by their keys. Their names are new, and cut as before.

        Args:
            after: what the key of all these is made for.
        """
        tops = [(e.id.number, e.data is not None) for e in chain if e.id.number >= self.first]
        last = tops[-1][0] if tops else self.first - 1
        head, segments = self._sealed_up_to(last, tops, after)
        for top in (self.source.number - 1, self.source.number):
            # The next commit would seal it, by the name that a segment of the old one may have.
            if is_full(head):
                head, segments = self._sealed_up_to(top, tops, after)
        blobs = {}
        for each in segments:
            raw = encode_segment(each, document=head.key)
            parse_segment(raw, document=head.key, newest=each.id, limit=limit)
            blobs[segment_key(head.key, each.id)] = raw
        return head, blobs

    def _sealed_up_to(
        self, top: int, tops: Sequence[tuple[int, bool]], after: str | None
    ) -> tuple[Head, list[Segment]]:
        packed, keyframed = "encoding" in self.source.fields, any(whole for _, whole in tops)
        if top > (tops[-1][0] if tops else self.first - 1):
            tops = [*tops, (top, packed or not keyframed)]
        segments: list[Segment] = []
        sealed: Sealed | None = None
        for number, whole in tops:
            segment = self._segment(segments, number, sealed, whole=whole)
            segments.append(segment)
            sealed = _after(sealed, segment)
        return self._head(top, sealed, segments, after), segments

    def _segment(
        self, before: Sequence[Segment], number: int, sealed: Sealed | None, *, whole: bool
    ) -> Segment:
        first = self.first
        begin = before[-1].id.number + 1 if before else first
        pruned = RevisionId(first - 1, self.mark) if first > 1 else None
        keyframe = sealed["keyframe"] if sealed else None
        return Segment(
            id=RevisionId(number, secrets.token_hex(8)),
            previous=before[-1].id if before else pruned,
            keyframe=RevisionId.of(keyframe) if keyframe else None,
            entries=self.entries[begin - first : number - first + 1],
            data=self._data[number] if whole else None,
            name=self.source.name,
            origin=self.source.origin,
            encoding=self.source.fields.get("encoding"),
            overlap=self._overlap(begin - 1) if before else (),
        )

    def _overlap(self, sealed: int) -> Sequence[Entry]:
        if "encoding" not in self.source.fields:
            return ()
        return overlap_of(copies(self.entries[: sealed - self.first + 1]), sealed)

    def _head(
        self, top: int, sealed: Sealed | None, segments: Sequence[Segment], after: str | None
    ) -> Head:
        source, below = self.source, top - self.first + 1
        if sealed is None and self.first > 1:  # as behind a revision whose history is not wanted
            sealed = sealed_behind(None, RevisionId(top, self.mark), weight=0)
        packed = "encoding" in source.fields
        kept = self.entries[max(below - KEPT_AFTER_SEAL, 0) : below]
        copied = copies(kept) if packed else [without_delta(entry) for entry in kept]
        fields: dict[str, Any] = {
            **source.fields,
            "first": self.first,
            "recent": [*copied, *self.entries[below:]],
            "sealed": sealed,
            "rewritten": [*source.rewritten, self.mark][-MARKS:],
        }
        fields.pop("withdrawn", None)
        if after is not None:
            fields["over"] = after
        if packed:
            index = [[each.id.number, each.id.write_id, each.data is not None] for each in segments]
            fields["segments"] = index[-MAX_SEGMENTS:] or None
        return replace(source, fields=cast(HeadFields, fields), etag=None)


def _erased(entry: Entry, newer: Entry) -> Entry:
    """What stays of it, with the data of the revision above."""
    return {
        "number": entry["number"],
        "write_id": entry["write_id"],
        "created_at": entry["created_at"],
        "author": None,
        "message": None,
        "tags": [],
        "size": newer["size"],
        "sha256": newer["sha256"],
        "deleted": True,
        "erased": True,
    }


def _after(sealed: Sealed | None, segment: Segment) -> Sealed:
    """The field `sealed` of a head behind this segment."""
    if segment.data is not None:
        return sealed_keyframe(segment.id, len(segment.data))
    return sealed_behind(sealed, segment.id, weight=delta_bytes(segment.entries))
