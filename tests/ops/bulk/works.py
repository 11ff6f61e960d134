"""Work for the tests of executors: it can be held at a range, and says which process is at it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ingenious_ops.bulk.ranges import Range, split
from ingenious_storage.errors import InvalidDataError
from tests.support.polling import eventually


@dataclass(frozen=True)
class Gates:
    """Ranges that wait until somebody opens their gate."""

    folder: Path
    held: tuple[int, ...] = ()

    def worker_at(self, number: int, *, besides: tuple[int, ...] = ()) -> int:
        """The process that has begun a range; waits for it."""
        return eventually(
            lambda: next((pid for pid in self.workers_at(number) if pid not in besides), 0),
            within=90,
        )

    def workers_at(self, number: int) -> list[int]:
        """All that have begun it."""
        return [int(p.name.rpartition("-")[2]) for p in self.folder.glob(f"begun-{number}-*")]

    def open(self, number: int) -> None:
        (self.folder / f"open-{number}").touch()


def gated(gates: Gates, range_: Range) -> int:
    """The process that did it, which leaves its mark in the folder."""
    number, pid = range_.number, os.getpid()
    (gates.folder / f"begun-{number}-{pid}").touch()
    if number in gates.held:
        eventually((gates.folder / f"open-{number}").exists, within=100)
    (gates.folder / f"done-{number}-{pid}").touch()
    return pid


def done(folder: Path) -> list[int]:
    """The ranges that were done, each as often as it was."""
    return sorted(int(path.name.split("-")[1]) for path in folder.glob("done-*"))


def refusing(data: None, range_: Range) -> str:
    """An error of the library for one range."""
    if range_.number == 1:
        raise InvalidDataError("no", key=range_.first)
    return range_.last


def faulty(data: None, range_: Range) -> None:
    raise ZeroDivisionError("a bug; AccountKey=abcd")


def ranges(count: int) -> list[Range]:
    """So many, of two keys each."""
    keys = [f"k{number:03d}" for number in range(2 * count)]
    return list(split(keys, str, len, max_count=2))
