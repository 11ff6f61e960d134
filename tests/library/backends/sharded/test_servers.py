"""The contract over shards on servers: two buckets of S3, two of GCS, and shards of four kinds.

What one kind of shard cannot, the whole cannot; and where a line of the contract depends on which
shard a key lies in, it is written here for these shards.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, ClassVar

import pytest

from ingenious_storage.backends.azure.native.backend import AzureBlobBackend
from ingenious_storage.backends.gcs.backend import GcsBackend
from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.backends.s3.backend import S3Backend
from ingenious_storage.backends.sharded.backend import ShardedBackend
from ingenious_storage.backends.sharded.placement import Placement
from ingenious_storage.config.buckets.gcs import GcsAccount
from ingenious_storage.errors import InvalidKeyError, StorageError
from ingenious_storage.layers.retry import RetryLayer
from ingenious_storage.testing import BackendContract
from ingenious_storage.testing.contract.refusals import refused
from tests.library.backends.azure.oracle import SdkOracle
from tests.library.backends.local.oracle import FolderOracle
from tests.library.backends.s3.accounts import account_of as s3_account
from tests.library.backends.s3.oracle import BotocoreOracle
from tests.library.backends.sharded.shards import ShardsOracle
from tests.support.azure import account_of
from tests.support.gcs import BucketOracle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingenious_storage.backends.base import Backend
    from ingenious_storage.testing import Oracle
    from tests.support.servers.azurite import Azurite
    from tests.support.servers.fake_gcs import GcsServer
    from tests.support.servers.s3 import S3Server

pytestmark = pytest.mark.slow
Shard = tuple["Backend", "Oracle"]


def s3_shard(server: S3Server, bucket: str) -> Shard:
    return S3Backend(s3_account(server), bucket), BotocoreOracle(server, bucket)


def gcs_shard(server: GcsServer, bucket: str) -> Shard:
    """With retries, for the connections that fake-gcs-server closes without a word."""
    account = GcsAccount(server.endpoint, "test", is_anonymous=True)
    return RetryLayer(GcsBackend(account, bucket)), BucketOracle(server.endpoint, bucket)


class ShardsContract(BackendContract):
    """Over the shards of the fixture `shards`. Those in `files` keep a key as a file of a disk."""

    files: ClassVar[frozenset[str]] = frozenset()

    @pytest.fixture
    def backend_without_container(self, shards: dict[str, Shard]) -> Iterator[Backend]:
        backend = ShardedBackend({name: store for name, (store, _) in shards.items()})
        yield backend
        backend.close()

    @pytest.fixture
    def backend(self, backend_without_container: Backend) -> Backend:
        assert backend_without_container.ensure_container()
        return backend_without_container

    @pytest.fixture
    def oracle(self, backend: Backend, shards: dict[str, Shard]) -> ShardsOracle:
        return ShardsOracle({name: each for name, (_, each) in shards.items()}, sorted(shards))

    def test_key_as_folder(  # type: ignore[override]
        self, backend: Backend, oracle: ShardsOracle, shards: dict[str, Shard]
    ) -> None:
        """The second is refused where both lie in one shard of files, and kept elsewhere."""
        find, kept, outcomes = Placement(shards).find, set[str](), set[bool]()
        for number in range(40):
            first, second = (f"f{number}/x", f"f{number}")[:: -1 if number % 2 else 1]
            is_refused = find(first) == find(second) and find(first) in self.files
            outcomes.add(is_refused)
            backend.put(first, b"first")
            with refused(InvalidKeyError, "put", second) if is_refused else nullcontext():
                backend.put(second, b"second")
            kept |= {first} if is_refused else {first, second}
        assert oracle.keys() == kept
        assert outcomes == {False, bool(self.files)}


class RepeatingPrefixes(ShardsContract):
    """With a shard that is a fake-gcs-server, whose pages with a delimiter repeat prefixes."""

    conditional_delete = False
    conditional_reads = False
    folds_pages = False

    def test_pages_follow_each_other(self, full: Backend) -> None:
        """They cannot be merged, and that is told. One page can, and Google's repeat none."""
        assert len(full.list(delimiter="/").prefixes) == len({*full.list(delimiter="/").prefixes})

        def follow() -> None:
            page = full.list(delimiter="/", limit=3)
            while page.token is not None:
                page = full.list(delimiter="/", limit=3, token=page.token)

        with pytest.raises(StorageError, match="does not list in the order of the keys"):
            follow()


class TestTwoOnVersitygw(ShardsContract):
    files = frozenset("ab")
    lists_properties = False
    keeps_metadata_case = False
    max_key_bytes = 1024
    own_etag_for_each_write = False
    one_deleter_wins = False
    writes_beside_deletes = False
    etag_of_what_is_read = False

    @pytest.fixture
    def shards(self, versitygw: S3Server, container_name: str) -> dict[str, Shard]:
        return {name: s3_shard(versitygw, f"{container_name}-{name}") for name in "ab"}


class TestTwoOnFakeGcsServer(RepeatingPrefixes):
    max_key_bytes = 1024
    reads_properties = False

    @pytest.fixture
    def shards(self, fake_gcs: GcsServer, container_name: str) -> dict[str, Shard]:
        return {name: gcs_shard(fake_gcs, f"{container_name}-{name}") for name in "ab"}


class TestFourKinds(RepeatingPrefixes):
    """A folder, Azure, S3 and GCS as one store."""

    files = frozenset({"folder", "s3"})
    keeps_content_type = False
    lists_properties = False
    reads_properties = False
    keeps_metadata_case = False
    max_key_bytes = 1024

    @pytest.fixture
    def shards(
        self,
        azurite: Azurite,
        versitygw: S3Server,
        fake_gcs: GcsServer,
        container_name: str,
        tmp_path: Path,
    ) -> Iterator[dict[str, Shard]]:
        azure = SdkOracle(azurite, container_name)
        yield {
            "azure": (AzureBlobBackend(account_of(azurite), container_name), azure),
            "folder": (LocalBackend(tmp_path), FolderOracle(tmp_path)),
            "gcs": gcs_shard(fake_gcs, container_name),
            "s3": s3_shard(versitygw, container_name),
        }
        azure.close()


del BackendContract, RepeatingPrefixes, ShardsContract  # pytest would run them too
