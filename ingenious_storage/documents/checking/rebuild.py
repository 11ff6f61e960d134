"""Rebuild: a head from a document's segments alone, when the head is lost or cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from ingenious_storage.documents.format.delta import undo
from ingenious_storage.documents.format.head import (
    FORMAT,
    KEPT_AFTER_SEAL,
    Head,
    digest,
)
from ingenious_storage.documents.format.index import MAX_SEGMENTS
from ingenious_storage.documents.format.records import Entry, HeadFields, without_delta
from ingenious_storage.documents.format.revision import RevisionId
from ingenious_storage.documents.format.segment import Segment
from ingenious_storage.errors import CorruptObjectError

Segments = Mapping[RevisionId, Segment]


def rebuilt_head(segments: Segments, *, key: str, name: str, limit: int) -> Head | None:
    """The head as it was when the newest keyframe was sealed; None when there is no keyframe.

    Below a segment that is missing or a revision that cannot be rebuilt, the history ends as if it
    had been pruned. What `limit` bounds: `undo`.
    """
    newest = _newest_keyframe(segments)
    if newest is None or newest.data is None:
        return None
    chain = [newest, *_older(segments, newest)]
    entries = [entry for segment in reversed(chain) for entry in segment.entries]
    first = _oldest_rebuilt(entries, newest.data, key, limit)
    kept = [entry for entry in entries if entry["number"] >= first]
    last, pointer, origin = kept[-1], newest.id.json(), _origin(newest, kept[0])
    fields = {
        "format": FORMAT,
        "key": key,
        "name": newest.name or name,
        **({"origin": origin} if origin else {}),
        **(_packed_fields(newest.encoding, chain, first) if newest.encoding else {}),
        "number": last["number"],
        "write_id": last["write_id"],
        "first": first,
        "deleted": last["deleted"],
        "recent": [without_delta(entry) for entry in kept[-KEPT_AFTER_SEAL - 1 :]],
        "sealed": {
            **pointer,
            "segments": 0,
            "bytes": 0,
            "keyframe": pointer,
            "size": len(newest.data),
        },
    }
    return Head(cast(HeadFields, fields), newest.data)


def _packed_fields(encoding: str, chain: Sequence[Segment], first: int) -> dict[str, Any]:
    kept = [segment for segment in reversed(chain) if segment.id.number >= first]
    index = [[each.id.number, each.id.write_id, each.data is not None] for each in kept]
    return {"encoding": encoding, "segments": index[-MAX_SEGMENTS:]}


def _origin(newest: Segment, oldest: Entry) -> str | None:
    """The first builds of 0.1.0 wrote none into segments: then it is that of the first revision."""
    return newest.origin or (oldest["write_id"] if oldest["number"] == 1 else None)


def entries_above(segments: Segments, number: int) -> list[Entry]:
    """Entries in segments of revisions that are newer than `number`, oldest first."""
    found = {
        RevisionId.of(entry): entry
        for segment in segments.values()
        for entry in segment.entries
        if entry["number"] > number
    }
    return [found[name] for name in sorted(found)]


def _newest_keyframe(segments: Segments) -> Segment | None:
    keyframes = [segment for segment in segments.values() if segment.data is not None]
    return max(keyframes, default=None, key=lambda segment: segment.id.number)


def _older(segments: Segments, segment: Segment) -> Iterator[Segment]:
    while segment.previous is not None and segment.previous in segments:
        segment = segments[segment.previous]
        yield segment


def _oldest_rebuilt(entries: Sequence[Entry], data: bytes, key: str, limit: int) -> int:
    first = entries[-1]["number"]
    try:
        for entry, older in undo(entries, data, key=key, limit=limit):
            if digest(older) != entry["sha256"]:
                break
            first = entry["number"]
    except CorruptObjectError:
        pass  # what is below is named as lost
    return first
