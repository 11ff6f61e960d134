"""Servers for contracts of what stands above a store: fixtures, and what each of them lacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from ingenious_storage.backends.base import Backend
from ingenious_storage.layers.retry import RetryLayer
from ingenious_storage.testing import Oracle
from tests.library.backends.azure.oracle import SdkOracle
from tests.library.backends.s3.oracle import BotocoreOracle
from tests.support.gcs import BucketOracle
from tests.support.servers.fake_gcs import GcsServer
from tests.support.stores import RunningStore, running


class OnServer:
    """A container of the store `server`, as `inner`, and what lies in it, as `stored`."""

    server: ClassVar[str]

    @pytest.fixture
    def store(self, request: pytest.FixtureRequest) -> RunningStore:
        return running(self.server, request)

    @pytest.fixture
    def inner_without_container(
        self, store: RunningStore, container_name: str
    ) -> Iterator[Backend]:
        backend = store.backend(container_name)
        yield backend
        backend.close()

    @pytest.fixture
    def inner(self, inner_without_container: Backend) -> Backend:
        inner_without_container.ensure_container()
        return inner_without_container


class OnAzurite(OnServer):
    server = "azurite"

    @pytest.fixture
    def stored(self, azurite: Any, container_name: str) -> Iterator[Oracle]:
        sdk = SdkOracle(azurite, container_name)
        yield sdk
        sdk.close()


class OnAzuriteBySdk(OnAzurite):
    server = "azurite_sdk"


class OnS3(OnServer):
    lists_properties = False
    keeps_metadata_case = False
    max_key_bytes: ClassVar[int | None] = 1024
    own_etag_for_each_write: ClassVar[bool] = False
    put_tells_all = False

    @pytest.fixture
    def stored(self, request: pytest.FixtureRequest, container_name: str) -> Oracle:
        return BotocoreOracle(request.getfixturevalue(self.server), container_name)


class OnVersitygw(OnS3):
    server = "versitygw"

    key_may_be_folder = False
    one_deleter_wins = False
    writes_beside_deletes = False


class OnSeaweedfs(OnS3):
    server = "seaweedfs"

    lists_in_order = False


class OnFakeGcs(OnServer):
    server = "fake_gcs"

    # Of Google Cloud Storage.
    max_key_bytes: ClassVar[int | None] = 1024
    reads_properties = False
    # Of this server.
    conditional_delete = False
    conditional_reads = False
    folds_pages = False

    @pytest.fixture
    def inner_without_container(
        self, store: RunningStore, container_name: str
    ) -> Iterator[Backend]:
        """With retries: it closes connections without saying so."""
        backend = store.backend(container_name)
        yield RetryLayer(backend)
        backend.close()

    @pytest.fixture
    def stored(self, fake_gcs: GcsServer, container_name: str) -> Oracle:
        return BucketOracle(fake_gcs.endpoint, container_name)
