"""Landed: whether a write whose answer was lost is in the document that is there now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from ingenious_storage.documents.format.head import Head, Revision, visible
from ingenious_storage.documents.format.segment import MAX_ENTRIES, Pointer, Segment
from ingenious_storage.documents.reader import Reader
from ingenious_storage.errors import StorageError
from ingenious_storage.runtime.parallel import map_all


def landed(reader: Reader, key: str, write_id: str, number: int | None) -> Revision | None:
    """The revision that `write_id` made, None when it made none that is kept.

    One request when it is among the newest twenty; else a listing and, with its `number`, the one
    segment that holds it, without it segments from the newest down, twice as many each time.
    """
    head = visible(reader.read(key))
    if head is None:
        return None
    found = next((entry for entry in head.recent if entry["write_id"] == write_id), None)
    if found is not None:
        return Revision.of(found)
    oldest_here = head.recent[0]["number"]
    if number is not None and not head.first <= number < oldest_here:
        return None
    stored = sorted((p for p in reader.stored(key) if p.number >= head.first), reverse=True)
    pointers = stored if number is None else _around(stored, number)
    for segment in _read(reader, key, pointers):
        for entry in segment.entries:
            if entry["write_id"] == write_id and entry["number"] >= head.first:
                revision = Revision.of(entry)
                return revision if _in_lineage(reader, head, revision, stored) else None
    return None


def _read(reader: Reader, key: str, pointers: Sequence[Pointer]) -> Iterator[Segment]:
    start, count = 0, 1
    while start < len(pointers):
        batch = pointers[start : start + count]
        for result in map_all(partial(reader.segment, key), batch, workers=reader.workers):
            if isinstance(result, StorageError):
                raise result
            yield result
        start, count = start + count, 2 * count


def _around(pointers: Sequence[Pointer], number: int) -> list[Pointer]:
    """Those of segments that may hold revision `number`: of one branch it is only one."""
    return [p for p in pointers if number <= p.number < number + MAX_ENTRIES]


def _in_lineage(reader: Reader, head: Head, revision: Revision, stored: Sequence[Pointer]) -> bool:
    """A head that was restored from a backup leaves segments of another branch behind."""
    if revision.number > head.sealed_number:
        return False
    if len(_around(stored, revision.number)) == 1:
        return True
    return bool(reader.entry(head, revision.number)["write_id"] == revision.write_id)
