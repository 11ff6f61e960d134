"""Files of a folder, read as they were listed, or not at all."""

from __future__ import annotations

import io
import os
import stat
import time
from types import TracebackType
from typing import BinaryIO, Final, Self

from ingenious_ops.migrate.ends.base import Item
from ingenious_ops.migrate.errors import ChangedError, translated

CHUNK: Final = 1024 * 1024
_TICK: Final = 20_000_000
"""Nanoseconds: no file system's clock that we know of is coarser, but FAT's of 2 s."""
# O_NONBLOCK for what became a pipe since it was listed.
_READ: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)


def version_of(found: os.stat_result) -> str:
    """The change time is part of it: some programs set the time of modification back."""
    return f"{found.st_size:x}-{found.st_mtime_ns:x}-{found.st_ctime_ns:x}-{found.st_ino:x}"


class Reader:
    """An open file that must be, and stay, what `item` says."""

    def __init__(self, path: str, item: Item, *, follow_links: bool) -> None:
        self._item = item
        self._fd = os.open(path, _READ | (0 if follow_links else _NO_FOLLOW))
        try:
            found = self.check()
            if stat.S_ISREG(found.st_mode):
                self._wait_for_next_tick(found)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes. Raises: ChangedError when there are fewer."""
        data = os.read(self._fd, size)
        while len(data) < size:
            more = os.read(self._fd, size - len(data))
            if not more:
                raise self._changed()
            data += more
        return data

    def readinto(self, buffer: bytearray | memoryview) -> int:
        """Fill `buffer` as far as one read does: bytes read, 0 at the end. Raises: OSError."""
        # `os.read` makes bytes of its own: a large part would be held twice.
        with io.FileIO(self._fd, closefd=False) as file:
            return file.readinto(buffer) or 0

    def seek(self, offset: int, whence: int) -> int:
        """As `os.lseek`."""
        return os.lseek(self._fd, offset, whence)

    def check(self) -> os.stat_result:
        """Raises: ChangedError."""
        found = os.fstat(self._fd)
        if version_of(found) != self._item.version:
            raise self._changed()
        return found

    def close(self) -> None:
        """Close the file; more than once is fine."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _wait_for_next_tick(self, found: os.stat_result) -> None:
        """A second write within one tick of the clock would leave the times as they are."""
        missing = max(found.st_mtime_ns, found.st_ctime_ns) + _TICK - time.time_ns()
        if 0 < missing <= _TICK:
            time.sleep(missing / 1e9)
            self.check()

    def _changed(self) -> ChangedError:
        return ChangedError("the file changed while it was read", key=self._item.key)


def checked_stream(reader: Reader) -> BinaryIO:
    """A stream that compares the file once more when its end is read."""
    return io.BufferedReader(_Stream(reader), CHUNK)


class _Stream(io.RawIOBase):
    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._reader.seek(offset, whence)

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        with translated(None):
            count = self._reader.readinto(buffer)
            if count == 0:
                self._reader.check()
        return count

    def close(self) -> None:
        self._reader.close()
        super().close()
