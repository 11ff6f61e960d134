"""Shelves of journals: below a prefix of a container, and in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ingenious_ops.migrate.ends.base import Shelf
from ingenious_ops.migrate.errors import translated
from ingenious_storage import FileStorage
from ingenious_storage.backends.base import IfAbsent, IfMatch
from ingenious_storage.whole_files import write_file


class ContainerShelf(Shelf):
    """They pass all layers of the storage, so that they are encrypted where its objects are."""

    def __init__(self, files: FileStorage, prefix: str) -> None:
        self._files, self._prefix = files, prefix

    def read(self, name: str) -> tuple[bytes, str]:
        blob = self._files.load_blob(self._prefix + name, fresh=True)
        return blob.data, blob.info.etag

    def write(self, name: str, data: bytes, *, replace: str | None) -> str:
        condition = IfAbsent() if replace is None else IfMatch(replace)
        return self._files.save_bytes(self._prefix + name, data, condition=condition).etag

    def names(self) -> list[str]:
        start = len(self._prefix)
        return [key[start:] for key in self._files.list_keys(self._prefix)]

    def delete(self, names: Sequence[str]) -> None:
        """Raises: the first StorageError, after all were tried."""
        for error in self._files.delete_many([self._prefix + name for name in names]).values():
            if error is not None:
                raise error


class FolderShelf(Shelf):
    """Whole files. No condition holds here: what one of two workers noted may be lost, and is
    compared by hash then.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> tuple[bytes, str]:
        with translated(name):
            return (self._folder / name).read_bytes(), ""

    def write(self, name: str, data: bytes, *, replace: str | None) -> str:
        with translated(name):
            self._folder.mkdir(parents=True, exist_ok=True)
            write_file(self._folder / name, data)
        return ""

    def names(self) -> list[str]:
        with translated(None):
            if not self._folder.is_dir():
                return []
            return sorted(path.name for path in self._folder.iterdir() if path.is_file())

    def delete(self, names: Sequence[str]) -> None:
        with translated(None):
            for name in names:
                (self._folder / name).unlink(missing_ok=True)
            if self._folder.is_dir() and not any(self._folder.iterdir()):
                self._folder.rmdir()
