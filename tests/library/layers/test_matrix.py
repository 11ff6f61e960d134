"""The whole contract for what `build_stack` makes: all layers over each store.

Each layer alone, where its own tests do not do that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from ingenious_storage.backends.base import Backend, Page
from ingenious_storage.config import StorageSettings
from ingenious_storage.layers.base import Layer
from ingenious_storage.testing import BackendContract, Oracle
from ingenious_storage.wiring import build_stack
from tests.library.layers.beneath import Beneath, InMemoryStore, LocalStore
from tests.support.layering import new_key_file, sections
from tests.support.on_servers import OnAzurite, OnAzuriteBySdk, OnFakeGcs, OnSeaweedfs, OnVersitygw


class MatrixContract(BackendContract):
    layers: ClassVar[frozenset[str]]
    """The sections of the configuration that are on."""

    @pytest.fixture
    def settings(self, tmp_path_factory: pytest.TempPathFactory) -> StorageSettings:
        every = sections(new_key_file(tmp_path_factory.mktemp("keys")))
        return StorageSettings(**{name: every[name] for name in self.layers})

    @pytest.fixture
    def backend(self, inner: Backend, settings: StorageSettings) -> Backend:
        return build_stack(settings, inner, role="data")

    @pytest.fixture
    def backend_without_container(
        self, inner_without_container: Backend, settings: StorageSettings
    ) -> Backend:
        return build_stack(settings, inner_without_container, role="data")

    @pytest.fixture
    def oracle(self, inner: Backend, settings: StorageSettings) -> Oracle:
        """Another process, which has the same key and remembers nothing."""
        return Beneath(build_stack(settings, inner, role="data"))


class Compressed:
    layers = frozenset({"compression"})
    lists_sizes = False
    random_access = False


class Encrypted:
    layers = frozenset({"encryption"})
    own_etag_for_each_write = True  # no two writes are sealed to the same bytes


class Layered(Encrypted, Compressed):
    layers = frozenset({"compression", "encryption", "cache"})
    conditional_reads = True  # the cache answers them, of what it remembers


class TestInMemory(Layered, InMemoryStore, MatrixContract): ...


@pytest.mark.slow
class TestLocal(Layered, LocalStore, MatrixContract): ...


@pytest.mark.slow
class TestAzurite(Layered, OnAzurite, MatrixContract): ...


@pytest.mark.slow
class TestAzuriteBySdk(Layered, OnAzuriteBySdk, MatrixContract): ...


@pytest.mark.slow
class TestVersitygw(Layered, OnVersitygw, MatrixContract): ...


@pytest.mark.slow
class TestSeaweedfs(Layered, OnSeaweedfs, MatrixContract):
    @pytest.fixture
    def inner(self, inner_without_container: Backend) -> Backend:
        """It lists the folder of what the client asks it with, which is empty by then."""
        inner_without_container.ensure_container()
        return WithoutFolder(inner_without_container, ".health/")


@pytest.mark.slow
class TestFakeGcs(Layered, OnFakeGcs, MatrixContract): ...


@pytest.mark.slow
class TestCompressedVersitygw(Compressed, OnVersitygw, MatrixContract): ...


@pytest.mark.slow
class TestCompressedFakeGcs(Compressed, OnFakeGcs, MatrixContract): ...


@pytest.mark.slow
class TestEncryptedFakeGcs(Encrypted, OnFakeGcs, MatrixContract): ...


class WithoutFolder(Layer):
    """Leaves one folder out of listings."""

    def __init__(self, inner: Backend, folder: str) -> None:
        super().__init__(inner)
        self._folder = folder

    def list(self, *args: Any, **options: Any) -> Page:
        page = super().list(*args, **options)
        return replace(page, prefixes=tuple(p for p in page.prefixes if p != self._folder))


del MatrixContract, BackendContract  # pytest would run them too
