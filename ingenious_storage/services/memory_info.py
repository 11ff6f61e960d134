"""Memory info: what is known of memories without loading them, in as few requests as it takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ingenious_storage.backends.base import MAX_PAGE, BlobInfo
from ingenious_storage.documents import DocumentStore, Revision
from ingenious_storage.errors import MemoryNotFoundError, missing_as
from ingenious_storage.keys import encode_id
from ingenious_storage.runtime.parallel import map_stream
from ingenious_storage.services.kinds import with_names
from ingenious_storage.services.memory import MemoryManager

_HASHED: Final = 100
"""Characters of an encoded id that stand in its key however long it is (`keys.encode_id`)."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A memory as a listing of the container shows it."""

    conversation_id: str
    key: str
    size: int
    """Bytes of the blob with the newest revision and the recent history."""
    changed: datetime
    """By the store's clock."""


@dataclass(frozen=True, slots=True)
class MemoryInfo:
    """A memory, deleted or not, as its newest record shows it."""

    conversation_id: str
    key: str
    newest: Revision
    oldest: int
    """The first revision that was not pruned."""
    deleted: bool


def list_memories(memory: MemoryManager, prefix: str = "") -> Iterator[Listed]:
    """The memories that are not deleted and whose id begins with `prefix`, in order of their keys.

    Two listings, page by page; one more request for each memory with a very long or hidden id, and
    for each that was once deleted.
    """
    return _listed(memory, memory.documents.list_blobs(_below(memory, prefix)), prefix)


def page_of_memories(
    memory: MemoryManager, prefix: str = "", *, token: str | None = None, limit: int = MAX_PAGE
) -> tuple[list[Listed], str | None]:
    """One page of `list_memories`, and the token of the next; None when there is none.

    A page may be short or empty and still have a token, which is the store's own.
    """
    below = _below(memory, prefix)
    blobs, following = memory.documents.list_page(below, token=token, limit=limit)
    return [*_listed(memory, iter(blobs), prefix)], following


def memory_info(memory: MemoryManager, conversation_id: str) -> MemoryInfo:
    """One request. Raises: InvalidKeyError, MemoryNotFoundError, CorruptObjectError."""
    key = memory.kind.key(conversation_id)
    with missing_as(MemoryNotFoundError, f"no memory of conversation {conversation_id!r}"):
        return _info(memory.documents, key, conversation_id)


def with_revisions(
    memory: MemoryManager, memories: Iterator[Listed]
) -> Iterator[tuple[Listed, MemoryInfo | None]]:
    """Each with its newest record, None when it has gone meanwhile: one request more for each."""

    def ask(listed: Listed) -> tuple[Listed, MemoryInfo | None]:
        try:
            return listed, memory_info(memory, listed.conversation_id)
        except MemoryNotFoundError:
            return listed, None

    return map_stream(ask, memories, workers=memory.documents.readers)


def _below(memory: MemoryManager, prefix: str) -> str:
    begin = encode_id(prefix)[:_HASHED] if prefix and memory.kind.shows_names else ""
    return memory.kind.root + begin


def _listed(memory: MemoryManager, blobs: Iterator[BlobInfo], prefix: str) -> Iterator[Listed]:
    for blob, name in with_names(memory.documents, memory.kind, blobs):
        if name.startswith(prefix):
            yield Listed(name, blob.key, blob.size, blob.last_modified)


def _info(store: DocumentStore, key: str, conversation_id: str) -> MemoryInfo:
    head = store.existing(key, fresh=False)
    return MemoryInfo(conversation_id, key, head.revision, head.first, head.deleted)
