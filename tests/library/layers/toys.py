"""Toy transforms: what each later layer has to do, in a few lines, for the contract of transforms.

`SwapCase` is the upper-casing layer made reversible: upper-casing loses which letters were small,
so no layer that does it can give back what was written, as the contract asks. Swapping the case of
ASCII letters changes the same bytes, keeps the size, and is its own inverse.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from ingenious_storage.backends.range_reader import ReadAt
from ingenious_storage.errors import StorageError
from ingenious_storage.layers.framed import Frame, FramedLayer
from ingenious_storage.layers.streams import ForwardReads, Source
from ingenious_storage.layers.transform import TransformLayer


class SwapCase(FramedLayer):
    """Same size, no mark: any byte can be read alone, and every blob is taken for its own."""

    frame_size = 65_536

    def seal(self, frame: Frame, data: bytes) -> bytes:
        return data.swapcase()

    def unseal(self, frame: Frame, data: bytes) -> bytes:
        return data.swapcase()


class Sealed(FramedLayer):
    """As encryption will be: a header with a salt, frames that know their blob and their place."""

    magic = b"SEAL"
    header_size = 12
    frame_size = 65_536
    overhead = 4

    def header(self, key: str) -> bytes:
        return self.magic + os.urandom(8)

    def seal(self, frame: Frame, data: bytes) -> bytes:
        return _mask(data) + self._checksum(frame, data)

    def unseal(self, frame: Frame, data: bytes) -> bytes:
        plain = _mask(data[:-4])
        if data[-4:] != self._checksum(frame, plain):
            raise ValueError("the checksum does not fit")
        return plain

    def _checksum(self, frame: Frame, data: bytes) -> bytes:
        place = f"{frame.index}{frame.is_last}{frame.key}".encode()
        return struct.pack(">I", zlib.crc32(data, zlib.crc32(frame.header + place)))


_MASK = bytes(byte ^ 0x5A for byte in range(256))


def _mask(data: bytes) -> bytes:
    return data.translate(_MASK)


class NotDeflatedError(StorageError):
    code = "not_deflated"


class Deflated(TransformLayer):
    """As compression will be: sizes that only a prefix tells, and no random access."""

    magic = b"DEFL"
    prefix_size = 12
    decode_errors = (ValueError, zlib.error)

    def encode(self, key: str, data: bytes) -> bytes:
        return self._prefix(len(data)) + zlib.compress(data, 1)

    def decode(self, key: str, data: bytes) -> bytes:
        inflate = zlib.decompressobj()
        plain = inflate.decompress(data[12:], self.decoded_size(len(data), data))
        if not inflate.eof or len(plain) != self.decoded_size(len(data), data):
            raise ValueError("not as long as its prefix says")
        return plain

    def encode_stream(self, key: str, source: Source, size: int | None) -> Iterator[bytes]:
        assert size is not None
        yield self._prefix(size)
        deflate = zlib.compressobj(1)
        while data := source.read(65_536):
            yield deflate.compress(data)
        yield deflate.flush()

    def decode_stream(self, key: str, stored: BinaryIO, size: int) -> ReadAt:
        return ForwardReads(partial(self._inflated, stored))

    def decoded_size(self, stored: int, prefix: bytes) -> int:
        return int(struct.unpack(">Q", prefix[4:12])[0]) if len(prefix) >= 12 else self._none()

    def not_encoded(self, key: str) -> StorageError:
        return NotDeflatedError("plain", key=key, operation="get")

    @staticmethod
    def _none() -> int:
        raise ValueError("shorter than a prefix")

    def _prefix(self, size: int) -> bytes:
        return self.magic + struct.pack(">Q", size)

    @staticmethod
    def _inflated(stored: BinaryIO) -> Iterator[bytes]:
        stored.seek(12)
        inflate = zlib.decompressobj()
        while data := stored.read(65_536):
            yield inflate.decompress(data)
        yield inflate.flush()
        if not inflate.eof:
            raise ValueError("cut")
