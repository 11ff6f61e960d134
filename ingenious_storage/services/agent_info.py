"""Agent info: what is known of adapters' documents, for people who look at them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ingenious_storage.backends.base import MAX_PAGE, BlobInfo
from ingenious_storage.documents import Revision
from ingenious_storage.errors import NotFoundError
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.runtime.parallel import map_stream
from ingenious_storage.services.agents import (
    ROOT,
    AgentDocuments,
    AgentName,
    framework_of,
    name_of,
    owns,
)


@dataclass(frozen=True, slots=True)
class ListedDocument:
    """A document as a listing of the container shows it."""

    name: AgentName
    key: str
    size: int
    """Bytes of the blob with the newest revision and the recent history."""
    changed: datetime
    """By the store's clock."""


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A document, deleted or not, as its newest record shows it."""

    framework: str
    name: AgentName
    key: str
    newest: Revision
    oldest: int
    """The first revision that was not pruned."""
    deleted: bool


def frameworks(files: FileStorage) -> list[str]:
    """Those whose adapters have kept something in the container, in order; by one listing.

    One whose documents were all purged may be among them for some time.
    """
    found, token = list[str](), None
    while True:
        page = files.list_page(ROOT, delimiter="/", token=token)
        found += [prefix.removeprefix(ROOT).rstrip("/") for prefix in page.prefixes]
        token = page.token
        if token is None:
            return found


def list_documents(documents: AgentDocuments, *parts: str) -> Iterator[ListedDocument]:
    """Those that are not deleted and whose names begin with these parts, in order of their keys.

    Requests as `AgentDocuments.names`.
    """
    for blob, name in documents.with_names(documents.store.list_blobs(documents.below(*parts))):
        yield ListedDocument(name, blob.key, blob.size, blob.last_modified)


def page_of_blobs(
    documents: AgentDocuments, *, token: str | None = None, limit: int = MAX_PAGE
) -> tuple[Sequence[BlobInfo], str | None]:
    """One page of what `list_documents` lists, without the names, and the token of the next.

    A page may be short or empty and still have a token, which is the store's own.
    """
    return documents.store.list_page(documents.below(), token=token, limit=limit)


def document_info(documents: AgentDocuments, key: str) -> DocumentInfo:
    """By the key, in one request. Raises: NotFoundError, CorruptObjectError."""
    framework = framework_of(key)
    if framework != documents.framework:
        raise NotFoundError("this is no key of a framework's document", key=key)
    head = documents.store.existing(key, fresh=False)
    name = name_of(head.name, key=key)
    return DocumentInfo(framework, name, key, head.revision, head.first, head.deleted)


def with_revisions(
    documents: AgentDocuments, listed: Iterator[ListedDocument]
) -> Iterator[tuple[ListedDocument, DocumentInfo | None]]:
    """Each with its newest record, None when it has gone meanwhile: one request more for each."""

    def ask(each: ListedDocument) -> tuple[ListedDocument, DocumentInfo | None]:
        try:
            return each, document_info(documents, each.key)
        except NotFoundError:
            return each, None

    return map_stream(ask, listed, workers=documents.store.readers)


def find_documents(documents: AgentDocuments, *parts: str) -> list[DocumentInfo]:
    """All whose names begin with these parts, deleted ones too: a listing, and a request each."""
    blobs = documents.store.files.list_blobs(documents.below(*parts))

    def ask(blob: BlobInfo) -> DocumentInfo | None:
        try:
            return document_info(documents, blob.key)
        except NotFoundError:  # what a purge left, or it has gone meanwhile
            return None

    keyed = (blob for blob in blobs if owns(blob.key))
    found = map_stream(ask, keyed, workers=documents.store.readers)
    return [each for each in found if each is not None]
