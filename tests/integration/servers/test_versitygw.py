"""versitygw does what the tests of S3 rely on; a version that changes is noticed here."""

from __future__ import annotations

from pathlib import Path

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
def bucket(versitygw: S3Server, container_name: str) -> Bucket:
    return Bucket(versitygw.client(), container_name)


def test_conditions_of_writes_are_kept(bucket: Bucket) -> None:
    etag = bucket.put("k", IfNoneMatch="*")
    assert refusal(lambda: bucket.put("k", IfNoneMatch="*")) == (412, "PreconditionFailed")
    assert refusal(lambda: bucket.put("k", IfMatch=OTHER_ETAG)) == (412, "PreconditionFailed")
    assert refusal(lambda: bucket.put("none", IfMatch=etag)) == (404, "NoSuchKey")
    assert bucket.put("k", IfMatch=etag) == etag, "equal bytes, equal ETag"


def test_a_stale_delete_is_refused_and_one_of_nothing_is_not(bucket: Bucket) -> None:
    etag = bucket.put("k")
    assert refusal(lambda: bucket.delete("k", IfMatch=OTHER_ETAG)) == (412, "PreconditionFailed")
    bucket.delete("k", IfMatch=etag)
    assert refusal(lambda: bucket.delete("k", IfMatch=etag)) is None


def test_listings_are_in_order(bucket: Bucket) -> None:
    for key in reversed(KEYS):
        bucket.put(key)
    assert bucket.keys() == list(KEYS)
    assert bucket.keys(StartAfter="a/c") == ["a/d-/1", "a/d/1", "a0"]
    assert sorted(bucket.paged("/", 2)) == ["a-b", "a.b", "a/", "a0"]


def test_a_key_is_no_folder(bucket: Bucket) -> None:
    bucket.put("a")
    bucket.put("f/x")
    assert refusal(lambda: bucket.put("a/b")) == (409, "ObjectParentIsFile")
    assert refusal(lambda: bucket.put("f")) == (409, "ExistingObjectIsDirectory")


def test_names_are_those_of_files(bucket: Bucket) -> None:
    assert bucket.put("s" * 255)
    assert refusal(lambda: bucket.put("s" * 256)) == (400, "KeyTooLongError")


def test_a_missing_bucket_is_told(versitygw: S3Server) -> None:
    assert put_into_a_missing_bucket(versitygw.client()) == (404, "NoSuchBucket")


def test_it_speaks_https_too(versitygw_tls: S3Server, container_name: str) -> None:
    assert versitygw_tls.endpoint.startswith("https:")
    assert isinstance(versitygw_tls.ca_file, Path)
    assert Bucket(versitygw_tls.client(), container_name).put("k")
