"""The backend on a folder. Containers are folders, blobs are files; see `local_paths`.

A write is a temporary file beside its target, fsync, rename, fsync of the folder: a crash leaves
the old blob or the new one, whole. Writers of one key exclude each other, in one process and in
several; readers need no lock.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Final

from ingenious_storage.backends.base import (
    GET_DEFAULTS,
    MAX_PAGE,
    PUT_DEFAULTS,
    READ_CHUNK,
    Backend,
    Blob,
    BlobInfo,
    Condition,
    GetOptions,
    IfAbsent,
    IfMatch,
    Page,
    PutOptions,
)
from ingenious_storage.backends.local.errors import Translated
from ingenious_storage.backends.local.folder import Folder, make_root
from ingenious_storage.backends.local.listing import Query, Walk
from ingenious_storage.backends.local.lock import Lock, time_of
from ingenious_storage.backends.local.names import NameReader
from ingenious_storage.backends.local.paths import names_of
from ingenious_storage.backends.local.temporary_file import Temporary
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    ContainerNotFoundError,
    NotFoundError,
    NotModifiedError,
    StorageError,
    UnavailableError,
)

_TRIES: Final = 1000


class LocalBackend(Backend):
    """One container in the folder `root`; `timeout` is the longest wait for a lock, in seconds.

    A key cannot also be a folder of other keys: writing it raises InvalidKeyError. Content types
    and other properties are not kept. Safe in threads, in processes and after a fork.
    """

    name = "local"
    keeps_properties = False

    def __init__(self, root: Path, *, timeout: float = 30.0) -> None:
        self.folder = root.absolute()
        path = str(self.folder)
        self._root = "\\\\?\\" + path if os.name == "nt" else path  # lifts the limit of 260
        self._timeout = timeout
        self._names = NameReader()

    def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
        """The file, or its part, of one open file: a rename meanwhile does not mix two."""
        with self._place_of("get", key) as (folder, name):
            fd, status = folder.open_read(name)
            try:
                info = _info(key, status)
                if info.etag == options.if_none_match:
                    raise NotModifiedError(f"{key!r} has not changed", key=key, operation="get")
                return Blob(_read(fd, info, options.byte_range or (0, None)), info)
            finally:
                os.close(fd)

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """A temporary file, synced and renamed, under the container's lock."""
        return self._write("put", key, (data,), options.condition)

    def upload(self, key: str, stream: BinaryIO, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """As `put`, chunk by chunk."""
        chunks = iter(lambda: stream.read(READ_CHUNK), b"")
        return self._write("upload", key, chunks, options.condition)

    def head(self, key: str) -> BlobInfo:
        """By one stat, without opening the file."""
        with self._place_of("head", key) as (folder, name):
            return _info(key, folder.stat_file(name))

    def delete(self, key: str, *, condition: IfMatch | None = None) -> None:
        """Under the container's lock; folders that are empty then go too."""
        *parents, name = names_of(key)
        with (
            Translated("delete", key),
            self._lock("delete", key),
            _found("delete", key),
            ExitStack() as opened,
        ):
            chain = [opened.enter_context(self._open("delete"))]
            for parent in parents:
                chain.append(opened.enter_context(chain[-1].child(parent)))
            etag = _etag(chain[-1].stat_file(name))
            if condition is not None and condition.etag != etag:
                raise ConflictError(f"{key!r} has changed", key=key, operation="delete")
            chain[-1].remove(name)
            with Translated("delete", key, unknown=True):
                chain[-1].sync()
            with suppress(OSError):  # until a folder has other blobs
                for folder, parent in zip(chain[-2::-1], parents[::-1], strict=True):
                    folder.remove_folder(parent)

    def delete_many(self, keys: Iterable[str]) -> dict[str, StorageError | None]:
        """One after the other."""
        result: dict[str, StorageError | None] = {}
        for key in keys:
            try:
                self.delete(key)
            except NotFoundError:
                result[key] = None
            except ContainerNotFoundError:
                raise
            except StorageError as error:
                result[key] = error
            else:
                result[key] = None
        return result

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
        query = Query(prefix, after=token or "", fold=delimiter is not None)
        base = prefix[: prefix.rfind("/") + 1]
        with Translated("list", None):
            try:
                folder = self._open("list").descend(names_of(base[:-1]) if base else ())
            except (FileNotFoundError, NotADirectoryError):
                return Page(())
            with folder, closing(Walk(query, self._names).items(folder, base)) as found:
                shown = [*islice(found, limit)]
                more = next(found, None) is not None
        return Page(
            blobs=tuple(_info(key, status) for key, status in shown if status is not None),
            prefixes=tuple(name for name, status in shown if status is None),
            token=shown[-1][0] if more else None,
        )

    def now(self) -> datetime:
        """The file system's clock, which on a network is not this machine's."""
        with (
            Translated("now", None),
            self._open("now"),
            TemporaryFile(dir=self._root, prefix=".clock-") as probe,
        ):
            return datetime.fromtimestamp(time_of(os.fstat(probe.fileno())) / 1e9, UTC)

    def ensure_container(self) -> bool:
        """Make the container's folder; whether this call made it."""
        with Translated("ensure_container", None):
            try:
                return make_root(self._root)
            except NotADirectoryError:
                raise self._no_container("ensure_container") from None

    def container_exists(self) -> bool:
        """Opens the folder: one that may not be read is an error, and not a missing one."""
        with Translated("container_exists", None):
            try:
                with self._open("container_exists"):
                    return True
            except ContainerNotFoundError:
                return False

    def close(self) -> None:
        """Nothing is held between calls."""

    def _no_container(self, operation: str) -> ContainerNotFoundError:
        return ContainerNotFoundError(f"{self._root} is not a folder", operation=operation)

    def _open(self, operation: str) -> Folder:
        try:
            return Folder.root(self._root)
        except (FileNotFoundError, NotADirectoryError):
            raise self._no_container(operation) from None

    def _lock(self, operation: str, key: str) -> Lock:
        root = self._open(operation)
        return Lock(root, key, operation=operation, timeout=self._timeout)

    @contextmanager
    def _place_of(self, operation: str, key: str) -> Iterator[tuple[Folder, str]]:
        *parents, name = names_of(key)
        with _found(operation, key), self._open(operation).descend(parents) as folder:
            yield folder, name

    def _write(
        self, operation: str, key: str, chunks: Iterable[bytes], condition: Condition | None
    ) -> BlobInfo:
        with Translated(operation, key):
            temporary = self._temporary(operation, key, condition)
        with temporary:
            for chunk in chunks:  # what a stream itself raises is not ours to translate
                with Translated(operation, key):
                    temporary.write(chunk)
            with Translated(operation, key):
                if temporary.size > READ_CHUNK:
                    temporary.sync()  # the slow part, before others have to wait
                with self._lock(operation, key) as lock:
                    return _commit(temporary, lock, operation, key, condition)

    def _temporary(self, operation: str, key: str, condition: Condition | None) -> Temporary:
        *parents, name = names_of(key)
        create = not isinstance(condition, IfMatch)
        for _ in range(_TRIES):
            try:
                folder = self._open(operation).descend(parents, create=create)
                return Temporary(folder, name)
            except FileNotFoundError:  # a neighbour's delete emptied the folder and removed it
                if not create:
                    raise _changed(operation, key) from None
        raise UnavailableError(
            "other writers keep removing its folder", operation=operation, key=key
        )


def _commit(
    temporary: Temporary, lock: Lock, operation: str, key: str, condition: Condition | None
) -> BlobInfo:
    try:
        etag = _etag(temporary.folder.stat_file(temporary.target))
    except (FileNotFoundError, IsADirectoryError):
        etag = None
    if isinstance(condition, IfAbsent) and etag is not None:
        raise AlreadyExistsError(f"{key!r} exists", key=key, operation=operation)
    if isinstance(condition, IfMatch) and condition.etag != etag:
        raise _changed(operation, key)
    status = temporary.place(lock)
    with Translated(operation, key, unknown=True):
        temporary.folder.sync()
    return _info(key, status)


def _changed(operation: str, key: str) -> ConflictError:
    return ConflictError(f"{key!r} has changed", key=key, operation=operation)


@contextmanager
def _found(operation: str, key: str) -> Iterator[None]:
    """Nothing there, a folder there, a blob where a folder should be: no such blob."""
    with Translated(operation, key):
        try:
            yield
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise NotFoundError(f"no blob {key!r}", key=key, operation=operation) from error


def _etag(status: os.stat_result) -> str:
    return f"{status.st_mtime_ns:x}-{status.st_ino:x}-{status.st_size:x}"


def _info(key: str, status: os.stat_result) -> BlobInfo:
    modified = datetime.fromtimestamp(status.st_mtime, UTC)
    return BlobInfo(key, _etag(status), status.st_size, modified)


def _read(fd: int, info: BlobInfo, byte_range: tuple[int, int | None]) -> bytes:
    offset, length = byte_range
    wanted = max(0, info.size - offset)
    wanted = wanted if length is None else min(wanted, length)
    if offset:
        os.lseek(fd, offset, os.SEEK_SET)
    data = b""
    while len(data) < wanted:
        chunk = os.read(fd, wanted - len(data))
        if not chunk:
            raise UnavailableError(
                "the file was cut short while it was read", key=info.key, operation="get"
            )
        data = data + chunk if data else chunk
    return data
