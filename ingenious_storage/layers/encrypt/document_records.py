"""The records of documents' keys in the store: read, and changed on condition of their ETag."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from ingenious_storage.backends.base import (
    JSON,
    Backend,
    BlobInfo,
    Condition,
    IfMatch,
    PutOptions,
)
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    NotFoundError,
    PreconditionsIgnoredError,
)
from ingenious_storage.layers.encrypt import records
from ingenious_storage.layers.encrypt.records import Entry
from ingenious_storage.layers.telemetry import KeyTelemetry
from ingenious_storage.runtime.unpickled import Unpickled


class DocumentRecords(Unpickled):
    """Of one container, by the keys of their documents."""

    def __init__(self, store: Backend, telemetry: KeyTelemetry) -> None:
        self._store, self._telemetry = store, telemetry

    def get(self, document: str) -> tuple[tuple[Entry, ...], str | None]:
        """The keys, and the record's ETag: None when there is no record.

        Raises: CorruptObjectError, UnsupportedFormatError.
        """
        try:
            with self._telemetry.fetching("document"):
                blob = self._store.get(records.document_name(document))
        except NotFoundError:
            return (), None
        return records.parse_document(blob.data, document), blob.info.etag

    def etag(self, document: str) -> str | None:
        """Of a record that cannot be read; None when there is no record."""
        try:
            return self._store.head(records.document_name(document)).etag
        except NotFoundError:
            return None

    def put(self, document: str, keys: tuple[Entry, ...], condition: Condition) -> str | None:
        """The new ETag; None when somebody was faster."""
        name, options = records.document_name(document), PutOptions(JSON, condition=condition)
        try:
            return self._store.put(name, records.encode_document(keys), options).etag
        except (AlreadyExistsError, ConflictError):
            return None

    def delete(self, document: str, etag: str) -> bool:
        """False when somebody was faster. Where no delete is conditional, an empty one stays."""
        condition = IfMatch(etag)
        try:
            with suppress(NotFoundError):
                self._store.delete(records.document_name(document), condition=condition)
        except ConflictError:
            return False
        except PreconditionsIgnoredError:
            return self.put(document, (), condition) is not None
        return True

    def listed(self, prefix: str) -> Iterator[BlobInfo]:
        """The records, each under the key of its document; without those of very long keys."""
        for info in self._store.iterate(records.DOCUMENTS + prefix):
            document = records.document_of(info.key)
            if document is not None:
                yield replace(info, key=document)
