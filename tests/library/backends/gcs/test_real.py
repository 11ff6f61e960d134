"""The contract suite on a real bucket, by application default credentials.

It deletes everything in the bucket that it is given, so it refuses one that is not empty.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

import google.auth
import pytest
from google.auth.transport.requests import Request

from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.gcs.backend import GcsBackend
from ingenious_storage.config.buckets.gcs import GOOGLE, GcsAccount
from ingenious_storage.layers.retry import RetryLayer
from ingenious_storage.testing import BackendContract
from tests.support.gcs import BucketOracle
from tests.support.real_accounts import (
    GCS_BUCKET,
    only_process,
    refuse_unless_empty,
    signed_in,
    skip_without,
)

skip_without(GCS_BUCKET)

# One object takes about one write a second, and the contract writes some of them often.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def bucket(machine: Mapping[str, str]) -> Iterator[BucketOracle]:
    only_process()
    with signed_in(machine):
        auth: Any = google.auth
        credentials, _ = auth.default(["https://www.googleapis.com/auth/devstorage.read_write"])

        def token() -> str:
            if not credentials.valid:
                credentials.refresh(Request())
            return str(credentials.token)

        oracle = BucketOracle(GOOGLE, os.environ[GCS_BUCKET], token)
        refuse_unless_empty(oracle.keys(), oracle.bucket, GCS_BUCKET)
        yield oracle


class TestRealBucket(BackendContract):
    max_key_bytes = 1024
    reads_properties = False

    @pytest.fixture
    def oracle(self, bucket: BucketOracle) -> Iterator[BucketOracle]:
        yield bucket
        bucket.empty()

    @pytest.fixture
    def backend(self, oracle: BucketOracle) -> Iterator[Backend]:
        """With retries, as a hot object is throttled."""
        backend = GcsBackend(GcsAccount(timeout=60), oracle.bucket)
        yield RetryLayer(backend)
        backend.close()


del BackendContract  # pytest would run it too
