"""Listings: which documents a container has, and the newest record of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ingenious_storage.backends.base import MAX_PAGE, BlobInfo
from ingenious_storage.documents.format.head import Head, visible
from ingenious_storage.documents.format.markers import DELETED_ROOT
from ingenious_storage.documents.reader import Reader
from ingenious_storage.errors import NotFoundError
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.keys import validate_key


def any_key(_key: str) -> bool:
    """Owns every key."""
    return True


class Listings:
    """The part of a `DocumentStore` that finds documents. Thread-safe."""

    files: FileStorage
    reader: Reader
    owns: Callable[[str], bool]

    def list(self, prefix: str) -> Iterator[str]:
        """Keys of the documents below `prefix` that are not deleted, in lexicographic order."""
        return (blob.key for blob in self.list_blobs(prefix))

    def list_blobs(self, prefix: str) -> Iterator[BlobInfo]:
        """Their newest records as the store lists them, in the order of their keys."""
        return self._living(prefix, self.files.list_blobs(prefix))

    def list_page(
        self, prefix: str, *, token: str | None = None, limit: int = MAX_PAGE
    ) -> tuple[Sequence[BlobInfo], str | None]:
        """One page of `list_blobs`, and the token of the next; None when there is none.

        A page may be short or empty and still have a token.
        """
        page = self.files.list_page(prefix, token=token, limit=limit)
        return [*self._living(prefix, iter(page.blobs))], page.token

    def _living(self, prefix: str, blobs: Iterator[BlobInfo]) -> Iterator[BlobInfo]:
        marked = self.marked(prefix)
        for blob in blobs:
            if not self.owns(blob.key) or self.files.is_folder_marker(blob):
                continue
            if blob.key in marked:
                head = self.reader.read(blob.key)
                if head is None or head.deleted:
                    continue
            yield blob

    def marked(self, prefix: str) -> set[str]:
        """Keys below `prefix` of documents that were deleted at some time; `head` says more.

        One listing of few blobs.
        """
        markers = self.files.list_keys(DELETED_ROOT + prefix)
        return {key.removeprefix(DELETED_ROOT) for key in markers}

    def head(self, key: str, *, fresh: bool = True) -> Head | None:
        """The head, also of a document that was deleted or purged; None when there is none.

        One request; without `fresh` none: then it is what this process saw last, if it remembers.
        """
        return self.reader.read(key) if fresh else self.reader.heads.get(key)

    def existing(self, key: str, *, fresh: bool = True) -> Head:
        """The head as it is now (`Reader.read`), deleted or not. Raises: NotFoundError."""
        validate_key(key)
        head = visible(self.reader.read(key, fresh=fresh))
        if head is None:
            raise NotFoundError("there is no such document", key=key)
        return head
