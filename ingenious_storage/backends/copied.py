"""A held copy of a container, as files: what a backup, a copying tool or `migrate` has left."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

from ingenious_storage.backends.base import (
    GET_DEFAULTS,
    MAX_PAGE,
    PUT_DEFAULTS,
    Backend,
    Blob,
    BlobInfo,
    GetOptions,
    IfMatch,
    Page,
    PutOptions,
)
from ingenious_storage.backends.local.paths import names_of, part_of
from ingenious_storage.errors import NotFoundError, PermissionDeniedError, StorageError

_HINT: Final = "A held copy is only looked at."


class CopiedFolder(Backend):
    """Blobs under their keys, or under the names that a local container gives its files.

    Reads whole blobs, into memory; what writes raises PermissionDeniedError.

    Args:
        beside: backends that have the blobs below these prefixes, instead of the copy.
        on_close: called by `close`.
    """

    name = "copy"

    def __init__(
        self,
        folder: Path,
        beside: Mapping[str, Backend] | None = None,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        self._root, self._beside, self._on_close = folder, dict(beside or {}), on_close

    def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
        """As it is in the copy."""
        for prefix, backend in self._beside.items():
            if key.startswith(prefix):
                return backend.get(key, options)
        path = self._path(key)
        if path is None:
            raise NotFoundError("the copy does not have it", key=key, operation="get")
        try:
            data, changed = path.read_bytes(), path.stat().st_mtime
        except OSError as error:
            message = f"{path} cannot be read: {error.strerror}"
            raise PermissionDeniedError(message, key=key, operation="get") from error
        at = datetime.fromtimestamp(changed, UTC)
        info = BlobInfo(key, hashlib.sha256(data).hexdigest(), len(data), at)
        offset, length = options.byte_range or (0, None)
        return Blob(data[offset : None if length is None else offset + length], info)

    def head(self, key: str) -> BlobInfo:
        """By its data."""
        return self.get(key).info

    def list(
        self,
        prefix: str = "",
        *,
        delimiter: str | None = None,
        token: str | None = None,
        limit: int = MAX_PAGE,
        metadata: bool = False,
    ) -> Page:
        """All of a folder, `prefix`, in one page; not what lies deeper."""
        folder = prefix.rstrip("/")
        keys = sorted({f"{folder}/{name}" for name in self._names(folder)})
        return Page(tuple(self.head(key) for key in keys))

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """Refused."""
        self._refuse("put", key)

    def upload(self, key: str, stream: BinaryIO, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """Refused."""
        self._refuse("upload", key)

    def delete(self, key: str, *, condition: IfMatch | None = None) -> None:
        """Refused."""
        self._refuse("delete", key)

    def delete_many(self, keys: Iterable[str]) -> Mapping[str, StorageError | None]:
        """Refused."""
        self._refuse("delete_many", None)

    def now(self) -> datetime:
        """This machine's clock: a copy has none."""
        return datetime.now(UTC)

    def ensure_container(self) -> bool:
        """Refused."""
        self._refuse("ensure_container", None)

    def container_exists(self) -> bool:
        """Whether there is such a folder."""
        return self._root.is_dir()

    def close(self) -> None:
        """Tell whoever waits for it."""
        self._on_close()

    def _path(self, key: str) -> Path | None:
        return next((path for path in self._places(key) if path.is_file()), None)

    def _places(self, key: str) -> Iterator[Path]:
        yield self._root / key
        yield self._root.joinpath(*names_of(key))

    def _names(self, folder: str) -> Iterator[str]:
        plain, local = self._places(folder)
        for place in (plain, local):
            for path in place.iterdir() if place.is_dir() else ():
                part = part_of(path.name) if place == local else None
                if path.is_file():
                    yield path.name if part is None or part.continues else part.text

    def _refuse(self, operation: str, key: str | None) -> NoReturn:
        raise PermissionDeniedError(
            "nothing is written to a held copy", key=key, operation=operation, hint=_HINT
        )
