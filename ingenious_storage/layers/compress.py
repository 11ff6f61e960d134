"""Compress layer: zstd, in an envelope that says what is inside.

Format: docs/storage-format.md, "Compression envelope". What does not shrink is stored as it is
behind the same mark, so that no blob grows by more than the six bytes of the envelope. Blobs that
were written without the layer are read as they are.

Sizes stand in the frame, so listings show stored ones and `head` reads the first bytes of a blob.
Nothing is allocated by what a frame says before that was found possible.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, Final

import zstandard

from ingenious_storage import marks
from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.range_reader import ReadAt
from ingenious_storage.errors import ObjectTooLargeError, UnsupportedFormatError
from ingenious_storage.layers.streams import ForwardReads, Source
from ingenious_storage.layers.telemetry import CompressionTelemetry
from ingenious_storage.layers.transform import TransformLayer

MAX_WHOLE: Final = 1024 * 1024 * 1024
"""Bytes that a blob may have to be decompressed in memory; `open_read` reads larger ones."""

_MAGIC: Final = marks.COMPRESSED
_VERSION: Final = 1
_ZSTD: Final = 1
_HEADER: Final = 6
_FRAME_HEADER: Final = 18
"""The most that the header of a zstd frame has."""
_BLOCK: Final = 128 * 1024
"""The most that a block of a frame holds, in four bytes at least."""
_LARGE: Final = 16 * 1024
"""Above it level 1: 4 to 9 % larger, and level 3 would make a save of 20 KB cost a tenth more."""
_REPEATED: Final = 1
"""The kind of block that is one byte, repeated."""
_PIECE: Final = 1024 * 1024
_MAX_WINDOW: Final = 8 * 1024 * 1024
"""What a frame may ask for when it is read as a stream."""


class CompressLayer(TransformLayer):
    """Compresses what is written to `inner`. Thread-safe.

    Args:
        inner: the layers beneath.
        role: of the container, for telemetry.
    """

    magic = _MAGIC
    prefix_size = _HEADER + _FRAME_HEADER
    decode_errors = (ValueError, zstandard.ZstdError)

    def __init__(self, inner: Backend, *, role: str = "data") -> None:
        super().__init__(inner, accepts_plain=True)
        self._codecs, self._telemetry = _Codecs(), CompressionTelemetry(role)

    def encode(self, key: str, data: bytes) -> bytes:
        """One frame, or the data as they are: whichever is shorter."""
        frame = b""
        if 0 < len(data) <= MAX_WHOLE:  # what a put has written, a get has to read
            frame = self._codecs.compressor(len(data)).compress(data)
        shrinks = 0 < len(frame) < len(data)
        stored = _header(_ZSTD) + frame if shrinks else _header(0) + data
        self._telemetry.written(len(data), len(stored))
        return stored

    def decode(self, key: str, data: bytes) -> bytes:
        """The data, all of them checked.

        Raises: ObjectTooLargeError beyond `MAX_WHOLE`; UnsupportedFormatError.
        """
        size = self.decoded_size(len(data), data)
        self._telemetry.read(size, len(data))
        if not _is_compressed(data):
            return data[_HEADER:]
        if size > MAX_WHOLE:
            raise ObjectTooLargeError(
                f"{key!r} has {size} bytes when it is decompressed, at most {MAX_WHOLE} are in "
                "memory",
                key=key,
                operation="get",
                hint="Read it by open_read, in bounded memory.",
            )
        frame = memoryview(data)[_HEADER:]
        return self._codecs.decompressor.decompress(frame, allow_extra_data=False)

    def encode_stream(self, key: str, source: Source, size: int | None) -> Iterator[bytes]:
        """As `encode`; the first MiB of a longer stream says whether it shrinks."""
        first = source.read(_PIECE)
        if size is None or len(first) >= size:
            yield self.encode(key, first)
            return
        if len(self._codecs.compressor(size).compress(first)) < len(first):
            pieces = self._compressed(first, source, size)
        else:
            pieces = _as_they_are(first, source)
        stored = 0
        for piece in pieces:
            stored += len(piece)
            yield piece
        self._telemetry.written(size, stored)

    def _compressed(self, first: bytes, source: Source, size: int) -> Iterator[bytes]:
        yield _header(_ZSTD)
        # One of its own: that of the thread may be asked for another blob in between.
        stream = _compressor(size).compressobj(size=size)
        data = first
        while data:
            yield stream.compress(data)
            data = source.read(_PIECE)
        yield stream.flush()

    def decode_stream(self, key: str, stored: BinaryIO, size: int) -> ReadAt:
        """Reads forward, block by block; without compression any part."""
        if _is_compressed(stored.read(_HEADER)):
            return ForwardReads(partial(_blocks, stored))
        return partial(_read_plain, stored)

    def decoded_size(self, stored: int, prefix: bytes) -> int:
        """As the frame says, when so much can be in it. Raises: UnsupportedFormatError."""
        if not _is_compressed(prefix):
            return stored - _HEADER
        frame = zstandard.get_frame_parameters(prefix[_HEADER : self.prefix_size])
        if not frame.has_checksum or frame.dict_id:
            raise ValueError("a frame without a checksum, or with a dictionary")
        blocks = (stored - _HEADER) // 4
        if not 0 < frame.content_size <= blocks * _BLOCK:  # one of unknown size is above any
            raise ValueError(f"no frame of {stored} bytes holds {frame.content_size}")
        return frame.content_size


class _Codecs(threading.local):
    """Those of one thread: making them costs more than a small blob does."""

    def __init__(self) -> None:
        self.decompressor = zstandard.ZstdDecompressor()
        self._small, self._large = _compressor(0), _compressor(_LARGE + 1)

    def compressor(self, size: int) -> zstandard.ZstdCompressor:
        """That for data of so many bytes."""
        return self._large if size > _LARGE else self._small


def _compressor(size: int) -> zstandard.ZstdCompressor:
    return zstandard.ZstdCompressor(1 if size > _LARGE else 3, write_checksum=True)


def _header(flags: int) -> bytes:
    return _MAGIC + bytes((_VERSION, flags))


def _is_compressed(prefix: bytes) -> bool:
    """By the envelope's header. Raises: ValueError when it is cut, UnsupportedFormatError."""
    if len(prefix) < _HEADER:
        raise ValueError("shorter than the header of an envelope")
    version, flags = prefix[len(_MAGIC)], prefix[len(_MAGIC) + 1]
    if version != _VERSION or flags not in (0, _ZSTD):
        raise UnsupportedFormatError(
            f"a compression envelope of version {version}, flags {flags:#04x}", operation="get"
        )
    return flags == _ZSTD


def _as_they_are(first: bytes, source: Source) -> Iterator[bytes]:
    yield _header(0)
    data = first
    while data:
        yield data
        data = source.read(_PIECE)


def _read_plain(stored: BinaryIO, position: int, length: int) -> bytes:
    stored.seek(_HEADER + position)
    return stored.read(min(length, _PIECE))  # not more of the blob than is wanted now


def _blocks(stored: BinaryIO) -> Iterator[bytes]:
    """The data of the frame, a block at a time: in bounded memory, whatever is in it.

    zstd itself would give all that a piece of the frame holds: gigabytes, if somebody wants that.
    """
    stored.seek(_HEADER)
    top = stored.read(_FRAME_HEADER)
    length = zstandard.frame_header_size(top)
    stored.seek(_HEADER + length)
    frame = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW).decompressobj()
    frame.decompress(top[:length])
    is_last = False
    while not is_last:
        head = stored.read(3)
        if len(head) < 3:  # zstd would wait for more, for ever
            raise ValueError("cut between its blocks, or in the head of one")
        word = int.from_bytes(head, "little")
        is_last, kind, size = bool(word & 1), word >> 1 & 3, word >> 3
        yield frame.decompress(head + stored.read(1 if kind == _REPEATED else size))
    yield frame.decompress(stored.read(4))
    if not frame.eof or stored.read(1):
        raise ValueError("cut, or longer than its frame")
