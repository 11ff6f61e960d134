"""Kinds of documents: their keys in a container, and the names that people give them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from ingenious_storage.backends.base import BlobInfo
from ingenious_storage.documents import DocumentStore
from ingenious_storage.errors import NotFoundError
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.keys import (
    CONVERSATIONS,
    decode_id,
    encode_id,
    is_encoded_id,
    is_hidden_segment,
    is_name,
    validate_name,
)
from ingenious_storage.runtime.parallel import map_stream
from ingenious_storage.services import agents


@dataclass(frozen=True, slots=True)
class Kind:
    """Documents of one kind. A key is `root`, the name as one segment, and `leaf`."""

    root: str
    leaf: str
    encode: Callable[[str], str]
    """From a name to its segment. Raises: InvalidKeyError."""
    decode: Callable[[str], str | None]
    is_segment: Callable[[str], bool]
    shows_names: bool = True
    """Whether keys tell the names, but for very long ones; else only the documents do."""

    def key(self, name: str) -> str:
        """Raises: InvalidKeyError for a name that no document can have."""
        return f"{self.root}{self.encode(name)}{self.leaf}"

    def name(self, key: str) -> str | None:
        """The name by the key; None where only the document itself has it."""
        return self.decode(self.segment(key))

    def owns(self, key: str) -> bool:
        """Whether this is the key of such a document, and not that of somebody else's blob."""
        segment = self.segment(key)
        return key == f"{self.root}{segment}{self.leaf}" and self.is_segment(segment)

    def segment(self, key: str) -> str:
        """What stands in the name's place: of a prompt set or a label the name itself."""
        return key.removeprefix(self.root).removesuffix(self.leaf)


def _named(root: str, what: str) -> Kind:
    return Kind(root, ".json", partial(validate_name, what=what), str, is_name)


def _nothing(_segment: str) -> None:
    return None


MEMORIES: Final = Kind(CONVERSATIONS, "/memory.json", encode_id, decode_id, is_encoded_id)
"""By conversation id. Of a long id the key has a hash only."""
PROMPT_SETS: Final = _named("prompts/", "prompt set")
LABELS: Final = _named("labels/", "label")


def is_prompt_key(key: str) -> bool:
    """Whether this is the key of a prompt set or of a label."""
    return PROMPT_SETS.owns(key) or LABELS.owns(key)


def memories(files: FileStorage) -> Kind:
    """The memories of a container: their keys tell the ids, unless it hides them."""
    # What is no container is refused, with the next step, by the documents that are made of it.
    hides_ids = files.hides_ids if isinstance(files, FileStorage) else None
    if hides_ids is None:
        return MEMORIES
    return Kind(
        MEMORIES.root,
        MEMORIES.leaf,
        hides_ids,
        _nothing,
        is_hidden_segment,
        shows_names=False,
    )


def of_data(files: FileStorage) -> Callable[[str], bool]:
    """Whether a key of the container of the data is that of a document: of a memory, or of what an
    adapter keeps for a framework."""
    own = memories(files).owns
    return lambda key: own(key) or agents.owns(key)


def with_names(
    store: DocumentStore, kind: Kind, blobs: Iterator[BlobInfo]
) -> Iterator[tuple[BlobInfo, str]]:
    """Each head of a listing with the name of its document, in order.

    Where the key does not tell it, the document is read, of a kind that hides names several at a
    time; one that has gone meanwhile is left out.
    """

    def ask(blob: BlobInfo) -> tuple[BlobInfo, str | None]:
        try:
            return blob, kind.name(blob.key) or store.existing(blob.key, fresh=False).name
        except NotFoundError:
            return blob, None

    found = map(ask, blobs) if kind.shows_names else map_stream(ask, blobs, workers=store.readers)
    return ((blob, name) for blob, name in found if name is not None)
