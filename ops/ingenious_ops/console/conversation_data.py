"""Conversations: what the pages ask of the memories beyond the library's own calls."""

from __future__ import annotations

from dataclasses import dataclass

from ingenious_ops.api.pages import text_position, token_of
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
    memory_info,
    page_of_memories,
)

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list."""

    rows: list[tuple[Listed, MemoryInfo | StorageError]]
    """Each with its newest record, or why there is none: it has gone meanwhile, or is damaged."""
    next: str | None
    """The token of the page that follows, if one does."""


def listing(memory: MemoryManager, prefix: str, after: str | None) -> Listing:
    """A page of the conversations whose id begins with `prefix`, in the order of their keys.

    Args:
        after: the `next` of the page before. Raises: InvalidRequestError for another text.
    """
    of, shown = f"conversations {prefix}", list[Listed]()
    token = text_position(after, of)
    while True:
        shown, token = page_of_memories(memory, prefix, token=token, limit=PER_PAGE)
        if shown or token is None:  # a page may hold deleted ones alone
            break

    def ask(listed: Listed) -> tuple[Listed, MemoryInfo | StorageError]:
        try:
            return listed, memory_info(memory, listed.conversation_id)
        except (NotFoundError, CorruptObjectError, UnsupportedFormatError) as error:
            return listed, error

    rows = list(map_stream(ask, shown, workers=memory.documents.workers))
    return Listing(rows, None if token is None else token_of(of, token))


def at_revision(memory: MemoryManager, name: str, number: int | None) -> Document:
    """The memory with its revision, the newest or a given one; as `MemoryManager.load_memory`."""
    with missing_as(MemoryNotFoundError, f"no memory of conversation {name!r}"):
        return memory.documents.load(memory.kind.key(name), revision=number)


def history_page(memory: MemoryManager, info: MemoryInfo, below: int | None) -> list[Revision]:
    """PER_PAGE revisions, newest first, those below the number `below` when it is given."""
    top = info.newest.number + 1 if below is None else min(below, info.newest.number + 1)
    skipped = info.newest.number + 1 - top
    return memory.history(info.conversation_id, limit=skipped + PER_PAGE)[skipped:]
