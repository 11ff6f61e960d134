"""Driver boundary: what a store must do for this library, as one small interface.

**Calls.** One call is one logical request to one container, and ends with a finished result. A
backend does not retry, cache or log: each of these is a layer, which is a `Backend` around a
`Backend`. Keys reach it checked: `FileStorage` and the documents validate them before.

**Order.** A write is atomic: readers see the blob before it or after it, whole. What a call has
written, every later call sees, from every client, listings included. Calls that overlap have no
order, unless conditions give them one: of several that are conditional on one state, one wins.

**Errors.** A backend raises those of `ingenious_storage.errors` and no others. It maps what its
service or SDK says by the service's own code, in one function. An error is `retryable` when the
same call may succeed later, and has `outcome_unknown` when a write may have landed nevertheless. A
layer may add to what is known of an error, and never hides one.

**Idempotence.** get, head, list, now and container_exists change nothing. A put or upload without
a condition may be sent twice: the last one wins. With a condition it lands once at most; sent again
after a lost answer it fails on its own success, with AlreadyExistsError or ConflictError. A delete
sent again ends in NotFoundError, a delete_many and an ensure_container end alike.

**ETags.** They are opaque, differ for every write (of the same bytes too, and after a delete), and
compare equal whichever call they are from. One store cannot do that: S3's follow from the bytes.
There an unchanged ETag says that the bytes are the same, not that nobody wrote; so what rests on
ETags alone writes something that is its own each time, as documents do with their `write_id`.
"""

from __future__ import annotations

import io
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, ClassVar, Final

from ingenious_storage.backends.blobs import (
    BINARY,
    JSON,
    NO_PROPERTIES,
    TEXT,
    Blob,
    BlobInfo,
    Page,
    Properties,
)
from ingenious_storage.backends.limits import NO_LIMITS, StoreLimits
from ingenious_storage.backends.options import (
    GET_DEFAULTS,
    PUT_DEFAULTS,
    REWRITE,
    Condition,
    DocumentKey,
    GetOptions,
    IfAbsent,
    IfMatch,
    Lineage,
    PutOptions,
)
from ingenious_storage.backends.range_reader import READ_CHUNK, RangeReader
from ingenious_storage.errors import ConflictError, StorageError
from ingenious_storage.runtime.unpickled import Unpickled

__all__ = [
    "BINARY",
    "GET_DEFAULTS",
    "JSON",
    "MAX_PAGE",
    "NO_LIMITS",
    "NO_PROPERTIES",
    "PUT_DEFAULTS",
    "READ_CHUNK",
    "REWRITE",
    "TEXT",
    "Backend",
    "Blob",
    "BlobInfo",
    "Condition",
    "DocumentKey",
    "GetOptions",
    "IfAbsent",
    "IfMatch",
    "Lineage",
    "Page",
    "Properties",
    "PutOptions",
    "RangeReader",
    "StoreLimits",
]

MAX_PAGE: Final = 5000


class Backend(Unpickled, ABC):
    """One container of one store. Thread-safe.

    Every method may raise: AuthenticationError, PermissionDeniedError, ContainerNotFoundError,
    ThrottledError, UnavailableError, OperationTimeoutError.
    """

    name: ClassVar[str]
    """What telemetry calls it: "local", "azure_blob", ..."""
    place: str = ""
    """The URL of the container, safe to print; "" for one that has none."""
    folder: Path | None = None
    """The folder that the container is, absolute, beside those of the store's other containers."""
    durable: bool = True
    """Whether what is saved outlives the process."""
    keeps_properties: ClassVar[bool] = True
    """Whether content types and `Properties` are kept with a blob; else they are dropped."""
    lists_sizes: bool = True
    """Whether a listing's sizes count what `get` gives; else they are those of the stored bytes."""
    lists_properties: bool = True
    """Whether a listing with the metadata has all of `Properties`; else only get and head do."""
    reads_properties: bool = True
    """Whether `get` says a blob's `Properties`; else only head and listings do."""
    limits: StoreLimits = NO_LIMITS
    """What the store refuses whoever asks."""
    shard: str = ""
    """Its name, where it is one of several stores that are used as one; "" for a store alone."""
    random_access: bool = True
    """Whether a range costs about its own length; else what lies before it is read as well."""
    ranges_at_once: int = 1
    """Ranges of one blob that are best read at the same time: several beyond a network."""

    @abstractmethod
    def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
        """Read a blob, or the range of it that `options` name.

        A range that starts at or behind the end gives no bytes. The answer is of one state of the
        blob, data and `info` alike.

        Raises: NotFoundError; NotModifiedError when the blob has the ETag of the options.
        """

    @abstractmethod
    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """Write a whole blob atomically. Raises: AlreadyExistsError, ConflictError."""

    @abstractmethod
    def head(self, key: str) -> BlobInfo:
        """What `get` says of the blob, without its bytes. Raises: NotFoundError."""

    @abstractmethod
    def delete(self, key: str, *, condition: IfMatch | None = None) -> None:
        """Raises: NotFoundError (with or without condition), ConflictError."""

    @abstractmethod
    def delete_many(self, keys: Iterable[str]) -> Mapping[str, StorageError | None]:
        """Delete each key; the answer holds None for what is gone (missing is fine)."""

    @abstractmethod
    def list(
        self,
        prefix: str = "",
        *,
        delimiter: str | None = None,
        token: str | None = None,
        limit: int = MAX_PAGE,
        metadata: bool = False,
    ) -> Page:
        """One page, at most `limit` blobs and prefixes together.

        `metadata`: each blob's too, which makes the answer larger.

        `delimiter` is None or "/": then what lies deeper is folded into `prefixes`, each ending
        in "/". A page may be short or empty and still have a token.
        """

    @abstractmethod
    def upload(self, key: str, stream: BinaryIO, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """`put` of a large object from the stream's current position, in bounded memory.

        What the stream raises passes, and then nothing is written.
        """

    @abstractmethod
    def ensure_container(self) -> bool:
        """Create the container if it is missing; True when this call made it."""

    @abstractmethod
    def container_exists(self) -> bool:
        """Whether the container is there."""

    @abstractmethod
    def close(self) -> None:
        """Give resources back; more than once is fine."""

    def around_stores(self, wrap: Callable[[Backend], Backend]) -> Backend:
        """This backend with `wrap` around each store that it sends requests to.

        That is itself, unless it is made of several.
        """
        return wrap(self)

    def document_keys(self, key: str) -> Mapping[str, DocumentKey] | None:
        """The keys that blobs of the document at `key` may be sealed with, by ids, newest first.

        For layers that encrypt each document with a key of its own: a store has none.

        Returns: None where nothing is encrypted; empty when the document has no key.
        """
        return None

    def destroy_keys(self, key: str, ids: Collection[str]) -> None:
        """Destroy these keys of the document at `key`: what they sealed, copies of it too, is
        unreadable as soon as the store keeps no version of the key's own record. Missing is fine.
        A record that cannot be read goes as a whole.
        """

    def keyed_documents(self, prefix: str = "") -> Iterator[BlobInfo]:
        """The documents below `prefix` that have keys, in the order of theirs.

        Each by its own key, with the size and the time of its keys' record.
        """
        return iter(())

    def is_current(self, key: str, etag: str) -> bool:
        """Whether a read now, not a fresh one, would find this ETag, known without any request.

        For layers that remember blobs: a store does not know it.
        """
        return False

    def now(self) -> datetime:
        """The store's own clock, with a time zone: what `last_modified` is to be compared with.

        Built on `put`, and better overridden where the store tells the time for less.
        """
        info = self.put(f".health/clock-{secrets.token_hex(8)}", b"")
        self.delete(info.key)
        return info.last_modified

    def open_read(self, key: str) -> BinaryIO:
        """A seekable reader of a large object in bounded memory, by ranges of `get`.

        It is built on `get`, so each range passes every layer. A blob that is replaced while it
        is read raises ConflictError.
        """
        info = self.head(key)
        read_at, at_once = partial(self._read_at, info), self.ranges_at_once
        return io.BufferedReader(RangeReader(info.size, read_at, at_once=at_once), READ_CHUNK)

    def _read_at(self, info: BlobInfo, position: int, length: int) -> bytes:
        blob = self.get(info.key, GetOptions((position, length)))
        if blob.info.etag != info.etag:
            raise ConflictError("the blob changed while it was read", key=info.key)
        return blob.data

    def iterate(self, prefix: str = "", *, metadata: bool = False) -> Iterator[BlobInfo]:
        """All blobs below `prefix`, page by page."""
        token: str | None = None
        while True:
            page = self.list(prefix, token=token, metadata=metadata)
            yield from page.blobs
            token = page.token
            if token is None:
                return
