"""The walk through a folder: its files as items, and what is left out."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ingenious_ops.migrate.ends.base import OWN, Item, Listing, Skipped
from ingenious_ops.migrate.ends.folder.files import version_of
from ingenious_ops.migrate.ends.listed import Items
from ingenious_ops.migrate.ends.names import key_of, shown
from ingenious_storage.errors import InvalidKeyError
from ingenious_storage.whole_files import TEMPORARY

_Inode = tuple[int, int]


@dataclass
class Tree:
    """One walk. With `follow_links` a folder that it is inside of already is not entered again."""

    root: str
    follow_links: bool = False
    skipped: list[Skipped] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    """Files of writers that were killed, or that still write."""
    _found: Item | None = None
    """The file that was just met."""

    def listing(self) -> Listing:
        """Walk through all of it. Raises: OSError for the root alone."""
        found = Path(self.root).stat()
        items = Items(self._walk("", ((found.st_dev, found.st_ino),)))
        self.skipped.sort(key=lambda entry: entry.name)
        return Listing(items, self.skipped)

    def _walk(self, name: str, inside: tuple[_Inode, ...]) -> Iterator[Item]:
        """All below the folder `name`, which is reached through the folders `inside`."""
        waiting = [(name, inside)]
        while waiting:
            name, inside = waiting.pop()
            try:
                with os.scandir(f"{self.root}/{name}") as entries:
                    for entry in entries:
                        waiting += self._take(entry, f"{name}{entry.name}", inside)
                        if self._found is not None:
                            yield self._found
                            self._found = None
            except OSError as error:
                self._leave(name.rstrip("/") or ".", f"cannot be read: {error.strerror}")

    def _take(
        self, entry: os.DirEntry[str], name: str, inside: tuple[_Inode, ...]
    ) -> Iterator[tuple[str, tuple[_Inode, ...]]]:
        """Note a file; a folder is given back, to be walked."""
        if entry.is_symlink() and not self.follow_links:
            self._leave(name, "symbolic link, not followed", is_fault=False)
            return
        try:
            # On Windows an entry's own answer has no inode.
            found = Path(entry.path).stat() if os.name == "nt" else entry.stat()
            is_readable = os.access(entry.path, os.R_OK)
        except OSError as error:
            self._leave(name, f"cannot be read: {error.strerror}")
            return
        if not is_readable:
            self._leave(name, "no right to read it")
            return
        inode = found.st_dev, found.st_ino
        if stat.S_ISREG(found.st_mode):
            self._file(name, entry.name, found)
        elif not stat.S_ISDIR(found.st_mode):
            self._leave(name, "not a file: a device, a pipe or a socket")
        elif name == OWN:
            self._leave(name, "journals and reports of this program", is_fault=False)
        elif self.follow_links and inode in inside:
            self._leave(name, "a link to a folder that it lies in", is_fault=False)
        else:
            yield f"{name}/", (*inside, inode)

    def _file(self, name: str, last: str, found: os.stat_result) -> None:
        if last.startswith(TEMPORARY):
            self._leave(name, "unfinished write of a run that was killed", is_fault=False)
            self.unfinished.append(name)
            return
        try:
            key = key_of(name)
        except InvalidKeyError as error:
            self._leave(name, error.message)
            return
        escaped = "" if key == name else name
        self._found = Item(key, found.st_size, version_of(found), escaped)

    def _leave(self, name: str, reason: str, *, is_fault: bool = True) -> None:
        self.skipped.append(Skipped(shown(name), reason, is_fault))
