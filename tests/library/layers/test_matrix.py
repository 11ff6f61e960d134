"""The whole contract for what `build_stack` makes: each layer over each store, and all together."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from ingenious_storage.backends.base import Backend
from ingenious_storage.config import StorageSettings
from ingenious_storage.testing import BackendContract, Oracle
from tests.library.layers.beneath import Beneath, InMemoryStore, LocalStore
from tests.support import on_servers as servers
from tests.support.layering import new_key_file, sections, stack


class MatrixContract(BackendContract):
    layers: ClassVar[frozenset[str]]
    """The sections of the configuration that are on."""

    @pytest.fixture
    def settings(self, tmp_path_factory: pytest.TempPathFactory) -> StorageSettings:
        every = sections(new_key_file(tmp_path_factory.mktemp("keys")))
        return StorageSettings(**{name: every[name] for name in self.layers})

    @pytest.fixture
    def backend(self, inner: Backend, settings: StorageSettings) -> Backend:
        return stack(settings, inner)

    @pytest.fixture
    def backend_without_container(
        self, inner_without_container: Backend, settings: StorageSettings
    ) -> Backend:
        return stack(settings, inner_without_container)

    @pytest.fixture
    def oracle(self, inner: Backend, settings: StorageSettings) -> Oracle:
        """Another process, which has the same key and remembers nothing."""
        return Beneath(stack(settings, inner))


class Compressed:
    layers = frozenset({"compression"})
    lists_sizes = False
    random_access = False


class Encrypted:
    layers = frozenset({"encryption"})
    own_etag_for_each_write = True  # no two writes are sealed to the same bytes


class Cached:
    layers = frozenset({"cache"})


class Layered(Encrypted, Compressed):
    layers = frozenset({"compression", "encryption", "cache"})


STORES = {
    "InMemory": InMemoryStore,
    "Local": LocalStore,
    "Azurite": servers.OnAzurite,
    "AzuriteBySdk": servers.OnAzuriteBySdk,
    "Versitygw": servers.OnVersitygw,
    "Seaweedfs": servers.OnSeaweedfs,
    "FakeGcs": servers.OnFakeGcs,
}
QUICK = {"LayeredInMemory"}


def _contract(layers: type[Any], on: type[Any]) -> type[Any]:
    return type("MatrixContract", (layers, on, MatrixContract), {"__module__": __name__})


for layers in (Compressed, Encrypted, Cached, Layered):
    for store, on in STORES.items():
        name, made = f"{layers.__name__}{store}", _contract(layers, on)
        globals()[f"Test{name}"] = made if name in QUICK else pytest.mark.slow(made)

del BackendContract  # pytest would run it too
