"""The whole contract for the toy transforms; `test_matrix` has the real ones on each store."""

from __future__ import annotations

import struct
import zlib
from typing import ClassVar

import pytest

from ingenious_storage.backends.base import Backend
from ingenious_storage.errors import StorageError
from ingenious_storage.layers.transform import TransformLayer
from ingenious_storage.testing import TransformContract
from tests.library.layers.beneath import InMemoryStore, LocalStore
from tests.library.layers.toys import Deflated, NotDeflatedError, Sealed, SwapCase


class SwapCaseContract(TransformContract):
    undecodable = None
    refuses_plain = None

    def layer(self, inner: Backend) -> TransformLayer:
        return SwapCase(inner)

    def encoded(self, key: str, data: bytes) -> bytes:
        return data.swapcase()

    def decoded(self, key: str, data: bytes) -> bytes:
        return data.swapcase()


class SealedContract(TransformContract):
    undecodable = b"SEAL" + bytes(60)

    def layer(self, inner: Backend) -> TransformLayer:
        return Sealed(inner)

    def encoded(self, key: str, data: bytes) -> bytes:
        header, stored = b"SEALsaltsalt", b"SEALsaltsalt"
        frames = [data[start : start + 2**16] for start in range(0, len(data) or 1, 2**16)]
        for index, frame in enumerate(frames):
            place = f"{index}{index == len(frames) - 1}{key}".encode()
            checksum = zlib.crc32(header + place + frame)
            stored += bytes(byte ^ 0x5A for byte in frame) + checksum.to_bytes(4, "big")
        return stored

    def decoded(self, key: str, data: bytes) -> bytes:
        stored = (data[start : start + 2**16 + 4] for start in range(12, len(data), 2**16 + 4))
        assert data[:4] == b"SEAL"
        return b"".join(bytes(byte ^ 0x5A for byte in frame[:-4]) for frame in stored)


class DeflatedContract(TransformContract):
    lists_sizes = False
    random_access = False
    undecodable = b"DEFL" + struct.pack(">Q", 7) + b"rubbish"
    refuses_plain: ClassVar[type[StorageError] | None] = NotDeflatedError

    def layer(self, inner: Backend) -> TransformLayer:
        return Deflated(inner)

    def encoded(self, key: str, data: bytes) -> bytes:
        return b"DEFL" + len(data).to_bytes(8, "big") + zlib.compress(data)

    def decoded(self, key: str, data: bytes) -> bytes:
        plain = zlib.decompress(data[12:])
        assert int.from_bytes(data[4:12], "big") == len(plain)
        return plain


class TestSwapCaseInMemory(InMemoryStore, SwapCaseContract): ...


@pytest.mark.slow
class TestSwapCaseLocal(LocalStore, SwapCaseContract): ...


class TestSealedInMemory(InMemoryStore, SealedContract): ...


@pytest.mark.slow
class TestSealedLocal(LocalStore, SealedContract): ...


class TestDeflatedInMemory(InMemoryStore, DeflatedContract): ...


@pytest.mark.slow
class TestDeflatedLocal(LocalStore, DeflatedContract): ...
