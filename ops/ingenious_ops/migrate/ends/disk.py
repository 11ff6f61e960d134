"""Refusals of a folder, or of a storage on one, known before anything is written."""

from __future__ import annotations

import heapq
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ingenious_ops.migrate.ends.base import OWN, Item
from ingenious_ops.migrate.errors import DiskFullError
from ingenious_storage.errors import InvalidKeyError, PermissionDeniedError, StorageError
from ingenious_storage.whole_files import TEMPORARY

_FOLDER_HINT: Final = "On disk a name cannot be a file and a folder: rename one, or leave it out."
_NAME_HINT: Final = "Rename it at the source, or choose a container as the target."


@dataclass(frozen=True, slots=True)
class Disk:
    """Questions to the disk; tests ask another."""

    free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free
    """Bytes that this user may still write, on the disk of a folder that is there."""
    writable: Callable[[Path], bool] = lambda path: os.access(path, os.W_OK | os.X_OK)
    longest_name: Callable[[Path], int] = lambda path: os.pathconf(path, "PC_NAME_MAX")


def space(
    root: Path, items: Sequence[Item], present: Mapping[str, Item], disk: Disk
) -> StorageError | None:
    """Why not everything could be written below `root`: no right, or no room. None if it can."""
    place = _existing(root)
    if not place.is_dir():
        return InvalidKeyError(f"{place} is a file, not a folder", hint="Choose another target.")
    if not disk.writable(place):
        hint = "Give this user the right to write there, or choose another target."
        return PermissionDeniedError(f"no right to write in {place}", hint=hint)
    needed, replaced = 0, 0
    for item in items:
        there = present.get(item.key)
        if there is None:
            needed += item.size
        elif there.size != item.size:
            replaced = max(replaced, item.size)
    needed += replaced
    free = disk.free(place)
    if needed > free:
        return DiskFullError(f"{needed} bytes are to be written, and {free} are free at {place}")
    return None


def crossings(items: Sequence[Item], present: Mapping[str, Item]) -> dict[str, StorageError]:
    """Keys that would be a file where others need a folder, or the other way round.

    Both are in the order of their keys, so that what a key lies below comes before it: no more than
    the keys above one are in memory.
    """
    found: dict[str, StorageError] = {}
    above: list[tuple[str, bool]] = []
    listed = ((item.key, False) for item in items)
    for key, is_there in heapq.merge(((key, True) for key in present), listed, key=_first):
        while above and not key.startswith(above[-1][0]):
            above.pop()
        for other, other_is_there in above:
            if not key.startswith(f"{other}/"):
                continue
            if not other_is_there:
                found[other] = _crossing(other, f"{other!a} is also the folder of other keys")
            elif not is_there:
                found.setdefault(key, _crossing(key, f"{other!a} is a file at the target"))
        above.append((key, is_there))
    return dict(sorted(found.items()))


def _first(each: tuple[str, bool]) -> str:
    return each[0]


def _crossing(key: str, problem: str) -> StorageError:
    return InvalidKeyError(problem, key=key, hint=_FOLDER_HINT)


def names(
    root: Path, items: Sequence[Item], left: Mapping[str, str], disk: Disk
) -> Iterator[tuple[str, StorageError]]:
    """Keys that cannot be files below `root`. `left`: what is there and is no file, with why."""
    longest = disk.longest_name(_existing(root))
    checked: Path | None = None
    is_writable = False
    for item in items:
        key, parts = item.key, item.key.split("/")
        if parts[0] == OWN:
            yield (
                key,
                InvalidKeyError(
                    f"{key!a} lies where this program keeps its journals", key=key, hint=_NAME_HINT
                ),
            )
        elif parts[-1].startswith(TEMPORARY):
            yield (
                key,
                InvalidKeyError(f"{key!a} is kept for unfinished files", key=key, hint=_NAME_HINT),
            )
        elif any(len(part.encode()) > longest for part in parts):
            problem = f"a part of it is longer than {longest} bytes, which the folder cannot hold"
            yield key, InvalidKeyError(problem, key=key, hint=_NAME_HINT)
        elif taken := next((name for name in (*_above(key), key) if name in left), None):
            problem = f"{taken!a} is in the way at the target: {left[taken]}"
            yield key, PermissionDeniedError(problem, key=key, hint="Remove it from the target.")
        else:
            parent = root.joinpath(*parts[:-1])
            if parent != checked:  # those of one folder stand together
                checked, is_writable = parent, disk.writable(_existing(parent))
            if not is_writable:
                problem = f"no right to write in {_existing(parent)}"
                hint = "Give this user the right to write there."
                yield key, PermissionDeniedError(problem, key=key, hint=hint)


def _above(key: str) -> Iterator[str]:
    end = key.find("/")
    while end > 0:
        yield key[:end]
        end = key.find("/", end + 1)


def _existing(path: Path) -> Path:
    return next(place for place in (path, *path.parents) if place.exists())
