"""What is stored under a document's key, also when nobody can read it any more."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from ingenious_storage.backends.base import BlobInfo
from ingenious_storage.documents.format.head import Head
from ingenious_storage.documents.format.parsing import parse_head
from ingenious_storage.documents.store import DocumentStore
from ingenious_storage.errors import (
    CorruptObjectError,
    NotFoundError,
    UnsupportedFormatError,
)


@dataclass(frozen=True, slots=True)
class Found:
    """The newest record of a key; `head` is None when it cannot be read."""

    info: BlobInfo
    head: Head | None

    @property
    def purged(self) -> bool:
        """Whether it is what a purge left."""
        return self.head is not None and self.head.purged

    @property
    def etag(self) -> str:
        """Of the blob."""
        return self.info.etag


def look(store: DocumentStore, key: str) -> Found | None:
    """What is there now, whatever a layer remembers; None when there is nothing."""
    try:
        return _load(store, key) or _unreadable(store, key)
    except NotFoundError:
        store.reader.heads.pop(key)
        return None


def same_document(a: Found, b: Found) -> bool:
    """Whether `b` is the document that `a` was, perhaps in a newer revision."""
    if a.head is None or b.head is None:
        return a.head is b.head
    return not b.purged and a.head.origin == b.head.origin


def _load(store: DocumentStore, key: str) -> Found | None:
    """None when a layer cannot decode it."""
    try:
        blob = store.files.load_blob(key, fresh=True)
    except (CorruptObjectError, UnsupportedFormatError):
        return None
    head: Head | None = None
    with suppress(CorruptObjectError, UnsupportedFormatError):
        limit = store.reader.segment_limit
        head = parse_head(blob.data, key=key, etag=blob.info.etag, limit=limit)
    return Found(blob.info, head)


def _unreadable(store: DocumentStore, key: str) -> Found | None:
    """It is read again: a purge may have destroyed its key between its bytes and its key."""
    # A listing looks into no blob.
    info = next((each for each in store.files.list_blobs(key) if each.key == key), None)
    return None if info is None else _load(store, key) or Found(info, None)
