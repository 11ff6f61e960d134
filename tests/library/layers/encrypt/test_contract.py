"""The whole contract of transforms, over each store; the second reader reads what is stored."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import ClassVar

import pytest

from ingenious_storage.backends.base import Backend
from ingenious_storage.errors import NotEncryptedError, StorageError
from ingenious_storage.layers.transform import TransformLayer
from ingenious_storage.testing import Oracle, TransformContract
from ingenious_storage.testing.oracle import TransformOracle
from tests.library.layers.beneath import InMemoryStore, LocalStore
from tests.library.layers.encrypt import second_writer as fixed
from tests.library.layers.encrypt.house import encrypted
from tests.library.layers.encrypt.second_reader import SecondReader
from tests.support.on_servers import OnAzurite


class _WithoutRecords:
    """What lies in a container, but for the records of keys."""

    def __init__(self, stored: Oracle) -> None:
        self.read, self.write, self.all_keys = stored.read, stored.write, stored.keys

    def keys(self) -> set[str]:
        return {key for key in self.all_keys() if not key.startswith("keys/")}


class EncryptContract(TransformContract):
    undecodable = b"\x93ISE\x01\x00" + fixed.CONTAINER_ID + bytes(60)
    refuses_plain: ClassVar[type[StorageError] | None] = NotEncryptedError

    def layer(self, inner: Backend) -> TransformLayer:
        with suppress(StorageError):  # there is no container
            fixed.install(inner)
        return encrypted(inner)

    def encoded(self, key: str, data: bytes) -> bytes:
        salt = os.urandom(16)
        return fixed.sealed(
            fixed.CONTAINER, fixed.CONTAINER_ID, salt, role="data", name=key, data=data
        )

    def decoded(self, key: str, data: bytes) -> bytes:
        records = fixed.records("data")
        return SecondReader(records.__getitem__, fixed.KEY_FILE, "data").opened(key, data)

    @pytest.fixture
    def oracle(self, stored: Oracle) -> Oracle:
        return TransformOracle(_WithoutRecords(stored), self.encoded, self.decoded)


class TestEncryptInMemory(InMemoryStore, EncryptContract): ...


@pytest.mark.slow
class TestEncryptLocal(LocalStore, EncryptContract): ...


@pytest.mark.slow
class TestEncryptAzurite(OnAzurite, EncryptContract): ...
