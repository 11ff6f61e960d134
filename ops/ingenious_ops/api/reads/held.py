"""Held: what this process remembers of prompt sets and labels, answered without a thread.

A cache layer says whether a document is still as it was last seen, within its max_age; if it is,
what was made of it then is handed out again. Everything else may wait for the store, so it runs in
the pool. Used by one event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

from cachetools import LRUCache
from fastapi.concurrency import run_in_threadpool

from ingenious_storage import PromptLibrary, RevisionId
from ingenious_storage.documents import DocumentStore
from ingenious_storage.errors import PromptNotFoundError
from ingenious_storage.services.kinds import LABELS, PROMPT_SETS
from ingenious_storage.services.labels import Label

T = TypeVar("T", bound="HeldSet | HeldLabel")
_BYTES: Final = 64 * 1024 * 1024
_OVERHEAD: Final = 1000
"""Bytes of an entry besides its texts."""


@dataclass(frozen=True, slots=True)
class HeldSet:
    """One revision of a prompt set: its texts as they are sent."""

    name: str
    revision: RevisionId
    files: Mapping[str, bytes]
    headers: dict[tuple[str, ...], list[tuple[bytes, bytes]]] = field(
        default_factory=dict, repr=False, compare=False
    )
    """Of answers with its texts, a few for each; whoever makes them keeps them here."""

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        return _OVERHEAD + sum(len(name) + len(text) + 4000 for name, text in self.files.items())

    def file(self, path: str) -> bytes:
        """Raises: PromptNotFoundError."""
        text = self.files.get(path)
        if text is None:
            raise PromptNotFoundError(f"no prompt {path!r} in set {self.name!r}")
        return text


@dataclass(frozen=True, slots=True)
class HeldLabel:
    """Where a label was when it was read."""

    label: Label

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        return _OVERHEAD


class Held:
    """Sets and labels of one library, bounded in bytes, the least recently used out first."""

    def __init__(self, max_bytes: int = _BYTES) -> None:
        self._kept: LRUCache[Hashable, tuple[str, HeldSet | HeldLabel]] = LRUCache(
            max_bytes, lambda entry: entry[1].size
        )

    async def set(
        self, library: PromptLibrary, name: str, revision: RevisionId | int | None = None
    ) -> HeldSet:
        """A revision of a set. Raises: as `PromptLibrary.snapshot`."""
        pinned = revision.id if isinstance(revision, RevisionId) else revision
        return await self._of(
            library.documents,
            PROMPT_SETS.key(name),
            pinned,
            partial(_read_set, library, name, pinned),
        )

    async def label(self, library: PromptLibrary, name: str) -> Label:
        """Where a label is. Raises: as `PromptLibrary.get_label`."""
        read = partial(_read_label, library, name)
        return (await self._of(library.documents, LABELS.key(name), None, read)).label

    async def _of(
        self, documents: DocumentStore, key: str, part: Hashable, read: Callable[[], T]
    ) -> T:
        before = _current(documents, key)
        if before is not None:
            entry = self._kept.get((key, part))
            if entry is not None and entry[0] == before:
                return entry[1]  # type: ignore[return-value]  # a key has one kind
        found = await run_in_threadpool(read)
        # What was read belongs to this state of the document if that was its state all the time.
        if before is not None and _current(documents, key) == before:
            self._kept[key, part] = (before, found)
        return found


def _current(documents: DocumentStore, key: str) -> str | None:
    """The ETag of a document as the store has it, by what is remembered; None: nobody knows."""
    head = documents.head(key, fresh=False)
    if head is None or head.etag is None:
        return None
    return head.etag if documents.files.backend.is_current(key, head.etag) else None


def _read_set(library: PromptLibrary, name: str, revision: RevisionId | int | None) -> HeldSet:
    found = library.snapshot(name, revision=revision)
    files = {path: text.encode() for path, text in found.prompts.items()}
    return HeldSet(name, found.revision.id, files)


def _read_label(library: PromptLibrary, name: str) -> HeldLabel:
    return HeldLabel(library.get_label(name))
