from __future__ import annotations

import pytest

from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.testing import BackendContract


class _Dict:
    """Looks at the dict itself."""

    def __init__(self, backend: InMemoryBackend) -> None:
        self._backend = backend

    def _blobs(self) -> dict[str, bytes]:
        assert self._backend._container is not None
        return {key: blob.data for key, blob in self._backend._container.items()}

    def read(self, key: str) -> bytes | None:
        return self._blobs().get(key)

    def write(self, key: str, data: bytes) -> None:
        self._backend.put(key, data)

    def keys(self) -> set[str]:
        return set(self._blobs())


class TestInMemory(BackendContract):
    @pytest.fixture
    def backend(self) -> InMemoryBackend:
        return InMemoryBackend()

    @pytest.fixture
    def oracle(self, backend: InMemoryBackend) -> _Dict:
        return _Dict(backend)

    @pytest.fixture
    def backend_without_container(self) -> InMemoryBackend:
        return InMemoryBackend(create=False)
