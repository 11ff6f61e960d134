"""Landed: whether a write whose answer was lost is in the document that is there now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from ingenious_storage.documents.format.head import Head, visible
from ingenious_storage.documents.format.revision import Revision, RevisionId
from ingenious_storage.documents.format.segment import MAX_ENTRIES, Segment
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
        return Revision.of_entry(found)
    if number is not None and not head.first <= number < head.recent[0]["number"]:
        return None
    return _in_segments(reader, head, write_id, number)


def _in_segments(reader: Reader, head: Head, write_id: str, number: int | None) -> Revision | None:
    kept = (each for each in reader.stored(head.key) if each.number >= head.first)
    stored = sorted(kept, reverse=True)
    wanted = stored if number is None else _around(stored, number)
    entries = (entry for each in _read(reader, head.key, wanted) for entry in each.entries)
    for entry in entries:
        if entry["write_id"] == write_id and entry["number"] >= head.first:
            revision = Revision.of_entry(entry)
            return revision if _in_lineage(reader, head, revision, stored) else None
    return None


def _read(reader: Reader, key: str, names: Sequence[RevisionId]) -> Iterator[Segment]:
    start, count = 0, 1
    while start < len(names):
        batch = names[start : start + count]
        for result in map_all(partial(reader.segment, key), batch, workers=reader.workers):
            if isinstance(result, StorageError):
                raise result
            yield result
        start, count = start + count, 2 * count


def _around(stored: Sequence[RevisionId], number: int) -> list[RevisionId]:
    """Segments that may hold revision `number`: of one branch it is only one."""
    return [each for each in stored if number <= each.number < number + MAX_ENTRIES]


def _in_lineage(
    reader: Reader, head: Head, revision: Revision, stored: Sequence[RevisionId]
) -> bool:
    """A head that was restored from a backup leaves segments of another branch behind."""
    if revision.number > head.sealed_number:
        return False
    if len(_around(stored, revision.number)) == 1:
        return True
    return reader.entry(head, revision.number)["write_id"] == revision.write_id
