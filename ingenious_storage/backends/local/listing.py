"""Listing a tree of folders in the order of its keys, lazily."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import closing
from typing import NamedTuple

from ingenious_storage.backends.local.folder import Folder
from ingenious_storage.backends.local.names import NameReader, first_name


class Query(NamedTuple):
    """What a listing asks for."""

    prefix: str = ""
    after: str = ""
    """Only what comes behind this key or folded prefix."""
    fold: bool = False
    """Give what lies behind the next "/" as one prefix."""

    def wants_blob(self, key: str) -> bool:
        """Whether a key belongs to the page."""
        return key.startswith(self.prefix) and key > self.after

    def wants_folder(self, start: str) -> bool:
        """Whether a key that begins with `start` can be wanted."""
        return (start.startswith(self.prefix) or self.prefix.startswith(start)) and (
            start > self.after or self.after.startswith(start)
        )

    def folds(self, start: str) -> bool:
        """Whether all keys that begin with `start` are one prefix of the answer."""
        return self.fold and start.startswith(self.prefix) and "/" in start[len(self.prefix) :]

    def wants_all(self, start: str) -> bool:
        """Whether every key that begins with `start` is wanted, as it is."""
        return (
            not self.fold
            and start.startswith(self.prefix)
            and start > self.after
            and not self.after.startswith(start)
        )

    def lowest(self, start: str) -> str:
        """The first name that can be wanted in the folder of keys that begin with `start`."""
        return max(
            (
                first_name(bound[len(start) :])
                for bound in (self.prefix, self.after)
                if len(bound) > len(start) and bound.startswith(start)
            ),
            default="",
        )

    def is_past(self, start: str) -> bool:
        """Whether nothing from `start` on is wanted."""
        return start > self.prefix and not start.startswith(self.prefix)


_Items = Generator[tuple[str, os.stat_result | None]]


class Walk:
    """One page of a listing: keys with what `stat` says, and folded prefixes with None.

    Both ways of going through a folder are in lexicographic order. All keys in `folder` begin
    with `start`; `within`: it holds the rest of a long segment.
    """

    def __init__(self, query: Query, names: NameReader) -> None:
        self._query, self._names = query, names

    def items(self, folder: Folder, start: str, *, within: bool = False) -> _Items:
        """What the query wants."""
        query = self._query
        if query.wants_all(start):
            yield from self._all(folder, start, within=within)
            return
        resumes = query.after != "" and query.after.startswith(start)
        names, odd = found = self._names.read(folder, start, within=within, resumes=resumes)
        for at in range(found.first(query.lowest(start)), len(names)):
            name = names[at]
            key = start + odd.get(name, name)
            if query.is_past(key):
                break
            if name[-1] == "/":
                yield from self._folder(folder, key, name)
            elif query.wants_blob(key) and (status := _status(folder, name)) is not None:
                yield key, status
        self._names.forget(start)

    def _folder(self, parent: Folder, key: str, name: str) -> _Items:
        query = self._query
        if query.folds(key):
            if key > query.after and self._holds_any(parent, key, name):
                yield key, None
        elif query.wants_folder(key) and (child := _child(parent, name)) is not None:
            with child:
                yield from self.items(child, key, within=key[-1] != "/")

    def _all(self, folder: Folder, start: str, *, within: bool) -> _Items:
        """Everything: nearly all that a listing goes through, and so the shorter way."""
        names, odd = self._names.read(folder, start, within=within)
        for name in names:
            key = start + odd.get(name, name) if odd else start + name
            if name[-1] != "/":
                if (status := _status(folder, name)) is not None:
                    yield key, status
            elif (child := _child(folder, name)) is not None:
                with child:
                    yield from self._all(child, key, within=key[-1] != "/")
        self._names.forget(start)

    def _holds_any(self, folder: Folder, start: str, name: str) -> bool:
        child = _child(folder, name)
        if child is None:
            return False
        with child, closing(self._all(child, start, within=start[-1] != "/")) as found:
            return next(found, None) is not None


def _status(folder: Folder, name: str) -> os.stat_result | None:
    """None for what was deleted since its name was read."""
    try:
        return folder.stat_file(name)
    except (FileNotFoundError, IsADirectoryError):
        return None


def _child(folder: Folder, name: str) -> Folder | None:
    try:
        return folder.child(name[:-1])
    except (FileNotFoundError, NotADirectoryError):
        return None
