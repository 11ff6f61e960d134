"""Temporary file: a write that nobody sees until it is renamed."""

from __future__ import annotations

import os
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from ingenious_storage.backends.local.folder import Folder, sync
from ingenious_storage.backends.local.lock import Lock
from ingenious_storage.whole_files import write_out

TEMPORARY: Final = ".tmp-"
# Where it is False (Windows), closing a written file may set its time once more.
TIMES_BY_DESCRIPTOR = os.utime in os.supports_fd


class Temporary:
    """A context manager; what was not put in place by then is removed at its end."""

    def __init__(self, folder: Folder, target: str) -> None:
        """Takes `folder` over and closes it, also when this fails."""
        self.folder, self.target = folder, target
        self.size = 0
        self._name = TEMPORARY + os.urandom(8).hex()
        try:
            self._fd: int | None = folder.create(self._name)
        except BaseException:
            folder.__exit__()
            raise
        self._placed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self.folder, suppress(OSError):
            self._close()
            if not self._placed:
                self.folder.remove(self._name)

    def write(self, data: bytes) -> None:
        """Add `data`."""
        rest, before = memoryview(data), self.size
        while rest:
            rest = rest[os.write(self._open_fd, rest) :]
        self.size += len(data)
        write_out(self._open_fd, before, self.size)

    def sync(self) -> None:
        """Wait until the disk has it."""
        sync(self._open_fd)

    def place(self, lock: Lock) -> os.stat_result:
        """Make it durable and rename it; the folder is still to be synced. Gives its `stat`."""
        if TIMES_BY_DESCRIPTOR:
            found = lock.stamp(self._stat(), self._set_time)
            self.sync()
            self._close()
        else:
            self.sync()
            self._close()
            found = lock.stamp(self._stat(), self._set_time)
        try:
            self.folder.replace(self._name, self.target)
        except IsADirectoryError:
            # Perhaps only the empty folders of a writer that was killed.
            self.folder.remove_empty(self.target)
            self.folder.replace(self._name, self.target)
        self._placed = True
        return found

    @property
    def _open_fd(self) -> int:
        if self._fd is None:
            raise ValueError("closed")
        return self._fd

    def _set_time(self, nanoseconds: int) -> os.stat_result:
        self.folder.set_mtime(self._name, nanoseconds)
        return self._stat()

    def _stat(self) -> os.stat_result:
        return self.folder.stat(self._name)

    def _close(self) -> None:
        if self._fd is not None:
            fd, self._fd = self._fd, None
            os.close(fd)
