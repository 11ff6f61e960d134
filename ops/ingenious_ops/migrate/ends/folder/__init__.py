"""A folder of plain files as an end of a migration: each file's path is its key."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

from ingenious_ops.migrate.ends.base import OWN, Item, Listing, Refusals, Shelf, Source, Target
from ingenious_ops.migrate.ends.disk import Disk, crossings, names, space
from ingenious_ops.migrate.ends.folder import files
from ingenious_ops.migrate.ends.folder.tree import Tree
from ingenious_ops.migrate.ends.shelves import FolderShelf
from ingenious_ops.migrate.errors import LocationError, translated
from ingenious_storage.backends.base import READ_CHUNK
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    InvalidKeyError,
    PermissionDeniedError,
)
from ingenious_storage.runtime.parallel import map_stream
from ingenious_storage.whole_files import TEMPORARY, StagedFile, sync_folder

_ABANDONED: Final = 3600.0
"""Seconds without a write after which an unfinished file has no writer any more."""
_REMEMBERED: Final = 10_000
"""Folders that need not be made again."""


class FolderEnd(Source, Target):
    """Files as they are: no escapes on disk, so that other programs find them by their names.

    Links are not followed unless `follow_links`, and never written through. A file system has no
    conditional replace: the version is compared right before the rename.
    """

    def __init__(self, path: Path, *, follow_links: bool = False, disk: Disk | None = None) -> None:
        self._root = Path(os.path.realpath(path))
        self._follow_links = follow_links
        self._made: set[str] = set()
        self._unfinished: list[str] = []
        self._left: dict[str, str] = {}
        self._disk = disk or Disk()

    def describe(self) -> str:
        return str(self._root)

    @property
    def folder(self) -> Path:
        return self._root

    def exists(self) -> bool:
        """Raises: LocationError for what is there and is no folder."""
        if self._root.is_dir():
            return True
        if self._root.exists():
            raise LocationError(
                f"{self._root} is a file, not a folder", hint="Name the folder that it is in."
            )
        return False

    def listing(self) -> Listing:
        if not self.exists():
            return Listing(())
        tree = Tree(str(self._root), follow_links=self._follow_links)
        self._unfinished = tree.unfinished
        with translated(None):
            found = tree.listing()
        self._left = {entry.name: entry.reason for entry in found.skipped if entry.name != OWN}
        return found

    def refused(self, items: Sequence[Item], present: Mapping[str, Item]) -> Refusals:
        crossed = crossings(items, present)
        others = names(self._root, items, self._left, self._disk)
        return Refusals({**dict(others), **crossed}, space(self._root, items, present, self._disk))

    def find(self, key: str, *, name: str = "") -> Item | None:
        """Raises: InvalidKeyError where a folder has that name."""
        with translated(key):
            try:
                found = self._root.joinpath(name or key).stat(follow_symlinks=self._follow_links)
            except (FileNotFoundError, NotADirectoryError):
                return None
        if not stat.S_ISREG(found.st_mode):
            raise InvalidKeyError(
                f"{key!a} is there, and is no file", key=key, hint="Move it out of the way."
            )
        return Item(key, found.st_size, files.version_of(found), name)

    def shelf(self, folder: str) -> Shelf:
        return FolderShelf(self._root / OWN / folder)

    def prepare(self) -> None:
        """Make the folder; remove what `listing` found of writers that were killed long ago."""
        before = time.time() - _ABANDONED
        with translated(None):
            self._root.mkdir(parents=True, exist_ok=True)
            for name in self._unfinished:
                path = self._root / name
                with suppress(FileNotFoundError):  # its writer has just ended
                    if path.stat(follow_symlinks=False).st_mtime < before:
                        path.unlink()

    def read(self, item: Item) -> bytes:
        with translated(item.key), self._reader(item) as reader:
            data = reader.read(item.size)
            reader.check()
            return data

    def open(self, item: Item) -> BinaryIO:
        with translated(item.key):
            return files.checked_stream(self._reader(item))

    def put(self, item: Item, data: bytes, *, replace: str | None) -> str:
        with self._staged(item.key) as file, translated(item.key):
            file.write(data)
            return self._place(file, item.key, replace)

    def upload(self, item: Item, stream: BinaryIO, *, replace: str | None) -> str:
        with self._staged(item.key) as file:

            def write(data: bytes) -> None:
                with translated(item.key):
                    file.write(data)

            # By a thread of its own: what comes next is read and hashed meanwhile.
            data = iter(partial(stream.read, READ_CHUNK), b"")
            for _ in map_stream(write, data, workers=1, batch=1, held=2):
                pass
            with translated(item.key):
                return self._place(file, item.key, replace)

    def _reader(self, item: Item) -> files.Reader:
        # As text: to join two paths takes as long as to read a small file.
        path = f"{self._root}{os.sep}{item.name or item.key}"
        return files.Reader(path, item, follow_links=self._follow_links)

    def _staged(self, key: str) -> StagedFile:
        path = self._root.joinpath(key)
        if path.name.startswith(TEMPORARY):
            raise InvalidKeyError(f"{key!a} is kept for unfinished files", key=key)
        with translated(key):
            self._make_parent(path.parent)
            return StagedFile(path)

    def _make_parent(self, parent: Path) -> None:
        name = str(parent)
        if name in self._made:
            return
        if len(self._made) >= _REMEMBERED:
            self._made.clear()
        parent.mkdir(parents=True, exist_ok=True)
        if os.path.realpath(name) != name:
            raise PermissionDeniedError(
                f"{name} leads out of the folder through a link", hint="Remove the link."
            )
        self._made.add(name)

    def _place(self, file: StagedFile, key: str, replace: str | None) -> str:
        file.complete()
        if replace is None:
            try:
                file.place_new()
            except FileExistsError:
                raise AlreadyExistsError(f"{key!a} exists", key=key) from None
        else:
            present = self.find(key)
            if present is None or present.version != replace:
                raise ConflictError(f"{key!a} has changed", key=key)
            file.replace()
        sync_folder(file.target.parent)
        return files.version_of(file.target.stat(follow_symlinks=False))
