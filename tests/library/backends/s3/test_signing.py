"""Signatures, beside those of botocore's own signer."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import botocore.auth
import botocore.compat
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from ingenious_storage.backends.rest.calls import Request
from ingenious_storage.backends.s3.sign_in.signing import UNSIGNED, AccessKey, Signer

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = 1_790_000_000.9
KEY = AccessKey("AKIAEXAMPLE", "secret/+with=signs")
TEMPORARY = AccessKey("ASIAEXAMPLE", "other", "token/+==")
HOST = "bucket.s3.eu-central-1.amazonaws.com"
LETTERS = "abzAZ09-._~ !*'();:@&=+$,/?#[]%\"<>\\^`{|}äé漢🦊\u00a0"
METHODS = ("GET", "PUT", "HEAD", "DELETE", "POST")


@pytest.fixture(autouse=True)
def same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore asks for the time by itself."""
    moment = datetime.fromtimestamp(int(NOW), UTC)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: moment)


def theirs(request: Request, key: AccessKey, host: str, *, is_secure: bool) -> Mapping[str, str]:
    """The headers that botocore adds to the same request."""
    scheme = "https" if is_secure else "http"
    plain: Any = AWSRequest(
        request.method,
        f"{scheme}://{host}{request.target}",
        dict(request.headers),
        request.body,
    )
    if is_secure and request.body:
        plain.context |= {"payload_signing_enabled": False, "has_streaming_input": True}
        plain.headers["X-Amz-Content-SHA256"] = UNSIGNED
    signer = S3SigV4Auth(Credentials(key.id, key.secret, key.token), "s3", "eu-central-1")
    if is_secure and request.body:
        signer._should_sha256_sign_payload = lambda _request: False
    signer.add_auth(plain)
    return {name.lower(): str(value) for name, value in plain.headers.items()}


def compared(request: Request, key: AccessKey = KEY, *, host: str = HOST, is_secure: bool) -> None:
    expected = theirs(request, key, host, is_secure=is_secure)
    Signer("eu-central-1", host, is_secure=is_secure, clock=lambda: NOW).sign(request, key)
    assert request.headers == expected


def some_request(chosen: random.Random) -> Request:
    def text(most: int) -> str:
        return "".join(chosen.choices(LETTERS, k=chosen.randint(1, most)))

    query = {text(5): text(12) for _ in range(chosen.randint(0, 5))}
    if chosen.random() < 0.3:
        query[chosen.choice(("delete", "uploads"))] = ""
    headers = {"content-type": "text/plain; charset=utf-8"}
    for _ in range(chosen.randint(0, 4)):
        name = "".join(chosen.choices("abcxyz-", k=6)).strip("-") or "n"
        headers[f"x-amz-meta-{name}"] = " ".join(
            chosen.choices(("a", "b  c", " d", "e ", "1"), k=3)
        )
    if chosen.random() < 0.5:
        headers["if-match"] = '"0123456789abcdef"'
    if chosen.random() < 0.3:
        headers["range"] = "bytes=0-5"
    path = f"/{quote(text(30), safe='/~')}"
    body = chosen.randbytes(chosen.choice((0, 1, 5000)))
    return Request(chosen.choice(METHODS), path, query, headers, body)


@pytest.mark.parametrize("is_secure", [True, False], ids=["https", "http"])
@pytest.mark.parametrize("key", [KEY, TEMPORARY], ids=["key", "token"])
def test_hundreds_of_requests_are_signed_as_botocore_signs_them(
    key: AccessKey, is_secure: bool
) -> None:
    chosen = random.Random(f"{key.id}{is_secure}")
    for _ in range(300):
        compared(some_request(chosen), key, is_secure=is_secure)


@pytest.mark.parametrize("host", ["127.0.0.1:9000", "minio", "[::1]:9000", "r2.example"])
def test_hosts(host: str) -> None:
    compared(Request("GET", "/bucket/key"), host=host, is_secure=False)


def test_pairs_of_a_query_are_signed_in_order_however_they_are_sent() -> None:
    pairs = [("b", "2"), ("a-b", "1"), ("a", "3"), ("B", "0"), ("é", "1")]
    compared(Request("GET", "/", dict(pairs)), is_secure=True)
    compared(Request("GET", "/", dict(reversed(pairs))), is_secure=True)


def test_a_body_is_hashed_unless_tls_guards_it() -> None:
    for is_secure, expected in ((True, UNSIGNED), (False, "2d711642b726b044")):
        request = Request("PUT", "/k", {}, {}, b"x")
        Signer("r", HOST, is_secure=is_secure).sign(request, KEY)
        assert request.headers["x-amz-content-sha256"].startswith(expected)


def test_the_key_of_a_day_is_made_once_for_each_day_and_key() -> None:
    time = [NOW]
    signer = Signer("eu-central-1", HOST, is_secure=True, clock=lambda: time[0])

    def signed(key: AccessKey) -> str:
        request = Request("GET", "/k")
        signer.sign(request, key)
        return request.headers["authorization"]

    first = signed(KEY)
    derived = signer._derived
    assert signed(KEY) == first
    assert signer._derived is derived
    assert signed(TEMPORARY) != first
    assert signed(KEY) == first
    time[0] += 86_400
    assert "20260922" in signed(KEY)
    assert "20260921" in first


def test_signing_again_replaces_what_was_signed() -> None:
    request = Request("GET", "/k")
    signer = Signer("eu-central-1", HOST, is_secure=True, clock=lambda: NOW)
    signer.sign(request, TEMPORARY)
    signer.sign(request, KEY)
    expected = Request("GET", "/k")
    signer.sign(expected, KEY)
    assert request.headers == expected.headers


def test_no_secret_is_shown() -> None:
    assert "other" not in repr(TEMPORARY)
    assert "token" not in repr(TEMPORARY)
