"""What is to be erased: conversations by their ids, or those that nobody has changed for long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from ingenious_storage import MemoryManager
from ingenious_storage.backends.base import BlobInfo
from ingenious_storage.errors import CorruptObjectError, InvalidDataError, UnsupportedFormatError
from ingenious_storage.runtime.parallel import map_stream


@dataclass(frozen=True, slots=True)
class Target:
    """A conversation; its id is None where only a damaged or erased record could tell it."""

    key: str
    id: str | None
    changed: datetime | None = None
    """When its newest record was written, by the store's clock; None when nobody looked."""
    etag: str | None = None
    """Of that record: only as long as it is the newest, the conversation may go."""
    leftover: bool = False
    """It is erased already, and a purge that was interrupted may have left something of it."""
    missing: bool = False
    """Somebody looked, and nothing is there."""


def by_ids(memory: MemoryManager, text: str) -> list[Target]:
    """One id a line, each once; empty lines are left out, and the mark some editors begin with.

    Only a line feed ends a line, or a return and a line feed: an id may hold what Unicode takes
    for the end of one, and its parts may be the ids of others.

    Raises: InvalidDataError when there is none; InvalidKeyError for what is no id.
    """
    lines = (line.removesuffix("\r") for line in text.removeprefix("\ufeff").split("\n"))
    ids = dict.fromkeys(line for line in lines if line)
    if not ids:
        raise InvalidDataError("there is no id in it", hint="Give one id on each line.")
    return [Target(memory.kind.key(each), each) for each in ids]


def looked_up(memory: MemoryManager, targets: Iterable[Target]) -> list[Target]:
    """The same, and whether they are there: one request each."""

    def look(target: Target) -> Target:
        try:
            head = memory.documents.head(target.key)
        except (CorruptObjectError, UnsupportedFormatError):
            return target  # nobody can read it, and it may go all the same
        if head is None:
            return replace(target, missing=True)
        return replace(target, leftover=head.purged)

    return list(map_stream(look, targets, workers=memory.documents.readers))


def older_than(memory: MemoryManager, age: timedelta) -> list[Target]:
    """Those whose newest record is older than `age`, deleted ones too; and what purges left.

    Two listings; one request more for each that was once deleted, or whose key does not tell its
    id.
    """
    store = memory.documents
    limit = store.files.now() - age
    marked = store.marked(memory.kind.root)
    look = partial(_look, memory, marked, limit)
    found = map_stream(look, _heads(memory), workers=store.readers)
    return [target for target in found if target is not None]


def merged(first: Iterable[Target], second: Iterable[Target]) -> Sequence[Target]:
    """Both, each key once; `second` may know the id of what is only a tombstone by now."""
    known = {target.key: target for target in second}
    for target in first:
        before = known.get(target.key, target)
        known[target.key] = replace(target, id=target.id or before.id)
    return list(known.values())


def _heads(memory: MemoryManager) -> Iterator[BlobInfo]:
    store = memory.documents
    for blob in store.files.list_blobs(memory.kind.root):
        if store.owns(blob.key) and not store.files.is_folder_marker(blob):
            yield blob


def _look(
    memory: MemoryManager, marked: set[str], limit: datetime, blob: BlobInfo
) -> Target | None:
    name, old = memory.kind.name(blob.key), blob.last_modified <= limit
    if blob.key in marked or (old and name is None):
        try:
            head = memory.documents.head(blob.key)
        except (CorruptObjectError, UnsupportedFormatError):
            pass  # nobody can read it, and it may go all the same
        else:
            if head is None:
                return None
            if head.purged:
                return Target(blob.key, name, blob.last_modified, leftover=True)
            name = head.name
    return Target(blob.key, name, blob.last_modified, blob.etag) if old else None
