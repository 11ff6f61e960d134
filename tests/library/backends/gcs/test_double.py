"""The contract on the double, which follows the reference of the JSON API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ingenious_storage.backends.gcs.backend import GcsBackend
from ingenious_storage.config.gcs import GcsAccount
from ingenious_storage.testing import BackendContract
from tests.support.gcs import BucketOracle
from tests.support.servers.gcs_double import GcsDouble


class TestOnTheDouble(BackendContract):
    max_key_bytes = 1024
    reads_properties = False

    @pytest.fixture
    def backend_without_container(
        self, double: GcsDouble, container_name: str
    ) -> Iterator[GcsBackend]:
        account = GcsAccount(double.url, "test", is_anonymous=True)
        backend = GcsBackend(account, container_name)
        yield backend
        backend.close()

    @pytest.fixture
    def oracle(self, double: GcsDouble, container_name: str) -> BucketOracle:
        return BucketOracle(double.url, container_name)

    @pytest.fixture
    def backend(self, backend_without_container: GcsBackend, oracle: BucketOracle) -> GcsBackend:
        oracle.create()
        return backend_without_container
