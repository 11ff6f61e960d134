"""The section `storage.s3:`, and the service and credential that it means."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from ingenious_storage.config.buckets.s3 import S3Account
from tests.library.config.conftest import Load
from tests.library.config.refusals import CANARY, refused

KEY = f"access_key_id: AKIAEXAMPLE, secret_access_key: {CANARY}"


def test_nothing_is_needed() -> None:
    assert S3Account().endpoint is None


def test_a_key_and_an_endpoint(load: Load) -> None:
    settings = load(
        config=f"storage: {{type: s3, timeout: 7, s3: {{{KEY}, session_token: 'a/+b=',"
        " region: auto, endpoint: 'https://X.r2.example/', addressing_style: virtual}}"
    ).storage
    assert settings.s3_account() == S3Account(
        "https://x.r2.example",
        "auto",
        "virtual",
        None,
        "AKIAEXAMPLE",
        SecretStr(CANARY),
        SecretStr("a/+b="),
        7,
    )
    assert settings.store.place() == "https://x.r2.example"
    assert CANARY not in repr(settings)
    assert CANARY not in repr(settings.s3_account())


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("http://localhost:9000/", "http://localhost:9000"),
        ("http://[::1]:9000", "http://[::1]:9000"),
        ("https://host.example/storage/v1/s3/", "https://host.example/storage/v1/s3"),
        ("HTTPS://Minio:443", "https://minio:443"),
    ],
)
def test_endpoints(load: Load, given: str, url: str) -> None:
    settings = load(overrides={"storage.type": "s3", "storage.s3.endpoint": given})
    assert settings.storage.s3_account().endpoint == url


def test_http_beyond_loopback_is_asked_for(load: Load) -> None:
    values = {"storage.type": "s3", "storage.s3.endpoint": "http://minio:9000"}
    error = refused(lambda: load(overrides=values), " uses http, and minio")
    assert "storage.s3.allow_http" in error.hint
    allowed = load(overrides={**values, "storage.s3.allow_http": "true"})
    assert allowed.storage.s3_account().endpoint == "http://minio:9000"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"endpoint: 'https://user:{CANARY}@host'", "is not the URL"),
        (f"endpoint: 'https://host?sig={CANARY}'", "is not the URL"),
        ("endpoint: 's3://bucket'", "is not the URL"),
        ("endpoint: 'https://host:99999'", "is not the URL"),
        ("endpoint: 'https://'", "is not the URL"),
        ("endpoint: 'https://host/a%2Fb'", "is not the URL"),
        ("endpoint: 'https://höst'", "is not the URL"),
        ("region: 'eu central'", " does not have the form of one"),
        ("region: 'a/../b'", " does not have the form of one"),
        ("access_key_id: AKIAEXAMPLE", "go together"),
        (f"secret_access_key: {CANARY}", "go together"),
        (f"session_token: {CANARY}", "without the key"),
        (f"{KEY}, profile: dev", "contradict each other"),
        (f"access_key_id: 'a/b', secret_access_key: {CANARY}", " does not have the form of one"),
        (f"access_key_id: a, secret_access_key: '{CANARY} x'", " does not have the form of one"),
        (f'{KEY}, session_token: "{CANARY}\\n{CANARY}"', " does not have the form of one"),
        ('profile: "a\\nb"', " does not have the form of one"),
    ],
)
def test_what_is_refused(load: Load, text: str, expected: str) -> None:
    refused(lambda: load(config=f"storage: {{type: s3, s3: {{{text}}}}}"), expected)


def test_a_section_that_is_not_chosen_is_not_checked(load: Load) -> None:
    assert load(config="storage: {s3: {access_key_id: a}}").storage.type == "local"
