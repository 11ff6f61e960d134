"""Agents' documents: what the pages ask of them beyond the library's own calls."""

from __future__ import annotations

from dataclasses import dataclass

from ingenious_ops.api.pages import text_position, token_of
from ingenious_storage import Revision, Storage
from ingenious_storage.backends.base import BlobInfo
from ingenious_storage.errors import (
    CorruptObjectError,
    NotFoundError,
    StorageError,
    UnsupportedFormatError,
)
from ingenious_storage.runtime.parallel import map_stream
from ingenious_storage.services.agent_info import DocumentInfo, document_info, page_of_blobs
from ingenious_storage.services.agents import AgentDocuments, AgentName, framework_of

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the documents of a framework."""

    rows: list[tuple[BlobInfo, DocumentInfo | StorageError]]
    """Each with its newest record, or why there is none: it has gone meanwhile, or is damaged."""
    next: str | None
    """The token of the page that follows, if one does."""


def listing(documents: AgentDocuments, after: str | None) -> Listing:
    """A page of what is not deleted, in the order of the keys.

    Args:
        after: the `next` of the page before. Raises: InvalidRequestError for another text.
    """
    of = f"agents {documents.framework}"
    token = text_position(after, of)
    while True:
        blobs, token = page_of_blobs(documents, token=token, limit=PER_PAGE)
        if blobs or token is None:  # a page may hold deleted ones alone
            break

    def ask(blob: BlobInfo) -> tuple[BlobInfo, DocumentInfo | StorageError]:
        try:
            return blob, document_info(documents, blob.key)
        except (NotFoundError, CorruptObjectError, UnsupportedFormatError) as error:
            return blob, error

    rows = list(map_stream(ask, blobs, workers=documents.store.workers))
    return Listing(rows, None if token is None else token_of(of, token))


def documents_at(storage: Storage, key: str) -> AgentDocuments:
    """Those of the framework whose document has this key. Raises: NotFoundError."""
    framework = framework_of(key)
    if framework is None:
        raise NotFoundError("this is no key of a framework's document", key=key)
    return storage.agents(framework)


def history_page(
    documents: AgentDocuments, info: DocumentInfo, below: int | None
) -> list[Revision]:
    """PER_PAGE revisions, newest first, those below the number `below` when it is given."""
    top = info.newest.number + 1 if below is None else min(below, info.newest.number + 1)
    skipped = info.newest.number + 1 - top
    return documents.store.history(info.key, limit=skipped + PER_PAGE)[skipped:]


def in_words(name: AgentName) -> str:
    """The parts of a name that say something."""
    return " / ".join(filter(None, name.parts)) or "(without a name)"
