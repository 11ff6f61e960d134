"""Sealed segments: older entries of a document's history, immutable, zstd.

A segment is a function of the committed head it was sealed from, and its name carries that
head's number and write_id: every writer that seals this head writes the same segment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import zstandard as zstd

from ingenious_storage import jsondata
from ingenious_storage.documents.format.delta import bounded_decompress
from ingenious_storage.documents.format.fields import check_segment
from ingenious_storage.documents.format.head import (
    MAX_NOTE_BYTES,
    Entry,
    Head,
    check_format,
    digest,
)
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
_COUNTED_FROM_HERE: Final = {"segments": 0, "bytes": 0}
_MIN_DOCUMENT_BYTES: Final = 16 * 1024 * 1024
"""What every release reads, however small max_document_bytes is set later."""
_LEVEL: Final = 9
_SEGMENT_KEY: Final = re.compile(rf"{ROOT}(.+)/([0-9]{{10,}})-([0-9a-f]+)")


@dataclass(frozen=True, slots=True, order=True)
class Pointer:
    """Which segment: the number and write_id of its newest entry."""

    number: int
    write_id: str

    @classmethod
    def of(cls, value: Mapping[str, Any] | None) -> Pointer | None:
        return None if value is None else cls(value["number"], value["write_id"])

    def json(self) -> dict[str, Any]:
        return {"number": self.number, "write_id": self.write_id}

    def key(self, document: str) -> str:
        return f"{folder(document)}{self.number:010d}-{self.write_id}"


@dataclass(frozen=True, slots=True)
class Segment:
    """Entries oldest first; `data` is the data of the newest entry when this is a keyframe."""

    pointer: Pointer
    previous: Pointer | None
    keyframe: Pointer | None
    """The newest older segment that is a keyframe."""
    entries: Sequence[Entry]
    data: bytes | None
    name: str | None
    """The document's own name; None in what the first builds of 0.1.0 wrote, as is `origin`."""
    origin: str | None

    @property
    def first(self) -> int:
        return int(self.entries[0]["number"])


def unpacked_limit(max_document_bytes: int) -> int:
    """Bytes of the largest segment that is read: docs/storage-format.md derives it."""
    return 4 * max(max_document_bytes, _MIN_DOCUMENT_BYTES) + 2 * MAX_ENTRIES * MAX_NOTE_BYTES


def folder(document: str) -> str:
    return f"{ROOT}{document}/"


def split_key(key: str) -> tuple[str, Pointer] | None:
    """The document's key and the pointer that a segment's key is made of; None for another's."""
    match = _SEGMENT_KEY.fullmatch(key)
    return match and (match[1], Pointer(int(match[2]), match[3]))


def _delta_bytes(entries: Sequence[Entry]) -> int:
    """Packed bytes; base64 in JSON is a third more, which zstd takes out again."""
    return sum(len(entry["delta"]["middle"]) * 3 // 4 for entry in entries if entry["delta"])


def is_full(head: Head) -> bool:
    """Whether the head's recent history has to be sealed before the next revision."""
    waiting = head.unsealed
    return len(waiting) >= MAX_ENTRIES or _delta_bytes(waiting) > max(
        MIN_DELTA_BYTES, len(head.data)
    )


def seal(head: Head) -> tuple[Pointer, bytes, dict[str, Any]]:
    """The segment of `head`'s unsealed entries: its pointer, its blob, the next `sealed` field."""
    pointer = Pointer(head.number, head.write_id)
    whole = _wants_keyframe(head)
    record = {
        "format": FORMAT,
        "key": head.key,
        "name": head.fields["name"],
        "origin": head.origin,
        **pointer.json(),
        "previous": _pointer_json(head.sealed),
        "keyframe": head.sealed["keyframe"] if head.sealed else None,
        "entries": head.unsealed,
    }
    if whole:
        record["data"] = orjson.Fragment(head.data)
    frame = zstd.ZstdCompressor(level=_LEVEL, write_checksum=True)
    return pointer, frame.compress(orjson.dumps(record)), sealed_field(head, whole=whole)


def sealed_field(head: Head, *, whole: bool) -> dict[str, Any]:
    """The field `sealed` of the head after `head`, when its segment is a keyframe or is none."""
    pointer = Pointer(head.number, head.write_id).json()
    if whole:
        return {**pointer, **_COUNTED_FROM_HERE, "keyframe": pointer, "size": len(head.data)}
    before = head.sealed or {**_COUNTED_FROM_HERE, "keyframe": None}
    return {
        **before,
        **pointer,
        "segments": before["segments"] + 1,
        "bytes": before["bytes"] + _delta_bytes(head.unsealed),
    }


def _wants_keyframe(head: Head) -> bool:
    """For reads, so that a rebuild stays cheap; and for `repair`, so that segments alone hold some
    revision from the first segment on."""
    before, after = head.sealed, sealed_field(head, whole=False)
    if before is None or before["keyframe"] is None:
        return True
    if before["keyframe"]["number"] < head.first:
        return True  # pruned
    # A writer that does not know `size` leaves it out.
    grown = len(head.data) >= KEYFRAME_GROWTH * before.get("size", len(head.data))
    heavy = after["bytes"] > KEYFRAME_RATIO * len(head.data)
    return bool(grown or heavy or after["segments"] >= MAX_SEGMENTS_TO_KEYFRAME)


def _pointer_json(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    pointer = Pointer.of(value)
    return None if pointer is None else pointer.json()


def parse_segment(raw: bytes, *, document: str, pointer: Pointer, limit: int) -> Segment:
    """Read and check a segment of at most `limit` bytes when it is unpacked.

    Raises: CorruptObjectError, UnsupportedFormatError.
    """
    key = pointer.key(document)
    try:
        text = bounded_decompress(raw, limit)
    except zstd.ZstdError as error:
        raise CorruptObjectError(f"a segment cannot be unpacked: {error}", key=key) from None
    record = jsondata.loads(text, key=key)
    check_format(record, FORMAT, key)
    try:
        if (record["key"], record["number"], record["write_id"]) != (
            document,
            pointer.number,
            pointer.write_id,
        ):
            raise CorruptObjectError("this segment was moved here from another key", key=key)
        check_segment(record)
        entries = record["entries"]
        previous, keyframe = Pointer.of(record["previous"]), Pointer.of(record["keyframe"])
        last = entries[-1]
        data = text[-1 - last["size"] : -1] if "data" in record else None
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise CorruptObjectError(f"not a segment: {error}", key=key) from None
    if data is not None and digest(data) != last["sha256"]:
        raise CorruptObjectError("a keyframe does not match its SHA-256", key=key)
    return Segment(
        pointer, previous, keyframe, entries, data, record.get("name"), record.get("origin")
    )
