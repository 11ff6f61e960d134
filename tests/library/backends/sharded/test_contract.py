"""The contract over two and three shards: in memory, as folders, on Azurite."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, ClassVar

import pytest

from ingenious_storage.backends.azure.native.backend import AzureBlobBackend
from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.backends.sharded.backend import ShardedBackend
from ingenious_storage.backends.sharded.placement import Placement
from ingenious_storage.errors import InvalidKeyError
from ingenious_storage.layers.instrument import InstrumentLayer
from ingenious_storage.layers.retry import RetryLayer
from ingenious_storage.testing import BackendContract
from ingenious_storage.testing.contract.refusals import refused
from tests.library.backends.azure.oracle import SdkOracle
from tests.library.backends.local.oracle import FolderOracle
from tests.library.backends.sharded.shards import MemoryOracle, ShardsOracle, memories
from tests.support.azure import account_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingenious_storage.backends.base import Backend
    from tests.support.servers.azurite import Azurite


class TestTwoInMemory(BackendContract):
    names: ClassVar[tuple[str, ...]] = ("a", "b")

    @pytest.fixture
    def backend_without_container(self) -> ShardedBackend:
        self.stores = memories(self.names, create=False)
        return ShardedBackend(self.stores)

    @pytest.fixture
    def backend(self, backend_without_container: ShardedBackend) -> ShardedBackend:
        assert backend_without_container.ensure_container()
        return backend_without_container

    @pytest.fixture
    def oracle(self, backend: ShardedBackend) -> ShardsOracle:
        found = {name: MemoryOracle(store) for name, store in self.stores.items()}
        return ShardsOracle(found, self.names)


@pytest.mark.slow
class TestThreeInMemory(TestTwoInMemory):
    names = ("east", "north", "west")


@pytest.mark.slow
class TestLayersAroundEach(TestTwoInMemory):
    """As `wiring` puts them: each shard has its own retries and its own measurements."""

    @pytest.fixture
    def backend_without_container(self) -> Backend:
        self.stores = memories(self.names, create=False)
        return ShardedBackend(self.stores).around_stores(
            lambda store: RetryLayer(InstrumentLayer(store, container="data"))
        )


@pytest.mark.slow
class TestThreeFolders(BackendContract):
    names = ("a", "b", "c")
    key_may_be_folder = False
    keeps_content_type = False

    def test_key_as_folder(self, backend: Backend, oracle: ShardsOracle) -> None:  # type: ignore[override]
        """The second is refused where both lie in one shard, and kept where they lie in two."""
        find, kept, outcomes = Placement(self.names).find, set[str](), set[tuple[bool, bool]]()
        for number in range(40):
            is_below = number % 2 == 0
            first, second = (f"f{number}/x", f"f{number}")[:: -1 if is_below else 1]
            is_refused = find(first) == find(second)
            outcomes.add((is_below, is_refused))
            backend.put(first, b"first")
            with refused(InvalidKeyError, "put", second) if is_refused else nullcontext():
                backend.put(second, b"second")
            kept |= {first} if is_refused else {first, second}
        assert oracle.keys() == kept
        assert len(outcomes) == 4

    @pytest.fixture
    def backend_without_container(self, tmp_path: Path) -> ShardedBackend:
        return ShardedBackend({name: LocalBackend(tmp_path / name) for name in self.names})

    @pytest.fixture
    def backend(self, backend_without_container: ShardedBackend) -> ShardedBackend:
        assert backend_without_container.ensure_container()
        return backend_without_container

    @pytest.fixture
    def oracle(self, backend: ShardedBackend, tmp_path: Path) -> ShardsOracle:
        return ShardsOracle({n: FolderOracle(tmp_path / n) for n in self.names}, self.names)


@pytest.mark.slow
class TestTwoOnAzurite(BackendContract):
    """Two containers stand for those of two accounts."""

    names = ("a", "b")

    @pytest.fixture
    def backend_without_container(self, azurite: Azurite, container_name: str) -> Iterator[Backend]:
        account = account_of(azurite)
        backend = ShardedBackend(
            {name: AzureBlobBackend(account, f"{container_name}-{name}") for name in self.names}
        )
        yield backend
        backend.close()

    @pytest.fixture
    def backend(self, backend_without_container: Backend) -> Backend:
        assert backend_without_container.ensure_container()
        return backend_without_container

    @pytest.fixture
    def oracle(self, azurite: Azurite, container_name: str) -> Iterator[ShardsOracle]:
        found = {name: SdkOracle(azurite, f"{container_name}-{name}") for name in self.names}
        yield ShardsOracle(found, self.names)
        for each in found.values():
            each.close()
