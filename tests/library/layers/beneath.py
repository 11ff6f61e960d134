"""What lies beneath a layer: stores without a server, and the oracle that looks at a backend."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.testing import Oracle
from tests.library.backends.local.oracle import FolderOracle


class Beneath:
    def __init__(self, inner: Backend) -> None:
        self.inner = inner

    def read(self, key: str) -> bytes | None:
        return self.inner.get(key).data if key in self.keys() else None

    def write(self, key: str, data: bytes) -> None:
        self.inner.put(key, data)

    def keys(self) -> set[str]:
        return {info.key for info in self.inner.iterate()}


class InMemoryStore:
    @pytest.fixture
    def inner(self) -> Backend:
        return InMemoryBackend()

    @pytest.fixture
    def inner_without_container(self) -> Backend:
        return InMemoryBackend(create=False)

    @pytest.fixture
    def stored(self, inner: Backend) -> Oracle:
        return Beneath(inner)


class LocalStore:
    key_may_be_folder = False
    keeps_content_type = False

    @pytest.fixture
    def inner(self, tmp_path: Path) -> Backend:
        return LocalBackend(tmp_path)

    @pytest.fixture
    def inner_without_container(self, tmp_path: Path) -> Backend:
        return LocalBackend(tmp_path / "not" / "yet")

    @pytest.fixture
    def stored(self, tmp_path: Path) -> Oracle:
        return FolderOracle(tmp_path)
