"""Layer: a `Backend` around a `Backend`, with one hook that every call passes.

Each method is forwarded explicitly; a test proves that none is missing. `open_read` and
`iterate` are not forwarded: they are built on `get` and `list`, and so pass through the hook.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import BinaryIO, TypeVar

from ingenious_storage.backends.base import (
    GET_DEFAULTS,
    MAX_PAGE,
    PUT_DEFAULTS,
    Backend,
    Blob,
    BlobInfo,
    DocumentKey,
    GetOptions,
    IfMatch,
    Page,
    PutOptions,
)
from ingenious_storage.errors import StorageError

T = TypeVar("T")


class Layer(Backend):
    """Forwards every call to `inner` through `_around`."""

    def __init__(self, inner: Backend) -> None:
        self.inner = inner
        # A layer shows what its store is.
        self.name = inner.name  # type: ignore[misc]
        self.keeps_properties = inner.keeps_properties  # type: ignore[misc]
        self.lists_properties = inner.lists_properties
        self.lists_sizes, self.random_access = inner.lists_sizes, inner.random_access
        self.ranges_at_once = inner.ranges_at_once
        self.reads_properties, self.limits = inner.reads_properties, inner.limits
        self.place, self.folder, self.durable = inner.place, inner.folder, inner.durable
        self.shard = inner.shard

    def _around(self, operation: str, key: str | None, call: Callable[[], T]) -> T:
        """What the layer does around one call; `key` is None where none is concerned."""
        return call()

    def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
        """Forwarded, through `_around`."""
        return self._around("get", key, lambda: self.inner.get(key, options))

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """Forwarded, through `_around`."""
        return self._around("put", key, lambda: self.inner.put(key, data, options))

    def head(self, key: str) -> BlobInfo:
        """Forwarded, through `_around`."""
        return self._around("head", key, lambda: self.inner.head(key))

    def delete(self, key: str, *, condition: IfMatch | None = None) -> None:
        """Forwarded, through `_around`."""
        self._around("delete", key, lambda: self.inner.delete(key, condition=condition))

    def delete_many(self, keys: Iterable[str]) -> Mapping[str, StorageError | None]:
        """Forwarded, through `_around`; the keys are taken once."""
        wanted = tuple(keys)
        return self._around("delete_many", None, lambda: self.inner.delete_many(wanted))

    def list(
        self,
        prefix: str = "",
        *,
        delimiter: str | None = None,
        token: str | None = None,
        limit: int = MAX_PAGE,
        metadata: bool = False,
    ) -> Page:
        """Forwarded, through `_around`."""
        return self._around(
            "list",
            None,
            lambda: self.inner.list(
                prefix, delimiter=delimiter, token=token, limit=limit, metadata=metadata
            ),
        )

    def upload(self, key: str, stream: BinaryIO, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """Forwarded, through `_around`."""
        return self._around("upload", key, lambda: self.inner.upload(key, stream, options))

    def document_keys(self, key: str) -> Mapping[str, DocumentKey] | None:
        """Forwarded; a layer that has keys makes its requests through the hooks beneath it."""
        return self.inner.document_keys(key)

    def destroy_keys(self, key: str, ids: Collection[str]) -> None:
        """Forwarded, as `document_keys` is."""
        self.inner.destroy_keys(key, ids)

    def keyed_documents(self, prefix: str = "") -> Iterator[BlobInfo]:
        """Forwarded, as `document_keys` is."""
        return self.inner.keyed_documents(prefix)

    def is_current(self, key: str, etag: str) -> bool:
        """Forwarded, past the hook: it is no request."""
        return self.inner.is_current(key, etag)

    def now(self) -> datetime:
        """Forwarded, through `_around`."""
        return self._around("now", None, self.inner.now)

    def ensure_container(self) -> bool:
        """Forwarded, through `_around`."""
        return self._around("ensure_container", None, self.inner.ensure_container)

    def container_exists(self) -> bool:
        """Forwarded, through `_around`."""
        return self._around("container_exists", None, self.inner.container_exists)

    def close(self) -> None:
        """Close what is inside."""
        self.inner.close()
