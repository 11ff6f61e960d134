"""Sources: the documents of each kind, listed and read past whatever a process remembers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ingenious_storage import jsondata
from ingenious_storage.catalogue.records import CONTAINERS, DocumentKind, Row
from ingenious_storage.catalogue.words.text import text_of
from ingenious_storage.config import Role
from ingenious_storage.documents import DocumentStore
from ingenious_storage.documents.format.head import Head
from ingenious_storage.documents.reader import Reader
from ingenious_storage.errors import ContainerNotFoundError
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.runtime.byte_cache import ByteCache
from ingenious_storage.services.kinds import Kind
from ingenious_storage.wiring import Containers

_NOTHING: Final = 0
"""Bytes of heads that are kept: each is read once."""


@dataclass(frozen=True, slots=True)
class Absent:
    """What a purge left of a document, by its blob; without an ETag there is none."""

    key: str
    etag: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """The documents of one kind."""

    kind: DocumentKind
    role: Role
    keys: Kind
    files: FileStorage
    reader: Reader

    @classmethod
    def of(
        cls, containers: Containers, kind: DocumentKind, store: DocumentStore, keys: Kind
    ) -> Source:
        """Those of a store of documents, without its caches. No I/O."""
        role = CONTAINERS[kind]
        # A sync makes no container, and would fill a cache with what nobody asks for.
        files = FileStorage(containers.parts(role).files, auto_create=False, role=role)
        reader = Reader(
            files,
            store.readers,
            store.reader.segment_limit,
            ByteCache(_NOTHING),
            ByteCache(_NOTHING),
        )
        return cls(kind, role, keys, files, reader)

    def listed(self) -> Iterator[tuple[str, str]]:
        """Key and ETag of each, deleted ones and what purges left too; none without a container."""
        try:
            for blob in self.files.list_blobs(self.keys.root):
                if self.keys.owns(blob.key) and not self.files.is_folder_marker(blob):
                    yield blob.key, blob.etag
        except ContainerNotFoundError:
            return

    def read(self, key: str) -> Row | Absent:
        """A document as it is now.

        A deleted one has the text that it had: who looks for it may want it back.

        Raises: CorruptObjectError, UnsupportedFormatError for what is damaged; the errors of the
        store.
        """
        head = self.reader.read(key)
        if head is None or head.etag is None:
            return Absent(key, None)
        if head.purged:
            return Absent(key, head.etag)
        revision = head.revision
        data = self._last_data(head) if head.deleted else head.data
        return Row(
            kind=self.kind,
            key=key,
            etag=head.etag,
            name=self.keys.name(key) or head.name,
            revision=revision.number,
            changed=revision.created_at,
            author=revision.author,
            message=revision.message,
            tags=revision.tags,
            size=revision.size,
            deleted=head.deleted,
            text="" if data is None else text_of(self.kind, jsondata.loads(data, key=key)),
        )

    def _last_data(self, head: Head) -> bytes | None:
        """Of the newest revision that is no deletion; None where a prune took it."""
        for number in range(head.number - 1, head.first - 1, -1):
            entry, data = self.reader.data(head, number)
            if not entry["deleted"]:
                return data
        return None
