"""A container of a profile as an end of a migration."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from mimetypes import MimeTypes
from pathlib import Path
from typing import BinaryIO, Final, cast

from ingenious_ops.migrate.ends.base import (
    FOLDER_MARKER,
    JOURNAL,
    PUBLISHED,
    Item,
    Listing,
    Refusals,
    Shelf,
    Skipped,
    Source,
    Target,
)
from ingenious_ops.migrate.ends.decoded import DecodedReader
from ingenious_ops.migrate.ends.disk import Disk, crossings, space
from ingenious_ops.migrate.ends.listed import Items
from ingenious_ops.migrate.ends.names import key_of, shown
from ingenious_ops.migrate.ends.shelves import ContainerShelf
from ingenious_ops.migrate.errors import ChangedError
from ingenious_storage import Storage
from ingenious_storage.backends.base import (
    BINARY,
    GET_DEFAULTS,
    JSON,
    READ_CHUNK,
    TEXT,
    Backend,
    BlobInfo,
    Condition,
    GetOptions,
    IfAbsent,
    IfMatch,
    PutOptions,
    RangeReader,
)
from ingenious_storage.config import Role
from ingenious_storage.errors import (
    ContainerNotFoundError,
    InvalidKeyError,
    NotFoundError,
    StorageError,
)
from ingenious_storage.keys import JOURNALS, SNAPSHOTS, validate_key
from ingenious_storage.runtime.parallel import map_stream

_TYPES: Final = MimeTypes(filenames=())  # those of this machine's files would differ elsewhere
_LOOKS: Final = 16
"""Requests at once that ask for the properties of blobs."""
_TEXTS: Final = (".md", ".txt", ".jinja", ".j2")


class ContainerEnd(Source, Target):
    """`role` of a storage, which stays the caller's to close. Content types go along.

    What is read and written passes all layers of that storage: bytes, sizes and hashes are of the
    data, whatever either side compresses or encrypts, and records of keys are no items.
    """

    def __init__(self, storage: Storage, role: Role, *, disk: Disk | None = None) -> None:
        settings = storage.settings.storage
        self._settings, self._disk = settings, disk or Disk()
        self._files = storage.containers.files(role)
        self._name = settings.container_data if role == "data" else settings.container_revisions
        self.exact_sizes = self._backend.lists_sizes
        self._keys, self._role = storage.keys, role

    @property
    def _backend(self) -> Backend:
        """All layers, without the checks of keys: other programs' names can be read too."""
        return self._files.backend

    def describe(self) -> str:
        backend = self._backend
        return backend.place or f"{backend.name}:{self.folder or self._name}"

    @property
    def folder(self) -> Path | None:
        folder = self._backend.folder
        return folder and folder.resolve()

    @property
    def keeps_properties(self) -> bool:
        return self._backend.keeps_properties

    def exists(self) -> bool:
        return self._files.container_exists()

    def listing(self) -> Listing:
        skipped: list[Skipped] = []
        return Listing(Items(self._listed(skipped) if self.exists() else ()), skipped)

    def _listed(self, skipped: list[Skipped]) -> Iterator[Item]:
        """What is no item is added to `skipped`."""
        for info in self._infos():
            if info.is_folder_marker:
                skipped.append(Skipped(shown(info.key), FOLDER_MARKER))
                continue
            if (reason := _own(info.key)) is not None:
                skipped.append(Skipped(shown(info.key), reason))
                continue
            try:
                yield _item(info)
            except InvalidKeyError as error:
                skipped.append(Skipped(shown(info.key), error.message, is_fault=True))

    def _infos(self) -> Iterator[BlobInfo]:
        """All blobs with their properties: those that a listing does not have are asked for."""
        backend = self._backend
        found = backend.iterate(metadata=True)
        if backend.lists_properties or not backend.keeps_properties:
            return found
        return map_stream(partial(_completed, backend), found, workers=_LOOKS)

    def find(self, key: str, *, name: str = "") -> Item | None:
        try:
            return _item(self._backend.head(name or key))
        except (NotFoundError, ContainerNotFoundError):
            return None

    def refused(self, items: Sequence[Item], present: Mapping[str, Item]) -> Refusals:
        whole: StorageError | None = None
        if not self._settings.auto_create_containers and not self.exists():
            whole = ContainerNotFoundError(f"the container {self.describe()} does not exist")
        if self.folder is not None:
            whole = whole or space(self.folder, items, present, self._disk)
            crossed = crossings(items, present)
            return Refusals({**dict(self._beyond_limits(items)), **crossed}, whole)
        return Refusals(dict(self._beyond_limits(items)), whole)

    def _beyond_limits(self, items: Sequence[Item]) -> Iterator[tuple[str, StorageError]]:
        backend = self._backend
        for item in items:
            kept = item.properties if backend.keeps_properties else None
            if (error := backend.limits.refusal(item.key, item.size, kept)) is not None:
                yield item.key, error

    def shelf(self, folder: str) -> Shelf:
        return ContainerShelf(self._files, f"{JOURNALS}{folder}/")

    def prepare(self) -> None:
        if self._settings.auto_create_containers:
            self._files.ensure_container()

    def read(self, item: Item) -> bytes:
        return self._of_version(item, GET_DEFAULTS)

    def open(self, item: Item) -> BinaryIO:
        if not (self.exact_sizes and self._backend.random_access):
            return DecodedReader(self._backend, item).buffered()
        read_at, at_once = partial(self._read_at, item), self._backend.ranges_at_once
        reader = RangeReader(item.size, read_at, at_once=at_once)
        if at_once > 1:  # it reads ahead itself, and gives what came without a copy
            return cast("BinaryIO", reader)
        return io.BufferedReader(reader, READ_CHUNK)

    def put(self, item: Item, data: bytes, *, replace: str | None) -> str:
        return self._files.save_bytes(
            item.key,
            data,
            content_type=_content_type(item),
            condition=_condition(replace),
            properties=item.properties,
            lineage=self._keys.lineage(self._role, item.key, data),
        ).etag

    def upload(self, item: Item, stream: BinaryIO, *, replace: str | None) -> str:
        return self._backend.upload(
            validate_key(item.key),
            stream,
            PutOptions(_content_type(item), item.properties, _condition(replace)),
        ).etag

    def _read_at(self, item: Item, position: int, length: int) -> bytes:
        return self._of_version(item, GetOptions((position, length)))

    def _of_version(self, item: Item, options: GetOptions) -> bytes:
        blob = self._backend.get(item.name or item.key, options)
        if blob.info.etag != item.version:
            raise ChangedError("the blob changed while it was read", key=item.key)
        return blob.data


def _own(key: str) -> str | None:
    """Why a blob of this library's is no item; None for any other."""
    if key.startswith(JOURNALS):
        return JOURNAL
    return PUBLISHED if key.startswith(SNAPSHOTS) else None


def _completed(backend: Backend, info: BlobInfo) -> BlobInfo:
    try:
        return backend.head(info.key)
    except NotFoundError:  # who reads it will be told
        return info


def _item(info: BlobInfo) -> Item:
    """Raises: InvalidKeyError for a name that has no key."""
    key = key_of(info.key)
    name = "" if key == info.key else info.key
    return Item(
        key, info.size, info.etag, name, info.content_type, info.properties, info.is_archived
    )


def _condition(replace: str | None) -> Condition:
    return IfAbsent() if replace is None else IfMatch(replace)


def _content_type(item: Item) -> str:
    """That of the source, or what the key ends in."""
    if item.content_type is not None:
        return item.content_type
    if item.key.endswith(".json"):
        return JSON
    if item.key.endswith(_TEXTS):
        return TEXT
    name = item.key[item.key.rfind("/") + 1 :]
    stem, _, ends = name.partition(".")
    return _guessed(f"x.{ends}" if stem else name)


@lru_cache(maxsize=1024)
def _guessed(name: str) -> str:
    kind, encoding = _TYPES.guess_type(name, strict=False)
    return BINARY if kind is None or encoding else kind
