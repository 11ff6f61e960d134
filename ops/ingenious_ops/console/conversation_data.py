"""Conversations: what the pages ask of the memories beyond the library's own calls."""

from __future__ import annotations

from ingenious_ops.console.listing import Listing, older, page_of
from ingenious_storage import MemoryManager, Revision
from ingenious_storage.documents import Document
from ingenious_storage.errors import MemoryNotFoundError, missing_as
from ingenious_storage.services.memory_info import (
    Listed,
    MemoryInfo,
    memory_info,
    page_of_memories,
)


def listing(memory: MemoryManager, prefix: str, after: str | None) -> Listing[Listed, MemoryInfo]:
    """A page of the conversations whose id begins with `prefix`, in the order of their keys.

    Args:
        after: the `next` of the page before. Raises: InvalidRequestError for another text.
    """
    return page_of(
        f"conversations {prefix}",
        after,
        page=lambda token, limit: page_of_memories(memory, prefix, token=token, limit=limit),
        info=lambda listed: memory_info(memory, listed.conversation_id),
        workers=memory.documents.readers,
    )


def at_revision(memory: MemoryManager, name: str, number: int | None) -> Document:
    """The memory with its revision, the newest or a given one; as `MemoryManager.load_memory`."""
    with missing_as(MemoryNotFoundError, f"no memory of conversation {name!r}"):
        return memory.documents.load(memory.kind.key(name), revision=number)


def history_page(memory: MemoryManager, info: MemoryInfo, below: int | None) -> list[Revision]:
    """A page of revisions, newest first, those below the number `below` when it is given."""
    return older(
        lambda limit: memory.history(info.conversation_id, limit=limit), info.newest.number, below
    )
