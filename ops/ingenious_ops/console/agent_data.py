"""Agents' documents: what the pages ask of them beyond the library's own calls."""

from __future__ import annotations

from ingenious_ops.console.listing import Listing, older, page_of
from ingenious_storage import Revision, Storage
from ingenious_storage.backends.base import BlobInfo
from ingenious_storage.errors import NotFoundError
from ingenious_storage.services.agent_info import DocumentInfo, document_info, page_of_blobs
from ingenious_storage.services.agents import AgentDocuments, AgentName, framework_of


def listing(documents: AgentDocuments, after: str | None) -> Listing[BlobInfo, DocumentInfo]:
    """A page of what is not deleted, in the order of the keys.

    Args:
        after: the `next` of the page before. Raises: InvalidRequestError for another text.
    """
    return page_of(
        f"agents {documents.framework}",
        after,
        page=lambda token, limit: page_of_blobs(documents, token=token, limit=limit),
        info=lambda blob: document_info(documents, blob.key),
        workers=documents.store.readers,
    )


def documents_at(storage: Storage, key: str) -> AgentDocuments:
    """Those of the framework whose document has this key. Raises: NotFoundError."""
    framework = framework_of(key)
    if framework is None:
        raise NotFoundError("this is no key of a framework's document", key=key)
    return storage.agents(framework)


def history_page(
    documents: AgentDocuments, info: DocumentInfo, below: int | None
) -> list[Revision]:
    """A page of revisions, newest first, those below the number `below` when it is given."""
    return older(
        lambda limit: documents.store.history(info.key, limit=limit), info.newest.number, below
    )


def in_words(name: AgentName) -> str:
    """The parts of a name that say something."""
    return " / ".join(filter(None, name.parts)) or "(without a name)"
