"""Journals of ranges, at the target: from there any worker goes on with a range, after a death.

Each is one object, written whole every few seconds and at the end of its range. The command folds
them into its own journal when it begins, and deletes them when nothing is left to do.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

import orjson

from ingenious_ops.migrate.ends.base import Shelf
from ingenious_ops.migrate.errors import JournalError
from ingenious_ops.migrate.journal import Entry, read_entry
from ingenious_storage.errors import AlreadyExistsError, ConflictError, NotFoundError

FORMAT: Final = "ingenious.range-journal/1"
RUN: Final = "run-"
"""How the name of the mark of a run begins: no journal, but proof that a worker is at the place."""
MARK: Final = b"A run of bulk work has begun here.\n"
_EVERY: Final = 2.0
"""Seconds between two writes of a journal. What a death loses of it is compared by hash."""
_TRIES: Final = 5


class RangeJournal:
    """The journal `name` of one range. Thread-safe; `flush` writes what is not written yet."""

    def __init__(
        self, shelf: Shelf, name: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._shelf, self._name, self._clock = shelf, name, clock
        self._guard, self._writing = threading.Lock(), threading.Lock()
        self._version: str | None = None
        self.entries: dict[str, Entry] = {}
        self._load()
        self._unwritten, self._written_at = 0, clock()

    def add(self, entry: Entry) -> None:
        """Note an object that is at the target. Raises: StorageError when it cannot be written."""
        with self._guard:
            self.entries[entry.key] = entry
            self._unwritten += 1
        if self._clock() - self._written_at >= _EVERY and self._writing.acquire(blocking=False):
            try:
                self._write()
            finally:
                self._writing.release()

    def flush(self) -> None:
        """Raises: StorageError."""
        with self._writing:
            if self._unwritten:
                self._write()

    def _write(self) -> None:
        for last in (False,) * (_TRIES - 1) + (True,):
            with self._guard:
                self._unwritten, entries = 0, list(self.entries.values())
            data = _header() + b"".join(entry.line() for entry in entries)
            try:
                self._version = self._shelf.write(self._name, data, replace=self._version)
            except (AlreadyExistsError, ConflictError):
                # Another worker was given the same range: what both have done is true.
                if last:
                    raise
                self._load()
            else:
                self._written_at = self._clock()
                return

    def _load(self) -> None:
        try:
            data, self._version = self._shelf.read(self._name)
        except NotFoundError:
            self._version = None
            return
        found = {entry.key: entry for entry in _parse(self._name, data)}
        with self._guard:
            self.entries = found | self.entries


def entries_in(shelf: Shelf) -> Iterator[Entry]:
    """Those of all journals there. Raises: JournalError for one that is damaged."""
    for name in shelf.names():
        if not name.startswith(RUN):
            yield from _parse(name, shelf.read(name)[0])


def _header() -> bytes:
    return orjson.dumps({"format": FORMAT}, option=orjson.OPT_APPEND_NEWLINE)


def _parse(name: str, data: bytes) -> Iterator[Entry]:
    head, _, rest = data.partition(b"\n")
    if head + b"\n" != _header():
        raise JournalError(
            f"the journal {name} at the target is damaged, or of a newer version",
            hint="Delete it there and run again: what is at the target is compared by hash.",
        )
    for number, line in enumerate(rest.splitlines(), 2):
        yield read_entry(name, number, line)
