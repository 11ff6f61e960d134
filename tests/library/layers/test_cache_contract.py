"""The whole contract for the cache, where each read asks the store."""

from __future__ import annotations

import pytest

from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.layers.cache.layer import CacheLayer
from ingenious_storage.layers.compress import CompressLayer
from ingenious_storage.testing import BackendContract, Oracle
from tests.library.layers.beneath import Beneath, LocalStore
from tests.support.on_servers import OnAzurite, OnFakeGcs, OnVersitygw

pytestmark = pytest.mark.slow
MIB = 1024 * 1024


class CacheContract(BackendContract):
    conditional_reads = True  # it answers them itself, of what it remembers

    @pytest.fixture
    def backend(self, inner: Backend) -> Backend:
        return CacheLayer(inner, max_bytes=8 * MIB, stale_if_error=60)

    @pytest.fixture
    def backend_without_container(self, inner_without_container: Backend) -> Backend:
        return CacheLayer(inner_without_container, max_bytes=8 * MIB)

    @pytest.fixture
    def oracle(self, stored: Oracle) -> Oracle:
        return stored


class TestInMemory(CacheContract):
    @pytest.fixture
    def inner(self) -> Backend:
        return InMemoryBackend()

    @pytest.fixture
    def inner_without_container(self) -> Backend:
        return InMemoryBackend(create=False)

    @pytest.fixture
    def stored(self, inner: Backend) -> Oracle:
        return Beneath(inner)


class TestLocal(LocalStore, CacheContract): ...


class TestAzurite(OnAzurite, CacheContract): ...


class TestVersitygw(OnVersitygw, CacheContract): ...


class TestFakeGcs(OnFakeGcs, CacheContract):
    # Although this server does without.
    conditional_reads = True  # type: ignore[misc]


class TestOverCompression(TestInMemory):
    lists_sizes = False
    random_access = False

    @pytest.fixture
    def backend(self, inner: Backend) -> Backend:
        return CacheLayer(CompressLayer(inner), max_bytes=8 * MIB)

    @pytest.fixture
    def backend_without_container(self, inner_without_container: Backend) -> Backend:
        return CacheLayer(CompressLayer(inner_without_container), max_bytes=8 * MIB)

    @pytest.fixture
    def oracle(self, inner: Backend) -> Oracle:
        return Beneath(CompressLayer(inner))


del CacheContract, BackendContract  # pytest would run them too
