"""Listing a tree of folders in the order of its keys, lazily."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from typing import Final, NamedTuple

from ingenious_storage.backends.local_folder import Folder
from ingenious_storage.backends.local_paths import part_of
from ingenious_storage.backends.local_temporary import TEMPORARY

_STALE_SECONDS: Final = 3600


class Query(NamedTuple):
    prefix: str = ""
    after: str = ""
    """Only what comes behind this key or folded prefix."""
    fold: bool = False
    """Give what lies behind the next "/" as one prefix."""

    def wants_blob(self, key: str) -> bool:
        return key.startswith(self.prefix) and key > self.after

    def wants_folder(self, start: str) -> bool:
        """Whether a key that begins with `start` can be wanted."""
        return (start.startswith(self.prefix) or self.prefix.startswith(start)) and (
            start > self.after or self.after.startswith(start)
        )

    def folds(self, start: str) -> bool:
        return self.fold and start.startswith(self.prefix) and "/" in start[len(self.prefix) :]


_Items = Generator[tuple[str, os.stat_result | None]]


class _Entry(NamedTuple):
    start: str
    """The key, or what all keys in the folder begin with."""
    name: str
    is_folder: bool


def walk(folder: Folder, start: str, query: Query, *, within: bool = False) -> _Items:
    """Keys with what `stat` says, and folded prefixes with None, in lexicographic order.

    All keys in `folder` begin with `start`; `within`: it holds the rest of a long segment.
    """
    for entry in sorted(_entries(folder, start, within=within)):
        if not entry.is_folder:
            if query.wants_blob(entry.start):
                with suppress(FileNotFoundError, IsADirectoryError):  # deleted since
                    yield entry.start, folder.stat_file(entry.name)
        elif query.folds(entry.start):
            if entry.start > query.after and _any(folder, entry):
                yield entry.start, None
        elif query.wants_folder(entry.start):
            yield from _walk_child(folder, entry, query)


def _walk_child(folder: Folder, entry: _Entry, query: Query) -> _Items:
    try:
        child = folder.child(entry.name)
    except (FileNotFoundError, NotADirectoryError):  # deleted since
        return
    with child:
        yield from walk(child, entry.start, query, within=not entry.start.endswith("/"))


def _any(folder: Folder, entry: _Entry) -> bool:
    with closing(_walk_child(folder, entry, Query())) as found:
        return next(found, None) is not None


def _entries(folder: Folder, start: str, *, within: bool) -> Iterator[_Entry]:
    for name, is_folder in folder.entries():
        if name.startswith("."):
            _sweep(folder, name)
            continue
        part = part_of(name)
        if part is None or not (part.text or within) or (part.continues and not is_folder):
            continue  # nobody writes such a name here: not ours
        slash = "/" if is_folder and not part.continues else ""
        yield _Entry(start + part.text + slash, name, is_folder)


def _sweep(folder: Folder, name: str) -> None:
    """Remove what a writer left behind that was killed."""
    if name.startswith(TEMPORARY):
        with suppress(OSError):  # a listing does not fail for it
            if folder.stat(name).st_mtime < time.time() - _STALE_SECONDS:
                folder.remove(name)
