"""Check: one document against its segments, every revision rebuilt."""

from __future__ import annotations

from collections.abc import Sequence

from ingenious_storage.documents.format.delta import undo
from ingenious_storage.documents.format.head import Head, digest
from ingenious_storage.documents.format.records import Entry, without_delta
from ingenious_storage.documents.format.revision import RevisionId
from ingenious_storage.documents.format.segment import Segment, segment_key
from ingenious_storage.documents.reader import Reader
from ingenious_storage.errors import CorruptObjectError


def check(reader: Reader, head: Head, *, rebuild: bool) -> tuple[list[RevisionId], int]:
    """The segments of `head`'s lineage, and the number of revisions that are kept.

    Raises: CorruptObjectError for a hole, for a copy that differs from the entry in its segment,
    and with `rebuild` for a revision that does not match its SHA-256.
    """
    chain = list(reader.segments(head, head.first))
    sealed = [entry for segment in reversed(chain) for entry in segment.entries]
    _compare_copies(head, chain, sealed)
    entries = [entry for entry in (*sealed, *head.unsealed) if entry["number"] >= head.first]
    if rebuild:
        _rebuild_all(reader, head, entries)
    return [segment.id for segment in chain], len(entries)


def _compare_copies(head: Head, chain: Sequence[Segment], sealed: Sequence[Entry]) -> None:
    numbered = {entry["number"]: entry for entry in sealed}
    for copy in head.recent[: len(head.recent) - len(head.unsealed)]:
        if without_delta(copy) != without_delta(numbered[copy["number"]]):
            raise _differs(copy, head.key)
    for segment in chain:
        for copy in segment.overlap:  # of what was pruned there is nothing else
            if copy != numbered.get(copy["number"], copy):
                raise _differs(copy, segment_key(head.key, segment.id))


def _differs(copy: Entry, key: str) -> CorruptObjectError:
    number = copy["number"]
    return CorruptObjectError(f"the copy of revision {number} differs from its segment", key=key)


def _rebuild_all(reader: Reader, head: Head, entries: Sequence[Entry]) -> None:
    for older, data in undo(entries, head.data, key=head.key, limit=reader.segment_limit):
        if digest(data) != older["sha256"]:
            raise CorruptObjectError(
                f"revision {older['number']} does not match its SHA-256", key=head.key
            )
