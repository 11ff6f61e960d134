"""The record of what a migration has done, one JSON line for each object: it resumes from there.

A line is one write, so that a killed run leaves at most one torn line, the last; the header is in
place before the first. The file is held by a lock, so that one run writes it at a time.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import orjson
from filelock import FileLock, Timeout

from ingenious_ops.migrate.ends.base import OWN, Ends
from ingenious_ops.migrate.ends.names import shown
from ingenious_ops.migrate.errors import (
    JournalBusyError,
    JournalError,
    JournalMismatchError,
    translated,
)
from ingenious_ops.migrate.spool import Spool
from ingenious_storage.errors import UnsupportedFormatError
from ingenious_storage.whole_files import write_file

FORMAT: Final = "ingenious.journal/1"
_SYNC_EVERY: Final = 5.0
"""Seconds between two calls of fsync. What a power cut loses of it is compared by hash again."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One object that is at the target, and the versions that both ends had then."""

    key: str
    size: int
    sha256: str
    source: str
    target: str
    at: str
    """RFC 3339, UTC."""

    @classmethod
    def now(cls, key: str, size: int, sha256: str, *, source: str, target: str) -> Self:
        """That of an object that has just come to the target."""
        return cls(key, size, sha256, source, target, _now())

    def line(self) -> bytes:
        """As it stands in a journal."""
        return orjson.dumps(self, option=orjson.OPT_APPEND_NEWLINE)


_COLUMNS: Final = {column.name for column in fields(Entry)}


@dataclass(frozen=True, slots=True)
class Identity:
    """Which migration it is."""

    source: str
    target: str
    layout: str

    @classmethod
    def of(cls, ends: Ends) -> Self:
        """The identity of the migration between these ends."""
        return cls(shown(ends.source.describe()), shown(ends.target.describe()), ends.layout)

    @property
    def id(self) -> str:
        """A short name: the begin of a SHA-256, in hex."""
        text = f"{self.source}\n{self.target}\n{self.layout}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def default_path(self) -> Path:
        """Where the journal lies when nobody says, relative to the working directory."""
        return Path(OWN, f"migrate-{self.id}.jsonl")


@dataclass(frozen=True, slots=True)
class Record:
    """What a journal holds."""

    identity: Identity
    created_at: str
    entries: Mapping[str, Entry]
    """The newest of each key."""

    @property
    def last_at(self) -> str:
        """When the newest entry was written, or the journal itself."""
        return max((entry.at for entry in self.entries.values()), default=self.created_at)


def load(path: Path) -> Record | None:
    """What was recorded; None for no file or an empty one. A torn last line is left out.

    Raises: JournalError, UnsupportedFormatError.
    """
    with translated(None):
        try:
            stream = path.open("rb")
        except FileNotFoundError:
            return None
        with stream:
            head = stream.readline()
            if not head:
                return None
            identity, created_at = _header(path, head)
            lines = (line for line in stream if line.endswith(b"\n"))
            return Record(identity, created_at, _Entries(path, lines))


class _Entries(Mapping[str, Entry]):
    """The newest entry of each key, outside of memory: each is its line."""

    def __init__(self, path: Path, lines: Iterable[bytes]) -> None:
        self._spool = Spool(unique=True)
        self._spool.put(
            (_columns(path, number, line)["key"], line) for number, line in enumerate(lines, 2)
        )

    def __len__(self) -> int:
        return len(self._spool)

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self._spool.items())

    def __getitem__(self, key: str) -> Entry:
        line = self._spool.get(key)
        if line is None:
            raise KeyError(key)
        return Entry(**orjson.loads(line))


class Journal:
    """A journal that is written. A context manager; thread-safe. What it can raise is in `load`.

    Also raises: JournalBusyError, JournalMismatchError for that of another migration.
    """

    def __init__(self, path: Path, identity: Identity) -> None:
        self._path, self._guard = path, threading.Lock()
        with translated(None):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(f"{path}.lock")
            try:
                self._lock.acquire(timeout=0)
            except Timeout:
                raise JournalBusyError(f"{path} is in use by another run") from None
        try:
            self.entries = self._load(identity)
            with translated(None):
                self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0))
                self._end = os.lseek(self._fd, 0, os.SEEK_END)
        except BaseException:
            self._lock.release()
            raise
        self._synced = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            with self._guard, suppress(OSError):  # an entry less is compared by hash again
                fd, self._fd = self._fd, -1  # a late worker must not write into another's file
                os.fsync(fd)
                os.close(fd)
        finally:
            self._lock.release()

    def fold(self, found: Iterable[Entry]) -> None:
        """Note what is newer than this journal knows, and know it. Raises: as `add`."""
        for entry in found:
            known = self.entries.get(entry.key)
            if known is None or known.at < entry.at:
                self.add(entry)
        record = load(self._path)
        assert record is not None, "it is held"
        self.entries = record.entries

    def add(self, entry: Entry) -> None:
        """Note an object that is at the target. Raises: DiskFullError and its like."""
        line = entry.line()
        with self._guard, translated(None):
            self._write(line)

    def _write(self, line: bytes) -> None:
        try:
            written = os.write(self._fd, line)
            while written < len(line):  # only when the disk is full, and then it is said
                written += os.write(self._fd, line[written:])
        except OSError:
            os.ftruncate(self._fd, self._end)
            raise
        self._end += len(line)
        if time.monotonic() - self._synced > _SYNC_EVERY:
            os.fsync(self._fd)
            self._synced = time.monotonic()

    def _load(self, identity: Identity) -> Mapping[str, Entry]:
        record = load(self._path)
        if record is None:
            self._start(identity)
            return {}
        check_identity(self._path, record, identity)
        with translated(None):
            _drop_torn_line(self._path)
        return record.entries

    def _start(self, identity: Identity) -> None:
        header = {
            "format": FORMAT,
            "id": identity.id,
            "source": identity.source,
            "target": identity.target,
            "layout": identity.layout,
            "created_at": _now(),
        }
        with translated(None):
            write_file(self._path, orjson.dumps(header) + b"\n")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def check_identity(path: Path, record: Record, identity: Identity) -> None:
    """Raises: JournalMismatchError."""
    if record.identity != identity:
        found = record.identity
        raise JournalMismatchError(
            f"{path} is the journal of another migration: "
            f"from {found.source} to {found.target}, layout {found.layout}"
        )


def _header(path: Path, line: bytes) -> tuple[Identity, str]:
    values = _parse(line) if line.endswith(b"\n") else None
    if values is None:
        raise JournalError(f"{path} is no journal, or its header is damaged")
    if values.get("format") != FORMAT:
        raise UnsupportedFormatError(f"{path} has the format {values.get('format')!a}")
    try:
        identity = Identity(values["source"], values["target"], values["layout"])
        return identity, str(values["created_at"])
    except KeyError as error:
        raise JournalError(f"{path}: its header has no {error}") from None


def read_entry(place: object, number: int, line: bytes) -> Entry:
    """The entry of a line. Raises: JournalError that names the place and the line."""
    return Entry(**_columns(place, number, line))


def _columns(place: object, number: int, line: bytes) -> dict[str, Any]:
    values = _parse(line)
    if values is None or set(values) != _COLUMNS:
        raise JournalError(f"{place}, line {number}: damaged")
    return values


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        values = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return values if isinstance(values, dict) else None


def _drop_torn_line(path: Path) -> None:
    with path.open("rb+") as stream:
        whole = sum(len(line) for line in stream if line.endswith(b"\n"))
        stream.truncate(whole)
