"""Where requests go: styles, regions, partitions, and services that are not AWS."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from pydantic import SecretStr

from ingenious_storage.backends.s3.addresses import Address, address_of, place_of
from ingenious_storage.backends.s3.backend import S3Backend
from ingenious_storage.config.buckets.s3 import AddressingStyle, S3Account
from ingenious_storage.errors import ConfigurationError
from tests.library.backends.s3.tiny_s3 import TinyS3

AWS = "https://s3.eu-central-1.amazonaws.com"
R2 = "https://account.r2.cloudflarestorage.com"


@pytest.mark.parametrize(
    ("endpoint", "style", "origin", "path"),
    [
        (None, "auto", "https://b.s3.eu-central-1.amazonaws.com", "/"),
        (None, "virtual", "https://b.s3.eu-central-1.amazonaws.com", "/"),
        (None, "path", AWS, "/b/"),
        (AWS, "auto", "https://b.s3.eu-central-1.amazonaws.com", "/"),
        (AWS, "path", AWS, "/b/"),
        (R2, "auto", R2, "/b/"),
        (R2, "virtual", "https://b.account.r2.cloudflarestorage.com", "/"),
        ("http://127.0.0.1:9000", "auto", "http://127.0.0.1:9000", "/b/"),
        ("http://[::1]:9000", "auto", "http://[::1]:9000", "/b/"),
        ("https://minio:443", "auto", "https://minio", "/b/"),
        ("http://minio:80", "auto", "http://minio", "/b/"),
        ("https://minio:80", "auto", "https://minio:80", "/b/"),
        ("https://x.example/storage/v1/s3", "auto", "https://x.example", "/storage/v1/s3/b/"),
        ("https://x.example/s3", "virtual", "https://b.x.example", "/s3/"),
    ],
)
def test_where_a_bucket_is(
    endpoint: str | None, style: AddressingStyle, origin: str, path: str
) -> None:
    account = S3Account(endpoint, addressing_style=style)
    host = origin.partition("://")[2]
    assert address_of(account, "b", "eu-central-1") == Address(origin, host, path)


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-1", "b.s3.us-east-1.amazonaws.com"),
        ("us-gov-west-1", "b.s3.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "b.s3.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_regions(region: str, host: str) -> None:
    assert address_of(S3Account(), "b", region).host == host


def test_a_place_is_one_whatever_region_is_named() -> None:
    assert place_of(S3Account(), "b") == place_of(S3Account(region="eu-west-1"), "b")
    assert place_of(S3Account(R2), "b") == f"{R2}/b"
    assert place_of(S3Account(R2), "b") != place_of(S3Account(), "b")


@pytest.mark.parametrize("name", ["sthree-data", "amzn-s3-demo-data", "xn--data", "data-s3alias"])
def test_names_that_aws_keeps(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name) as caught:
        S3Backend(S3Account(), name)
    assert "storage.container_data" in caught.value.hint


def test_the_virtual_style_names_the_bucket_before_the_host(
    tiny: TinyS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, asked = tiny.url.rpartition(":")[2], []
    real = socket.getaddrinfo

    def resolve(host: str, *rest: Any, **options: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1", *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    account = S3Account(
        f"http://s3.example:{port}",
        addressing_style="virtual",
        access_key_id="a",
        secret_access_key=SecretStr("b"),
    )
    with pytest.raises(Exception, match="NoSuchBucket"):  # tiny has one bucket, in path style
        S3Backend(account, "bucket").put("a b/ü", b"1")
    [request] = tiny.requests
    assert asked == ["bucket.s3.example"]
    assert request.headers["host"] == f"bucket.s3.example:{port}"
    assert request.path == "/a%20b/%C3%BC"
    assert "host" in request.headers["authorization"].partition("SignedHeaders=")[2]


def test_making_one_sends_nothing_and_reads_nothing(tiny: TinyS3) -> None:
    backend = tiny.backend(profile="nobody", access_key_id=None, secret_access_key=None)
    assert backend.place == f"{tiny.url}/bucket"
    backend.close()
    assert tiny.requests == []
