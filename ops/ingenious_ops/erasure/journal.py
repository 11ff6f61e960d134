"""The record of an erasure under way, beside its receipt: an interrupted one goes on from there.

A line is one write. First come the keys that are to go, then what became of each.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import orjson
from filelock import FileLock, Timeout

from ingenious_ops.erasure.targets import Target
from ingenious_storage.errors import ConflictError, InvalidDataError, UnsupportedFormatError

FORMAT: Final = "ingenious.erasure-journal/1"


class Journal:
    """Of one receipt; a context manager, thread-safe.

    Args:
        path: of the journal. None for none: then nothing is kept.
        place: of the container that is erased from.

    Attributes:
        begun: what an interrupted run was to erase and has not said to be done.
        done: what became of the others, by key.

    Raises: ConflictError while another run uses it, or for another container; InvalidDataError,
    UnsupportedFormatError for a file that is none; OSError.
    """

    def __init__(self, path: Path | None, place: str) -> None:
        self.begun = dict[str, Target]()
        self.done = dict[str, dict[str, Any]]()
        self._path, self._guard, self._fd = path, threading.Lock(), -1
        self._is_complete = False
        if path is None:
            return
        self._place = place
        self._lock = FileLock(f"{path}.lock")
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise ConflictError(f"{path} is in use by another run") from None
        try:
            self._read(path, place, _lines(path))
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._path is None:
            return
        with self._guard:
            fd, self._fd = self._fd, -1
            if fd >= 0:
                os.close(fd)
        if self._is_complete:
            self._path.unlink(missing_ok=True)
        self._lock.release()
        Path(f"{self._path}.lock").unlink(missing_ok=True)

    def require_new(self) -> None:
        """Raises: ConflictError for the journal of a run that was interrupted."""
        if self.begun or self.done:
            raise ConflictError(
                f"{self._path} is of an erasure that was interrupted",
                hint="`memory erase` with the same receipt goes on with it; or name another one.",
            )

    def begin(self, targets: Iterable[Target]) -> None:
        """These are to go; on the disk before the first of them goes."""
        if self._path is None:
            return
        self._fd = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        if os.fstat(self._fd).st_size == 0:
            self._write({"format": FORMAT, "place": self._place})
        for target in targets:
            self._write({"begin": target.key, "id": target.id, "etag": target.etag})
        os.fsync(self._fd)

    def add(self, entry: dict[str, Any]) -> None:
        """What became of one."""
        self._write({"done": entry})

    def complete(self) -> None:
        """The receipt has all of it: the file goes when the block ends."""
        self._is_complete = True

    def _write(self, line: dict[str, Any]) -> None:
        with self._guard:
            if self._fd >= 0:
                os.write(self._fd, orjson.dumps(line) + b"\n")

    def _read(self, path: Path, place: str, lines: list[bytes]) -> None:
        try:
            records = [orjson.loads(line) for line in lines]
            for record in records[:1]:
                _check_header(path, place, record)
            for record in records[1:]:
                self._take(record)
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise InvalidDataError(
                f"{path} is no journal of an erasure: {error}", hint="Name another receipt."
            ) from None

    def _take(self, record: dict[str, Any]) -> None:
        if "begin" in record:
            self.begun[record["begin"]] = Target(record["begin"], record["id"], etag=record["etag"])
            return
        entry = record["done"]
        if entry["status"] != "failed":
            self.done[entry["key"]] = entry
            self.begun.pop(entry["key"], None)


def _lines(path: Path) -> list[bytes]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):  # torn by a kill
        os.truncate(path, len(whole))
    return whole.splitlines()


def _check_header(path: Path, place: str, record: dict[str, Any]) -> None:
    if record.get("format") != FORMAT:
        raise UnsupportedFormatError(f"{path} is no journal of the format {FORMAT}")
    if record["place"] != place:
        raise ConflictError(
            f"{path} is of an erasure in {record['place']}, not in {place}",
            hint="Choose the profile that it was begun with, or name another receipt.",
        )
