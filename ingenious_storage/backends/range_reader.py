"""Range reader: a seekable stream over an object that is read in ranges."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Final

READ_CHUNK: Final = 4 * 1024 * 1024
"""Bytes of one range, which is what a reader holds in memory."""
ReadAt = Callable[[int, int], bytes]
"""(position, length) -> at least one byte from there, at most `length`; both lie in the object."""


class RangeReader(io.RawIOBase):
    """The `size` bytes that `read_at` gives, in whatever order they are asked for.

    It holds nothing that has to be closed. What `read_at` raises ends the read, and may be tried
    again.
    """

    def __init__(self, size: int, read_at: ReadAt) -> None:
        self._size, self._read_at, self._position = size, read_at, 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """The new position; no I/O."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """One request by range for what `buffer` holds."""
        length = min(len(buffer), max(0, self._size - self._position))
        if length == 0:
            return 0
        data = self._read_at(self._position, length)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def readall(self) -> bytes:
        """The rest, in large ranges."""
        # Python's own reads on in steps of 8 KiB, each of which would be a request.
        return b"".join(iter(lambda: self.read(READ_CHUNK) or b"", b""))
