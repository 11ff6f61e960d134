"""The whole contract for compression, over a store of each kind."""

from __future__ import annotations

import pytest
import zstandard

from ingenious_storage.backends.base import Backend
from ingenious_storage.layers.compress import CompressLayer
from ingenious_storage.layers.transform import TransformLayer
from ingenious_storage.testing import TransformContract
from tests.library.layers.beneath import InMemoryStore, LocalStore
from tests.support.on_servers import OnAzurite

COMPRESSED, AS_IT_IS = b"\xc9igz\x01\x01", b"\xc9igz\x01\x00"


class CompressContract(TransformContract):
    """The format is written a second time here, from docs/storage-format.md."""

    lists_sizes = False
    random_access = False
    refuses_plain = None
    keeps_words = True
    undecodable = COMPRESSED + b"rubbish, and no frame"

    def layer(self, inner: Backend) -> TransformLayer:
        return CompressLayer(inner)

    def encoded(self, key: str, data: bytes) -> bytes:
        if not data:
            return AS_IT_IS
        return COMPRESSED + zstandard.ZstdCompressor(5, write_checksum=True).compress(data)

    def decoded(self, key: str, data: bytes) -> bytes:
        if not data.startswith(COMPRESSED):
            return data.removeprefix(AS_IT_IS)
        return zstandard.ZstdDecompressor().decompress(data[6:])


class TestInMemory(InMemoryStore, CompressContract): ...


@pytest.mark.slow
class TestLocal(LocalStore, CompressContract): ...


@pytest.mark.slow
class TestAzurite(OnAzurite, CompressContract): ...


del CompressContract, TransformContract  # pytest would run them too
