"""Streams of a transform: what an upload encodes piece by piece, and a decoded one read forward."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Final, cast

from ingenious_storage.backends.base import READ_CHUNK
from ingenious_storage.errors import ConflictError

_BUFFER: Final = 1024 * 1024


class Source:
    """The rest of a stream, in full pieces: `read` gives fewer bytes than asked at the end only.

    With a `size` the stream ends there; ConflictError when it ends before. Where it has ended once
    it has ended, whatever somebody appends. BlockingIOError for a stream that has nothing yet.
    """

    def __init__(self, stream: BinaryIO, size: int | None = None) -> None:
        self._stream, self._size, self.taken = stream, size, 0
        self._has_ended = False

    def read(self, length: int) -> bytes:
        """The next `length` bytes, fewer at the end."""
        if self._size is not None:
            length = min(length, self._size - self.taken)
        parts, missing = [], 0 if self._has_ended else length
        while missing:
            part = _read(self._stream, missing)
            if not part:
                self._has_ended = True
                break
            parts.append(part)
            missing -= len(part)
        if self._has_ended and self._size is not None and length:
            raise ConflictError("the stream became shorter while it was read")
        self.taken += sum(map(len, parts))
        return parts[0] if len(parts) == 1 else b"".join(parts)


class EncodedStream(io.RawIOBase):
    """What `encode` makes of the rest of a stream. It goes back to its start where that can.

    So a retry beneath the transform sends an upload again, and it is encoded again.
    """

    def __init__(
        self, stream: BinaryIO, encode: Callable[[Source], Iterator[bytes]], size: int | None
    ) -> None:
        self._stream, self._encode, self._size = stream, encode, size
        self._start = stream.tell() if stream.seekable() else None
        self._begin()

    def _begin(self) -> None:
        self._source = Source(self._stream, self._size)
        self._pieces, self._piece, self._position = self._encode(self._source), memoryview(b""), 0

    @property
    def taken(self) -> int:
        """Bytes that were read of the stream."""
        return self._source.taken

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Whether the stream below can go back to where it began."""
        return self._start is not None

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Back to the start, which encodes anew; or nowhere, which gives the position."""
        if (offset, whence) == (0, io.SEEK_CUR):
            return self._position
        if (offset, whence) != (0, io.SEEK_SET) or self._start is None:
            raise io.UnsupportedOperation("an encoded stream goes back to its start only")
        self._stream.seek(self._start)
        self._begin()
        return 0

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Up to one encoded piece."""
        while not self._piece:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._piece = memoryview(piece)
        count = min(len(buffer), len(self._piece))
        buffer[:count] = self._piece[:count]
        self._piece = self._piece[count:]
        self._position += count
        return count

    def buffered(self) -> BinaryIO:
        """The same in blocks, as stores read it."""
        return io.BufferedReader(self, _BUFFER)


@contextmanager
def measured(stream: BinaryIO) -> Iterator[tuple[BinaryIO, int]]:
    """The stream and the bytes it has left; what cannot seek goes through a temporary file."""
    start = stream.tell() if stream.seekable() else None
    try:
        end = None if start is None else stream.seek(0, io.SEEK_END)
    except io.UnsupportedOperation:  # it goes back to its start only: a transform above encodes it
        end = None
    if start is not None and end is not None:
        stream.seek(start)
        yield stream, end - start
        return
    with SpooledTemporaryFile(READ_CHUNK) as copy:
        while data := _read(stream, READ_CHUNK):
            copy.write(data)
        size = copy.tell()
        copy.seek(0)
        yield cast("BinaryIO", copy), size


def _read(stream: BinaryIO, length: int) -> bytes:
    """Raises: BlockingIOError where that is not the end, but nothing is there to read yet."""
    found: bytes | None = stream.read(length)
    if found is None:
        raise BlockingIOError("the stream has nothing to read yet, and is no blocking one")
    return found


class ForwardReads:
    """A `ReadAt` over pieces that come in one order only: who goes back makes them begin anew.

    So does who reads on after an error: pieces that raised are over, which would look like an end.
    """

    def __init__(self, begin: Callable[[], Iterator[bytes]]) -> None:
        self._begin = begin
        self._rewind()

    def _rewind(self) -> None:
        self._pieces, self._piece, self._start = self._begin(), b"", 0

    def __call__(self, position: int, length: int) -> bytes:
        if position < self._start:
            self._rewind()
        while position >= self._start + len(self._piece):
            self._start += len(self._piece)
            piece = self._next()
            if piece is None:
                self._piece = b""
                return b""
            self._piece = piece
        skip = position - self._start
        return self._piece[skip : skip + length]

    def _next(self) -> bytes | None:
        try:
            return next(self._pieces, None)
        except BaseException:
            self._rewind()
            raise
