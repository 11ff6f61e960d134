"""The reference backend: a dict under a lock. For tests, and to read what the interface means."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import BinaryIO

from ingenious_storage.backends.base import (
    GET_DEFAULTS,
    MAX_PAGE,
    PUT_DEFAULTS,
    Backend,
    Blob,
    BlobInfo,
    GetOptions,
    IfAbsent,
    IfMatch,
    Page,
    PutOptions,
)
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    ContainerNotFoundError,
    NotFoundError,
    NotModifiedError,
    StorageError,
)
from ingenious_storage.runtime import forks


def _now() -> datetime:
    return datetime.now(UTC)


class InMemoryBackend(Backend):
    """One container in this process's memory; `create=False` starts without the container."""

    name = "inmemory"
    durable = False

    def __init__(self, *, create: bool = True, clock: Callable[[], datetime] = _now) -> None:
        self._lock = forks.new_lock()
        self._container: dict[str, Blob] | None = {} if create else None
        self._clock = clock
        self._writes = itertools.count(1)

    def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
        """The blob, or its part."""
        blob = self._existing(key, "get")
        if blob.info.etag == options.if_none_match:
            raise NotModifiedError(f"{key!r} has not changed", key=key, operation="get")
        if options.byte_range is None:
            return blob
        offset, length = options.byte_range
        end = None if length is None else offset + length
        return Blob(blob.data[offset:end], blob.info)

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """Under one lock, as every write."""
        return self._write("put", key, data, options)

    def upload(self, key: str, stream: BinaryIO, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """The stream is read whole: there is no other place than memory."""
        return self._write("upload", key, stream.read(), options)

    def head(self, key: str) -> BlobInfo:
        """The blob without its data."""
        return self._existing(key, "head").info

    def delete(self, key: str, *, condition: IfMatch | None = None) -> None:
        """Under one lock, as every write."""
        with self._lock:
            blobs = self._blobs("delete")
            if key not in blobs:
                raise NotFoundError(f"no blob {key!r}", key=key, operation="delete")
            if condition is not None and condition.etag != blobs[key].info.etag:
                raise ConflictError(f"{key!r} has changed", key=key, operation="delete")
            del blobs[key]

    def delete_many(self, keys: Iterable[str]) -> dict[str, StorageError | None]:
        """All at once."""
        with self._lock:
            blobs = self._blobs("delete_many")
            gone: dict[str, StorageError | None] = {}
            for key in keys:
                blobs.pop(key, None)
                gone[key] = None
            return gone

    def list(
        self,
        prefix: str = "",
        *,
        delimiter: str | None = None,
        token: str | None = None,
        limit: int = MAX_PAGE,
        metadata: bool = False,
    ) -> Page:
        """The token is the last key or prefix of the page before."""
        with self._lock:
            blobs = dict(self._blobs("list"))
        found: dict[str, BlobInfo | None] = {}
        for key in sorted(blobs):
            if key.startswith(prefix):
                head, deeper, _ = key[len(prefix) :].partition(delimiter or "\0")
                found[prefix + head + deeper] = None if deeper else blobs[key].info
        names = [*found]
        start = 0 if token is None else bisect_right(names, token)
        chosen = names[start : start + limit]
        return Page(
            blobs=tuple(info for name in chosen if (info := found[name]) is not None),
            prefixes=tuple(name for name in chosen if found[name] is None),
            token=chosen[-1] if chosen and start + limit < len(names) else None,
        )

    def now(self) -> datetime:
        """The clock that `last_modified` is of."""
        return self._clock()

    def ensure_container(self) -> bool:
        """Whether this call made the container."""
        with self._lock:
            missing = self._container is None
            if self._container is None:
                self._container = {}
            return missing

    def container_exists(self) -> bool:
        """Whether it was made."""
        return self._container is not None

    def close(self) -> None:
        """Nothing to give back: the blobs live as long as the object."""

    def _blobs(self, operation: str) -> dict[str, Blob]:
        if self._container is None:
            raise ContainerNotFoundError("the container does not exist", operation=operation)
        return self._container

    def _existing(self, key: str, operation: str) -> Blob:
        with self._lock:
            blob = self._blobs(operation).get(key)
        if blob is None:
            raise NotFoundError(f"no blob {key!r}", key=key, operation=operation)
        return blob

    def _write(self, operation: str, key: str, data: bytes, options: PutOptions) -> BlobInfo:
        condition = options.condition
        with self._lock:
            blobs = self._blobs(operation)
            old = blobs.get(key)
            if isinstance(condition, IfAbsent) and old is not None:
                raise AlreadyExistsError(f"{key!r} exists", key=key, operation=operation)
            if isinstance(condition, IfMatch) and (old is None or old.info.etag != condition.etag):
                raise ConflictError(f"{key!r} has changed", key=key, operation=operation)
            etag = f"{next(self._writes):x}"
            info = BlobInfo(
                key, etag, len(data), self._clock(), options.content_type, options.properties
            )
            blobs[key] = Blob(bytes(data), info)
            return info
