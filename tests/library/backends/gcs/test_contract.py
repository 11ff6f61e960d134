"""The contract: all of it on the double, which follows the reference; and on fake-gcs-server, an
independent program, all but what that is known to do otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.gcs.backend import GcsBackend
from ingenious_storage.config.buckets.gcs import GcsAccount
from ingenious_storage.layers.retry import RetryLayer
from ingenious_storage.testing import BackendContract
from tests.support.gcs import BucketOracle
from tests.support.servers.fake_gcs import GcsServer
from tests.support.servers.gcs_double import GcsDouble


class GcsContract(BackendContract):
    """On the server that the fixture `url` of a class names."""

    max_key_bytes = 1024
    reads_properties = False

    @pytest.fixture
    def backend_without_container(self, url: str, container_name: str) -> Iterator[Backend]:
        backend = GcsBackend(GcsAccount(url, "test", is_anonymous=True), container_name)
        yield backend
        backend.close()

    @pytest.fixture
    def oracle(self, url: str, container_name: str) -> BucketOracle:
        return BucketOracle(url, container_name)

    @pytest.fixture
    def backend(self, backend_without_container: Backend, oracle: BucketOracle) -> Backend:
        oracle.create()
        return backend_without_container


class TestOnTheDouble(GcsContract):
    @pytest.fixture
    def url(self, double: GcsDouble) -> str:
        return double.url


class TestOnFakeGcsServer(GcsContract):
    conditional_delete = False
    conditional_reads = False
    folds_pages = False

    @pytest.fixture
    def backend_without_container(self, url: str, container_name: str) -> Iterator[Backend]:
        """With retries: it closes a connection on which it has refused a range, and does not say
        so. A request that follows at once is reset.
        """
        backend = GcsBackend(GcsAccount(url, "test", is_anonymous=True), container_name)
        yield RetryLayer(backend)
        backend.close()

    @pytest.fixture
    def url(self, fake_gcs: GcsServer) -> str:
        return fake_gcs.endpoint


del GcsContract, BackendContract  # pytest would run them too
