"""SeaweedFS does what the tests of S3 rely on; a version that changes is noticed here."""

from __future__ import annotations

import pytest

from tests.integration.servers.probes import (
    KEYS,
    OTHER_ETAG,
    Bucket,
    put_into_a_missing_bucket,
    refusal,
)
from tests.support.servers.s3 import S3Server


@pytest.fixture
def bucket(seaweedfs: S3Server, container_name: str) -> Bucket:
    return Bucket(seaweedfs.client(), container_name)


def test_conditions_of_writes_are_kept(bucket: Bucket) -> None:
    etag = bucket.put("k", IfNoneMatch="*")
    assert refusal(lambda: bucket.put("k", IfNoneMatch="*")) == (412, "PreconditionFailed")
    assert refusal(lambda: bucket.put("k", IfMatch=OTHER_ETAG)) == (412, "PreconditionFailed")
    assert refusal(lambda: bucket.put("none", IfMatch=etag)) == (412, "PreconditionFailed")
    assert bucket.put("k", IfMatch=etag) == etag, "equal bytes, equal ETag"


def test_conditions_of_deletes_are_kept(bucket: Bucket) -> None:
    etag = bucket.put("k")
    assert refusal(lambda: bucket.delete("k", IfMatch=OTHER_ETAG)) == (412, "PreconditionFailed")
    bucket.delete("k", IfMatch=etag)
    assert refusal(lambda: bucket.delete("k", IfMatch=etag)) == (412, "PreconditionFailed")
    assert refusal(lambda: bucket.delete("k")) is None


def test_listings_go_folder_by_folder(bucket: Bucket) -> None:
    for key in KEYS:
        bucket.put(key)
    assert bucket.keys() == ["a/b", "a/c", "a/d/1", "a/d-/1", "a-b", "a.b", "a0"]
    assert "a/d-/1" not in bucket.keys(StartAfter="a/c", MaxKeys=1)
    assert sorted(bucket.paged("/", 2)) == ["a-b", "a.b", "a/", "a0"]


def test_a_listing_that_begins_after_a_key_skips_folders(bucket: Bucket) -> None:
    for key in KEYS:
        bucket.put(key)
    after = [key for key in sorted(KEYS) if key > "a-b"]
    assert sorted(set(after) - set(bucket.keys(StartAfter="a-b"))) == sorted(
        key for key in KEYS if key.startswith("a/")
    )


def test_what_ends_in_a_slash_reads_as_empty(bucket: Bucket) -> None:
    assert bucket.put("a") == bucket.put("b/")
    assert [bucket.size("a"), bucket.size("b/")] == [4, 0]


def test_a_key_may_be_a_folder(bucket: Bucket) -> None:
    for key in ("a", "a/b", "f/x", "f"):
        bucket.put(key)
    assert sorted(bucket.keys()) == ["a", "a/b", "f", "f/x"]


def test_a_missing_bucket_is_told(seaweedfs: S3Server) -> None:
    assert put_into_a_missing_bucket(seaweedfs.client()) == (404, "NoSuchBucket")
