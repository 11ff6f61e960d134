"""Sealed segments: older entries of a document's history, immutable, zstd.

A segment is a function of the committed head it was sealed from, and its name carries that
head's number and write_id: every writer that seals this head writes the same segment.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import zstandard as zstd

from ingenious_storage import jsondata
from ingenious_storage.documents.format import packed
from ingenious_storage.documents.format.delta import bounded_decompress
from ingenious_storage.documents.format.encoding import JSON
from ingenious_storage.documents.format.fields import check_segment
from ingenious_storage.documents.format.head import Head, digest
from ingenious_storage.documents.format.index import keyframe_is_due, overlap_of
from ingenious_storage.documents.format.parsing import check_format
from ingenious_storage.documents.format.records import Entry, RevisionIdRecord, Sealed
from ingenious_storage.documents.format.revision import MAX_NOTE_BYTES, RevisionId
from ingenious_storage.errors import CorruptObjectError

FORMAT: Final = "ingenious.segment/1"
ROOT: Final = "history/"
MAX_ENTRIES: Final = 32
MAX_SEGMENTS_TO_KEYFRAME: Final = 64
MIN_DELTA_BYTES: Final = 16 * 1024
KEYFRAME_RATIO: Final = 2
"""A rebuild reads at most this many times the data in deltas. At 1, a window of 50 messages of
random words saved 1,000 times stores 17 times the document, at 2 it stores 14."""
KEYFRAME_GROWTH: Final = 8
"""All keyframes of a document that grows are together at most 8/7 of the newest. At 4, and with
data that zstd packs to 0.36, 1,000 appends store 1.32 times the document, at 8 they store 1.18."""
_MIN_DOCUMENT_BYTES: Final = 16 * 1024 * 1024
"""What every release reads, however small max_document_bytes is set later."""
_LEVEL: Final = 9
_SEGMENT_KEY: Final = re.compile(rf"{ROOT}(.+)/([0-9]{{10,}})-([0-9a-f]+)")


@dataclass(frozen=True, slots=True)
class Segment:
    """Entries oldest first; `data` is the data of the newest entry when this is a keyframe."""

    id: RevisionId
    """Of the newest entry; the segment's own name."""
    previous: RevisionId | None
    """The segment before it; None for the first."""
    keyframe: RevisionId | None
    """The newest older segment that is a keyframe."""
    entries: Sequence[Entry]
    data: bytes | None
    name: str | None
    """The document's own name; None in what the first builds of 0.1.0 wrote, as is `origin`."""
    origin: str | None
    encoding: str | None = None
    """Of the data, when they are not JSON."""
    overlap: Sequence[Entry] = ()
    """Copies of the newest entries of the segment before, of a packed document."""

    @property
    def first(self) -> int:
        """The number of the oldest entry."""
        return self.entries[0]["number"]


def unpacked_limit(max_document_bytes: int) -> int:
    """Bytes of the largest segment that is read: docs/storage-format.md derives it."""
    return 4 * max(max_document_bytes, _MIN_DOCUMENT_BYTES) + 2 * MAX_ENTRIES * MAX_NOTE_BYTES


def folder(document: str) -> str:
    """The prefix of the keys of a document's segments."""
    return f"{ROOT}{document}/"


def segment_key(document: str, newest: RevisionId) -> str:
    """The key of the segment whose newest entry is `newest`."""
    return f"{folder(document)}{newest.number:010d}-{newest.write_id}"


def split_key(key: str) -> tuple[str, RevisionId] | None:
    """The document's key and the id that a segment's key is made of; None for another's."""
    match = _SEGMENT_KEY.fullmatch(key)
    return match and (match[1], RevisionId(int(match[2]), match[3]))


def delta_bytes(entries: Sequence[Entry]) -> int:
    """Of entries; packed bytes: base64 in JSON is a third more, which zstd takes out again."""
    return sum(len(entry["delta"]["middle"]) * 3 // 4 for entry in entries if entry["delta"])


def is_full(head: Head) -> bool:
    """Whether the head's recent history has to be sealed before the next revision."""
    waiting = head.unsealed
    # By deltas too: each save writes all of them again, so they must not outweigh the document.
    return len(waiting) >= MAX_ENTRIES or delta_bytes(waiting) > max(
        MIN_DELTA_BYTES, len(head.data)
    )


def seal(head: Head) -> tuple[bytes, Sealed]:
    """The blob of `head`'s unsealed entries, a segment, and the next head's field `sealed`."""
    whole, before = _wants_keyframe(head), head.sealed
    segment = Segment(
        id=head.id,
        previous=RevisionId.of(before) if before else None,
        keyframe=_id_or_none(before["keyframe"]) if before else None,
        entries=head.unsealed,
        data=head.data if whole else None,
        name=head.name,
        origin=head.origin,
        encoding=None if head.encoding == JSON.name else head.encoding,
        overlap=overlap_of(head.recent, head.sealed_number),
    )
    return encode_segment(segment, document=head.key), sealed_field(head, whole=whole)


def encode_segment(segment: Segment, *, document: str) -> bytes:
    """The blob of a segment of the document at this key."""
    record: dict[str, Any] = {
        "format": FORMAT,
        "key": document,
        "name": segment.name,
        "origin": segment.origin,
        **segment.id.json(),
        "previous": segment.previous.json() if segment.previous else None,
        "keyframe": segment.keyframe.json() if segment.keyframe else None,
        "entries": segment.entries,
        **({"overlap": segment.overlap} if segment.overlap else {}),
    }
    frame = zstd.ZstdCompressor(level=_LEVEL, write_checksum=True)
    return frame.compress(_content(record, segment.data, segment.encoding))


def _content(record: dict[str, Any], data: bytes | None, encoding: str | None) -> bytes:
    if encoding is not None:
        record |= {"encoding": encoding, "whole": data is not None}
        return packed.join(record, data or b"")
    if data is not None:
        record["data"] = orjson.Fragment(data)  # last: `parse_segment` cuts it off the end
    return orjson.dumps(record)


def sealed_field(head: Head, *, whole: bool) -> Sealed:
    """The field `sealed` of the head after `head`, when its segment is a keyframe or is none."""
    if whole:
        return sealed_keyframe(head.id, len(head.data))
    return sealed_behind(head.sealed, head.id, weight=delta_bytes(head.unsealed))


def sealed_keyframe(newest: RevisionId, size: int) -> Sealed:
    """The field `sealed` behind a segment that has the `size` bytes of data of its newest entry."""
    id_ = newest.json()
    return {**id_, "segments": 0, "bytes": 0, "keyframe": id_, "size": size}


def sealed_behind(before: Sealed | None, newest: RevisionId, *, weight: int) -> Sealed:
    """The field `sealed` behind a segment without data, whose deltas have `weight` bytes.

    Args:
        before: that of the head which is sealed; None for the first segment.
    """
    if before is None:
        return {
            "segments": 1,
            "bytes": weight,
            "keyframe": None,
            "number": newest.number,
            "write_id": newest.write_id,
        }
    after = before.copy()
    after["number"], after["write_id"] = newest.number, newest.write_id
    after["segments"] += 1
    after["bytes"] += weight
    return after


def _wants_keyframe(head: Head) -> bool:
    """For reads, so that a rebuild stays cheap; and for `repair`, so that segments alone hold some
    revision from the first segment on."""
    before, after = head.sealed, sealed_field(head, whole=False)
    if before is None or before["keyframe"] is None:
        return True
    if head.encoding != JSON.name and keyframe_is_due(after, head.number):
        return True
    if before["keyframe"]["number"] < head.first:
        return True  # pruned
    # A writer that does not know `size` leaves it out.
    grown = len(head.data) >= KEYFRAME_GROWTH * before.get("size", len(head.data))
    heavy = after["bytes"] > KEYFRAME_RATIO * len(head.data)
    return grown or heavy or after["segments"] >= MAX_SEGMENTS_TO_KEYFRAME


def parse_segment(raw: bytes, *, document: str, newest: RevisionId, limit: int) -> Segment:
    """Read and check a segment of at most `limit` bytes when it is unpacked.

    Raises: CorruptObjectError, UnsupportedFormatError.
    """
    key = segment_key(document, newest)
    try:
        text = bounded_decompress(raw, limit)
    except zstd.ZstdError as error:
        raise CorruptObjectError(f"a segment cannot be unpacked: {error}", key=key) from None
    joined = packed.is_joined(text)
    record, rest = packed.split(text, key=key) if joined else (jsondata.loads(text, key=key), b"")
    check_format(record, FORMAT, key)
    try:
        if (record["key"], RevisionId.of(record)) != (document, newest):
            raise CorruptObjectError("this segment was moved here from another key", key=key)
        check_segment(record)
        entries = record["entries"]
        previous, keyframe = _id_or_none(record["previous"]), _id_or_none(record["keyframe"])
        last = entries[-1]
        # The last field, up to the closing brace: the bytes themselves, as the SHA-256 has them.
        data = text[-1 - last["size"] : -1] if "data" in record else None
        if joined:
            data = rest if record["whole"] else None
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise CorruptObjectError(f"not a segment: {error}", key=key) from None
    if data is not None and digest(data) != last["sha256"]:
        raise CorruptObjectError("a keyframe does not match its SHA-256", key=key)
    return Segment(
        newest,
        previous,
        keyframe,
        entries,
        data,
        record.get("name"),
        record.get("origin"),
        record.get("encoding"),
        record.get("overlap") or (),
    )


def _id_or_none(record: RevisionIdRecord | None) -> RevisionId | None:
    return None if record is None else RevisionId.of(record)
