"""Lock: one writer at a time for a key, among threads and processes; its clock never repeats."""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from filelock import lock_descriptor, unlock_descriptor

from ingenious_storage.backends.local.folder import Folder
from ingenious_storage.errors import OperationTimeoutError
from ingenious_storage.runtime import deadlines, forks

FOLDER: Final = ".locks"
_POLL_SECONDS: Final = 0.002
_COARSEST: Final = 10**11
_SAME_CLOCK: Final = 2 * 10**9
"""Nanoseconds: file systems round, up to two seconds."""
_open: set[int] = set()


def time_of(written: os.stat_result) -> int:
    """Nanoseconds by the clock of the file system that gave a file its time just now.

    On a network that is not this machine's clock, which is finer and taken when both agree.
    """
    now = time.time_ns()
    return now if abs(now - written.st_mtime_ns) <= _SAME_CLOCK else written.st_mtime_ns


class Lock:
    """The lock of a key's shard; entering waits for it, leaving gives it back.

    Free again as soon as the process ends, however it ends. Its file holds the newest time, in
    ns, that was given to a blob under it.
    """

    def __init__(self, root: Folder, key: str, *, operation: str, timeout: float) -> None:
        """Closes `root`; `timeout` in seconds."""
        # 256 files, however many keys: two keys of one shard wait for each other, which is rare.
        name = f"{zlib.crc32(key.encode()) & 0xFF:02x}"
        with root.descend((FOLDER,), create=True) as folder:
            self._fd = folder.create(name, exclusive=False)
        _open.add(self._fd)
        self._key, self._operation, self._timeout = key, operation, timeout

    def __enter__(self) -> Self:
        """Raises: OperationTimeoutError."""
        try:
            self._wait()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):  # closing alone would not, while a forked child has it too
            unlock_descriptor(self._fd)
        self._close()

    def stamp(
        self, found: os.stat_result, set_mtime: Callable[[int], os.stat_result]
    ) -> os.stat_result:
        """Have `set_mtime` set the time of a write; it answers what the disk made of it.

        That is `time_of` the write that was `found`, but always later than all before it under
        this lock: clocks are set back, and some file systems round to seconds, but two writes
        must never look alike.
        """
        text = os.read(self._fd, 32)
        last, step = int(text) if text.isdigit() and len(text) < 20 else 0, 1
        found = set_mtime(max(time_of(found), last + step))
        while found.st_mtime_ns <= last and step < _COARSEST:
            step *= 10
            found = set_mtime(last + step)
        os.lseek(self._fd, 0, os.SEEK_SET)
        os.write(self._fd, b"%d" % found.st_mtime_ns)
        return found

    def _wait(self) -> None:
        # Polled: a call that blocks would notice neither the caller's deadline nor Ctrl-C.
        deadline = time.monotonic() + self._timeout
        while not lock_descriptor(self._fd, blocking=False):
            deadlines.check(self._operation, self._key)
            if time.monotonic() > deadline:
                raise OperationTimeoutError(
                    f"another writer held the lock for {self._timeout:g} s",
                    operation=self._operation,
                    key=self._key,
                    hint="Look for a writer that hangs, or raise storage.timeout.",
                    outcome_unknown=False,
                )
            time.sleep(_POLL_SECONDS)

    def _close(self) -> None:
        _open.discard(self._fd)
        with suppress(OSError):  # it is open no more, and nothing in it must last
            os.close(self._fd)


def _let_go_in_child() -> None:
    """A forked child shares its parent's locks: it would keep them beyond the parent's death."""
    for fd in _open:
        os.close(fd)
    _open.clear()


forks.in_child(_let_go_in_child)
