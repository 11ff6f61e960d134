"""Range reader: a seekable stream over an object that is read in ranges."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from typing import Final

from ingenious_storage.runtime import deadlines
from ingenious_storage.runtime.parallel import map_stream

READ_CHUNK: Final = 4 * 1024 * 1024 + 256 * 1024
"""Bytes of one range, which is what a reader holds in memory. Up to 4 MiB, Azurite 3.37.0 reads a
range twice, to hash it first: three times the work of the same bytes in larger ranges."""
ReadAt = Callable[[int, int], bytes]
"""(position, length) -> at least one byte from there, at most `length`; both lie in the object."""


class RangeReader(io.RawIOBase):
    """The `size` bytes that `read_at` gives, in whatever order they are asked for.

    It holds nothing that has to be closed. What `read_at` raises ends the read, and may be tried
    again.

    Args:
        at_once: ranges that are asked for at the same time once a read goes on where the one
            before has ended; each is of READ_CHUNK bytes and held until it is read.
    """

    def __init__(self, size: int, read_at: ReadAt, *, at_once: int = 1) -> None:
        self._size, self._read_at, self._at_once = size, read_at, at_once
        self._position = self._read_to = 0
        self._ahead = _Ahead(read_at, size, at_once)

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
        """At most one request by range for what `buffer` holds, when it was not read ahead."""
        data = self._some(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int = -1) -> bytes:
        """As `readinto`, and without a copy of what is read ahead where `size` is READ_CHUNK."""
        if size < 0:
            return self.readall()
        data = self._some(size)
        return data if isinstance(data, bytes) else bytes(data)

    def readall(self) -> bytes:
        """The rest, in large ranges."""
        # Python's own reads on in steps of 8 KiB, each of which would be a request.
        return b"".join(iter(lambda: self.read(READ_CHUNK), b""))

    def _some(self, size: int) -> bytes | memoryview:
        length = min(size, max(0, self._size - self._position))
        if length == 0:
            return b""
        data: bytes | memoryview
        if self._at_once > 1 and self._position == self._read_to > 0:
            data = self._ahead.take(self._position, length)
        else:
            self._ahead.stop()
            data = self._read_at(self._position, length)
        self._position += len(data)
        self._read_to = self._position
        return data


class _Ahead:
    """What follows a position, asked for by a few threads before it is wanted."""

    def __init__(self, read_at: ReadAt, size: int, at_once: int) -> None:
        self._read_at, self._size, self._at_once = read_at, size, at_once
        self._chunks: Iterator[bytes] | None = None
        self._chunk, self._taken, self._position = b"", 0, 0
        self._started: object = None
        """In which process, and in whose time: other threads and deadlines are not there."""

    def take(self, position: int, length: int) -> bytes | memoryview:
        """Some bytes from `position`, at most `length`. Raises: what `read_at` raises."""
        here = os.getpid(), deadlines.current()
        if self._chunks is None or position != self._position or here != self._started:
            self._start(position)
            self._started = here
        assert self._chunks is not None
        try:
            if self._taken == len(self._chunk):
                self._chunk, self._taken = next(self._chunks), 0
        except BaseException:
            self.stop()
            raise
        return self._next(length)

    def stop(self) -> None:
        """Forget what was read ahead; requests that are under way are cut off."""
        self._chunks, self._chunk, self._taken = None, b"", 0

    def _next(self, length: int) -> bytes | memoryview:
        """From the chunk that is there: the whole of it as it is, or a view of a part."""
        chunk, start = self._chunk, self._taken
        taken = chunk if len(chunk) <= length and not start else memoryview(chunk)[start:][:length]
        self._taken, self._position = start + len(taken), self._position + len(taken)
        if self._taken == len(chunk):
            self._chunk, self._taken = b"", 0  # nobody reads it again
        return taken

    def _start(self, position: int) -> None:
        self._position, self._chunk, self._taken = position, b"", 0
        starts = range(position, self._size, READ_CHUNK)
        self._chunks = map_stream(
            self._read, starts, workers=self._at_once, batch=1, held=self._at_once
        )

    def _read(self, start: int) -> bytes:
        """The whole chunk: `read_at` may give less at a time."""
        pieces, missing = list[bytes](), min(READ_CHUNK, self._size - start)
        while missing > 0:
            pieces.append(self._read_at(start, missing))
            start, missing = start + len(pieces[-1]), missing - len(pieces[-1])
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)
