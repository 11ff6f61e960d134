"""The driver boundary: what a store must do. One call is one logical request to one container.

A backend does not retry, cache or log, and raises only the errors of `ingenious_storage.errors`.
Keys reach it unchecked by itself: `FileStorage` and the documents validate them before.
"""

from __future__ import annotations

import io
import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, ClassVar, Final

from ingenious_storage.errors import ConflictError, StorageError
from ingenious_storage.runtime.unpickled import Unpickled

BINARY: Final = "application/octet-stream"
JSON: Final = "application/json"
TEXT: Final = "text/plain; charset=utf-8"
MAX_PAGE: Final = 5000
READ_CHUNK: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Properties:
    """What a store keeps with a blob, beside its bytes and its content type."""

    content_encoding: str | None = None
    content_language: str | None = None
    content_disposition: str | None = None
    cache_control: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The user's own. Names ignore case."""


NO_PROPERTIES: Final = Properties()
_FOLDER_METADATA: Final = frozenset({"hdi_isfolder", "asv_isfolder"})
"""Of accounts with a hierarchical namespace, blobfuse, Spark and Hadoop; the second is older."""
_FOLDER_SUFFIX: Final = "_$folder$"
"""Of Hadoop on other stores, and of what was copied from there."""


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """What the store says of a blob. `etag` is opaque and compares equal between all calls."""

    key: str
    etag: str
    size: int
    """Bytes of the whole blob, whatever range was read."""
    last_modified: datetime
    """The store's own clock, with a time zone."""
    content_type: str | None = None
    properties: Properties = NO_PROPERTIES
    """In a listing with the metadata only where it was asked for; none of what was just written."""
    is_archived: bool = False
    """It cannot be read before it is brought back to an online tier."""

    @property
    def is_folder_marker(self) -> bool:
        """Whether a blob without bytes stands for a folder; told by its name or its metadata."""
        return not self.size and (
            self.key.endswith(("/", _FOLDER_SUFFIX))
            or any(
                name.lower() in _FOLDER_METADATA and value.lower() == "true"
                for name, value in self.properties.metadata.items()
            )
        )


@dataclass(frozen=True, slots=True)
class Blob:
    data: bytes
    info: BlobInfo


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing, in lexicographic order; `token` None means that it is the last."""

    blobs: tuple[BlobInfo, ...]
    prefixes: tuple[str, ...] = ()
    token: str | None = None


@dataclass(frozen=True, slots=True)
class IfAbsent:
    """Write only when there is no blob; otherwise AlreadyExistsError.

    With retries, and when an answer was lost, that error has `outcome_unknown` set: the blob that
    is there may be the one that was to be written.
    """


@dataclass(frozen=True, slots=True)
class IfMatch:
    """Write only over the blob with this ETag; otherwise, also when missing, ConflictError."""

    etag: str


Condition = IfAbsent | IfMatch


class Backend(Unpickled, ABC):
    """One container of one store. Thread-safe.

    Every method may raise: AuthenticationError, PermissionDeniedError, ContainerNotFoundError,
    ThrottledError, UnavailableError, OperationTimeoutError.
    """

    name: ClassVar[str]
    """What telemetry calls it: "local", "azure_blob", ..."""
    keeps_properties: ClassVar[bool] = True
    """Whether content types and `Properties` are kept with a blob; else they are dropped."""

    @abstractmethod
    def get(
        self,
        key: str,
        *,
        byte_range: tuple[int, int | None] | None = None,
        if_none_match: str | None = None,
    ) -> Blob:
        """Read a blob, or `byte_range` = (offset, length or None for the rest) of it.

        A range that starts at or behind the end gives no bytes.
        Raises: NotFoundError; NotModifiedError when the blob has the ETag `if_none_match`.
        """

    @abstractmethod
    def put(
        self,
        key: str,
        data: bytes,
        *,
        content_type: str = BINARY,
        condition: Condition | None = None,
        properties: Properties = NO_PROPERTIES,
    ) -> BlobInfo:
        """Write a whole blob atomically. Raises: AlreadyExistsError, ConflictError."""

    @abstractmethod
    def head(self, key: str) -> BlobInfo:
        """Raises: NotFoundError."""

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
    def upload(
        self,
        key: str,
        stream: BinaryIO,
        *,
        content_type: str = BINARY,
        condition: Condition | None = None,
        properties: Properties = NO_PROPERTIES,
    ) -> BlobInfo:
        """Write a large object from its current position, in bounded memory, atomically."""

    @abstractmethod
    def ensure_container(self) -> bool:
        """Create the container if it is missing; True when this call made it."""

    @abstractmethod
    def container_exists(self) -> bool: ...

    @abstractmethod
    def close(self) -> None:
        """Give resources back; more than once is fine."""

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
        return io.BufferedReader(_RangeReader(self, self.head(key)), READ_CHUNK)

    def iterate(self, prefix: str = "", *, metadata: bool = False) -> Iterator[BlobInfo]:
        """All blobs below `prefix`, page by page."""
        token: str | None = None
        while True:
            page = self.list(prefix, token=token, metadata=metadata)
            yield from page.blobs
            token = page.token
            if token is None:
                return


class _RangeReader(io.RawIOBase):
    def __init__(self, backend: Backend, info: BlobInfo) -> None:
        self._backend, self._info, self._position = backend, info, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._info.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        length = min(len(buffer), max(0, self._info.size - self._position))
        if length == 0:
            return 0
        blob = self._backend.get(self._info.key, byte_range=(self._position, length))
        if blob.info.etag != self._info.etag:
            raise ConflictError("the blob changed while it was read", key=self._info.key)
        buffer[: len(blob.data)] = blob.data
        self._position += len(blob.data)
        return len(blob.data)

    def readall(self) -> bytes:
        # Python's own reads on in steps of 8 KiB, each of which would be a request.
        return b"".join(iter(lambda: self.read(READ_CHUNK) or b"", b""))
