"""The contract suite on a real bucket, signed in as botocore finds out.

It deletes everything in the bucket that it is given, so it refuses one that is not empty.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import botocore.session
import pytest

from ingenious_storage.backends.s3.backend import S3Backend
from ingenious_storage.config.buckets.s3 import S3Account, S3Settings, resolve_s3
from ingenious_storage.testing import BackendContract
from tests.library.backends.s3.oracle import BotocoreOracle
from tests.support.real_accounts import (
    S3_BUCKET,
    S3_ENDPOINT,
    S3_REGION,
    only_process,
    refuse_unless_empty,
    signed_in,
    skip_without,
)

skip_without(S3_BUCKET)

# The farthest region answers in a third of a second, and some tests send hundreds of requests.
pytestmark = pytest.mark.timeout(600)


class _Bucket(BotocoreOracle):
    """botocore, with a credential of its own."""

    def __init__(self, account: S3Account, bucket: str) -> None:
        session = botocore.session.Session()
        self._client = session.create_client(
            "s3", region_name=account.region, endpoint_url=account.endpoint
        )
        self._bucket = bucket

    def empty(self) -> None:
        for key in self.keys():
            self._client.delete_object(Bucket=self._bucket, Key=key)


@pytest.fixture(scope="module")
def account(machine: Mapping[str, str]) -> Iterator[S3Account]:
    only_process()
    settings = S3Settings(region=os.environ.get(S3_REGION), endpoint=os.environ.get(S3_ENDPOINT))
    with signed_in(machine):
        yield resolve_s3(settings, timeout=60.0)


@pytest.fixture(scope="module")
def bucket(account: S3Account) -> _Bucket:
    bucket = _Bucket(account, os.environ[S3_BUCKET])
    refuse_unless_empty(bucket.keys(), os.environ[S3_BUCKET], S3_BUCKET)
    return bucket


class TestRealBucket(BackendContract):
    """An identity for tests has one bucket and makes none, so `backend_without_container` is not
    given.
    """

    lists_properties = False
    keeps_metadata_case = False
    max_key_bytes = 1024
    own_etag_for_each_write = False
    # AWS documents 204 for a conditional delete of what is gone in the meantime.
    one_deleter_wins = False
    writes_beside_deletes = True

    @pytest.fixture
    def oracle(self, bucket: _Bucket) -> Iterator[_Bucket]:
        yield bucket
        bucket.empty()

    @pytest.fixture
    def backend(self, account: S3Account, oracle: _Bucket) -> Iterator[S3Backend]:
        backend = S3Backend(account, os.environ[S3_BUCKET])
        yield backend
        backend.close()
