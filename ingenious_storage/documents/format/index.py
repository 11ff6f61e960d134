"""Index: the segments of a packed document, in its head, so that an old revision needs no listing.

A packed document is one that a framework rewrites whole at each step. Its segments are keyframes as
long as there are few, so that one of them is enough for each revision that it holds; and the newest
entries keep their deltas in the head, so that the newest revisions are there with it. A segment has
the last entries of the one before too, so that a few revisions in a row need one segment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ingenious_storage.documents.format.records import Entry, HeadFields, Sealed, without_delta
from ingenious_storage.documents.format.revision import RevisionId

MAX_SEGMENTS: Final = 512
"""In the index: older ones are found by a listing."""
ONE_EACH: Final = 1024
"""Each segment is a keyframe up to twice this revision, each second one up to three times, and so
on: so their number grows with the logarithm of the history's length."""
WITH_DELTA: Final = 10
"""The newest entries whose deltas a head keeps after they were sealed."""
OVERLAP: Final = 3
"""How many entries of the segment before a segment has too."""
_MAX_DELTA_BYTES: Final = 4096
"""Of those together, as base64."""


def indexed(fields: HeadFields) -> Sequence[tuple[RevisionId, bool]]:
    """The segments, oldest first, and whether each is a keyframe; none unless it is up to date.

    A writer that does not know this field keeps it, and does not add what it seals.
    """
    index, sealed = fields.get("segments"), fields["sealed"]
    if not index or sealed is None or index[-1][:2] != [sealed["number"], sealed["write_id"]]:
        return ()
    return [(RevisionId(number, write_id), whole) for number, write_id, whole in index]


def covers(index: Sequence[tuple[RevisionId, bool]], lowest: int) -> bool:
    """Whether all segments that hold revisions from `lowest` on are in it."""
    return 0 < len(index) < MAX_SEGMENTS or (bool(index) and index[0][0].number < lowest)


def with_sealed(fields: HeadFields, sealed: Sealed) -> list[list[Any]] | None:
    """The index of the next head, which has this segment as its newest.

    None when it would have a gap, as that of a head that was repaired: an index has all or none.
    """
    if fields["sealed"] is not None and not indexed(fields):
        return None
    whole = sealed["segments"] == 0 and sealed["keyframe"] is not None
    kept = [each for each in fields.get("segments") or () if each[0] >= fields["first"]]
    return [*kept, [sealed["number"], sealed["write_id"], whole]][-MAX_SEGMENTS:]


def keyframe_is_due(sealed: Sealed, number: int) -> bool:
    """Whether the segment up to revision `number` is a keyframe: by how many before it are none."""
    return sealed["segments"] >= number // ONE_EACH


def copies(entries: Sequence[Entry]) -> list[Entry]:
    """Entries as the head keeps them of what is sealed: the newest with their deltas."""
    left, kept = _MAX_DELTA_BYTES, list[Entry]()
    for place, entry in enumerate(reversed(entries)):
        delta = entry.get("delta")
        left -= len(delta["middle"]) if delta else 0
        if place >= WITH_DELTA:
            left = -1  # what is below one without is of no use
        kept.append(entry if left >= 0 else without_delta(entry))
    return kept[::-1]


def overlap_of(recent: Sequence[Entry], sealed: int) -> list[Entry]:
    """What the next segment has of the one before, of a head's entries: those with their deltas."""
    copied = [each for each in recent if each["number"] <= sealed and each.get("delta")]
    return copied[-OVERLAP:]
