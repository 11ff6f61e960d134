"""Conversations: what the pages ask of the memories beyond the library's own calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile, islice

from ingenious_storage import MemoryManager, Revision
from ingenious_storage.documents import Document
from ingenious_storage.errors import (
    CorruptObjectError,
    MemoryNotFoundError,
    NotFoundError,
    StorageError,
    UnsupportedFormatError,
    missing_as,
)
from ingenious_storage.runtime.parallel import map_stream
from ingenious_storage.services.memory_info import (
    Listed,
    MemoryInfo,
    list_memories,
    memory_info,
)

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list."""

    rows: list[tuple[Listed, MemoryInfo | StorageError]]
    """Each with its newest record, or why there is none: it has gone meanwhile, or is damaged."""
    next: str | None
    """The last id of this page, when more follow."""


def listing(memory: MemoryManager, prefix: str, after: str | None) -> Listing:
    """A page of the conversations whose id begins with `prefix`, those behind `after`.

    In the order of their keys. The store lists from the beginning each time: a late page of a
    large container takes long, a longer prefix does not.
    """
    found: Iterator[Listed] = list_memories(memory, prefix)
    if after is not None:
        last = memory.kind.key(after)
        found = dropwhile(lambda each: each.key <= last, found)
    chosen = list(islice(found, PER_PAGE + 1))
    shown = chosen[:PER_PAGE]

    def ask(listed: Listed) -> tuple[Listed, MemoryInfo | StorageError]:
        try:
            return listed, memory_info(memory, listed.conversation_id)
        except (NotFoundError, CorruptObjectError, UnsupportedFormatError) as error:
            return listed, error

    rows = list(map_stream(ask, shown, workers=memory.documents.workers))
    return Listing(rows, shown[-1].conversation_id if len(chosen) > PER_PAGE else None)


def at_revision(memory: MemoryManager, name: str, number: int | None) -> Document:
    """The memory with its revision, the newest or a given one; as `MemoryManager.load_memory`."""
    with missing_as(MemoryNotFoundError, f"no memory of conversation {name!r}"):
        return memory.documents.load(memory.kind.key(name), revision=number)


def history_page(memory: MemoryManager, info: MemoryInfo, below: int | None) -> list[Revision]:
    """PER_PAGE revisions, newest first, those below the number `below` when it is given."""
    top = info.newest.number + 1 if below is None else min(below, info.newest.number + 1)
    skipped = info.newest.number + 1 - top
    return memory.history(info.conversation_id, limit=skipped + PER_PAGE)[skipped:]


def info_of(memory: MemoryManager, name: str) -> MemoryInfo:
    """What is known of it, deleted or not. Raises: MemoryNotFoundError."""
    return memory_info(memory, name)
