"""The names in a folder in the order of their keys, read once for all pages of a listing."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ingenious_storage.backends.local.folder import Folder
from ingenious_storage.backends.local.paths import is_plain, names_of, part_of
from ingenious_storage.backends.local.temporary_file import TEMPORARY

MANY: Final = 1000
"""Names of a folder that are worth keeping from one page to the next."""
_KEPT: Final = 4
"""Folders whose names are held at most, the newest."""
_STALE_SECONDS: Final = 3600
_SETTLED_SECONDS: Final = 3.0
"""Longer than a tick of any file system's clock (2 s): a folder that was changed before has its
time of change from then, and shows any later change by another."""
_SHARE: Final = 20
"""Reading the names again takes at most this part of the time, while others write."""


class Names(NamedTuple):
    """What one folder holds, sorted by what keys begin with there. A folder's ends in "/"."""

    sorted: list[str]
    odd: dict[str, str]
    """What a name stands for, where that is not the name itself."""

    def first(self, lowest: str) -> int:
        """Where the names begin that are `lowest` or behind it."""
        if not lowest:
            return 0
        odd = self.odd
        return bisect_left(self.sorted, lowest, key=lambda name: odd.get(name, name))


class _Held(NamedTuple):
    names: Names
    inode: int
    changed: int | None
    """The folder's own time of change, in ns; None when it may change again within that tick."""
    read_at: float
    took: float


@dataclass(slots=True)
class NameReader:
    """Reads folders; those with many names are remembered while a listing goes through them.

    Thread-safe without a lock: what it holds is only ever replaced whole.
    """

    clock: Callable[[], float] = time.time
    _held: dict[str, _Held] = field(default_factory=dict)

    def read(self, folder: Folder, start: str, *, within: bool, resumes: bool = False) -> Names:
        """The names of `folder`, whose keys begin with `start`.

        `resumes`: for a page that follows another. It may show the names as that one found them,
        so that a listing reads a folder once and not with every page; a name that came since may
        be left out. Any other listing reads anew.
        """
        held = self._held.get(start) if resumes else None
        if held is not None and self._is_fresh(held, folder):
            return held.names
        began = self.clock()
        names = _read(folder, within=within)
        if len(names.sorted) >= MANY:
            self._hold(start, names, folder, began)
        return names

    def forget(self, start: str) -> None:
        """The listing has read all of them."""
        self._held.pop(start, None)

    def _hold(self, start: str, names: Names, folder: Folder, began: float) -> None:
        now, found = self.clock(), folder.status()
        settled = found.st_mtime < began - _SETTLED_SECONDS
        self._held.pop(start, None)
        self._held[start] = _Held(
            names, found.st_ino, found.st_mtime_ns if settled else None, now, now - began
        )
        for oldest in list(self._held)[:-_KEPT]:
            self._held.pop(oldest, None)

    def _is_fresh(self, held: _Held, folder: Folder) -> bool:
        found = folder.status()
        if found.st_ino != held.inode:
            return False
        age = self.clock() - held.read_at
        return found.st_mtime_ns == held.changed or 0 <= age < held.took * _SHARE


def first_name(text: str) -> str:
    """The least name, as `Names.sorted` has it, that a key with the rest `text` can be behind."""
    segment, slash, _ = text.partition("/")
    name = names_of(segment)[0]
    part = part_of(name)
    if part is None or part.continues:
        return "" if part is None else part.text
    return part.text + slash


def _read(folder: Folder, *, within: bool) -> Names:
    names: list[str] = []
    odd: dict[str, str] = {}
    for stored in folder.entries():
        name = stored.removesuffix("/")
        if is_plain(name):
            names.append(stored)
        elif name[0] == ".":
            _sweep(folder, name)
        elif (text := _meaning(name, is_folder=name != stored, within=within)) is not None:
            names.append(stored)
            odd[stored] = text
    if len(names) > 1:
        names.sort(key=(lambda name: odd.get(name, name)) if odd else None)
    return Names(names, odd)


def _meaning(name: str, *, is_folder: bool, within: bool) -> str | None:
    """None for what nobody writes here: it is not ours."""
    part = part_of(name)
    if part is None or not (part.text or within) or (part.continues and not is_folder):
        return None
    return f"{part.text}/" if is_folder and not part.continues else part.text


def _sweep(folder: Folder, name: str) -> None:
    """Remove what a writer left behind that was killed."""
    if name.startswith(TEMPORARY):
        with suppress(OSError):  # a listing does not fail for it
            if folder.stat(name).st_mtime < time.time() - _STALE_SECONDS:
                folder.remove(name)
