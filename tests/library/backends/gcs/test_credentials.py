"""Credentials: files and machines by google-auth, tokens that expire and that are refused."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import exceptions

from ingenious_storage.backends.gcs.backend import GcsBackend
from ingenious_storage.backends.gcs.credentials import (
    GoogleCredential,
    load_credentials,
    translated,
)
from ingenious_storage.backends.gcs.service import GcsService
from ingenious_storage.backends.gcs.services import service_of
from ingenious_storage.backends.rest.calls import Request
from ingenious_storage.config.buckets.gcs import GcsAccount
from ingenious_storage.errors import (
    AuthenticationError,
    ConfigurationError,
    StorageError,
    UnavailableError,
)
from tests.support.gcs import BucketOracle
from tests.support.servers.gcs_double import GcsDouble
from tests.support.servers.google_tokens import TokenServer, token_server

CANARY = "CANARYsecretCANARY"
Open = Callable[[GoogleCredential], GcsBackend]


class FakeCredentials:
    """What google-auth gives: a token after each `refresh`, with an end in UTC without a zone."""

    def __init__(self, *tokens: str, seconds: float = 3600) -> None:
        self._tokens, self._seconds = list(tokens), seconds
        self.token: str | None = None
        self.expiry: datetime | None = None
        self.refreshed = 0

    def refresh(self, _request: object) -> None:
        self.refreshed += 1
        self.token = self._tokens.pop(0) if len(self._tokens) > 1 else self._tokens[0]
        self.expiry = datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=self._seconds)


def credential_of(credentials: Any, project: str | None = "p") -> GoogleCredential:
    return GoogleCredential(GcsAccount(timeout=30), load=lambda _: (credentials, project))


@pytest.fixture
def bucket(double: GcsDouble, container_name: str) -> Iterator[BucketOracle]:
    oracle = BucketOracle(double.url, container_name)
    oracle.create()
    double.requests.clear()
    double.token = "good"
    yield oracle
    double.token = None


@pytest.fixture
def opened(bucket: BucketOracle) -> Open:
    def open_with(credential: GoogleCredential) -> GcsBackend:
        account = GcsAccount(bucket.url, timeout=30)
        return GcsBackend(account, bucket.bucket, service=GcsService(account, credential))

    return open_with


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServer]:
    monkeypatch.setenv("NO_PROXY", "*")
    with token_server() as server:
        yield server


def test_one_token_serves_all_calls(double: GcsDouble, opened: Open) -> None:
    found = FakeCredentials("good")
    backend = opened(credential_of(found))
    backend.put("k", b"v")
    assert backend.get("k").data == b"v"
    assert found.refreshed == 1


def test_a_token_that_is_refused_is_replaced_once(double: GcsDouble, opened: Open) -> None:
    found = FakeCredentials("revoked", "good")
    backend = opened(credential_of(found))
    backend.put("k", b"v")
    assert found.refreshed == 2
    assert len(double.requests) == 2
    backend.get("k")
    assert found.refreshed == 2


def test_one_that_stays_refused_is_told(double: GcsDouble, opened: Open) -> None:
    found = FakeCredentials("bad")
    with pytest.raises(AuthenticationError) as caught:
        opened(credential_of(found)).put("k", b"v")
    assert (caught.value.operation, caught.value.key) == ("put", "k")
    assert caught.value.service_code == "authError"
    assert found.refreshed == 2
    assert len(double.requests) == 2


def test_threads_that_are_refused_together_ask_once(double: GcsDouble, opened: Open) -> None:
    found, barrier = FakeCredentials("revoked", "good"), Barrier(8)
    backend = opened(credential_of(found))

    def put(number: int) -> None:
        barrier.wait()
        backend.put(f"k{number}", b"v")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(8)))
    assert found.refreshed == 2


def test_a_token_near_its_end_is_renewed(opened: Open) -> None:
    found = FakeCredentials("good", seconds=0)
    backend = opened(credential_of(found))
    for _ in range(3):
        backend.put("k", b"v")
    assert found.refreshed == 3


@pytest.mark.parametrize("token", [None, "", "a b", "a\r\nX-Evil: 1", "ü"])
def test_what_is_no_token_is_told(opened: Open, token: Any) -> None:
    with pytest.raises(AuthenticationError, match="a token that is none"):
        opened(credential_of(FakeCredentials(token))).head("k")


def test_the_project_is_the_credential_s_own(double: GcsDouble, opened: Open) -> None:
    backend = opened(credential_of(FakeCredentials("good"), "project-of-the-file"))
    assert backend.ensure_container() is False
    assert "project=project-of-the-file" in double.requests[0]


@pytest.mark.parametrize("quota", [None, "payer"])
def test_who_pays(quota: str | None) -> None:
    found = FakeCredentials("good")
    found.quota_project_id = quota  # type: ignore[attr-defined]
    service = GcsService(GcsAccount("http://127.0.0.1:9"), credential_of(found))
    service._sign(request := Request("GET", "/"))
    assert request.headers["Authorization"] == "Bearer good"
    assert request.headers.get("X-Goog-User-Project") == quota
    asked = GcsService(GcsAccount(user_project="mine"), credential_of(found))
    asked._sign(request := Request("GET", "/"))
    assert request.headers["X-Goog-User-Project"] == "mine"


@pytest.fixture(scope="module")
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def test_the_file_of_a_service_account(
    tokens: TokenServer, tmp_path: Path, private_key: str
) -> None:
    file = tmp_path / "key.json"
    about = {
        "type": "service_account",
        "project_id": "project-of-the-file",
        "client_email": "me@project.iam.gserviceaccount.com",
        "private_key_id": "1",
        "private_key": private_key,
        "token_uri": f"{tokens.url}/token",
    }
    file.write_text(json.dumps(about))
    credential = GoogleCredential(GcsAccount(credentials_file=file, timeout=30))
    assert credential.bearer() == "Bearer token-1"
    assert credential.project == "project-of-the-file"
    assert tokens.requests[0][0] == "POST /token"
    assert b"assertion=" in tokens.requests[0][1]
    tokens.refusal = (400, json.dumps({"error": "invalid_grant", "secret": CANARY}).encode())
    with pytest.raises(AuthenticationError) as caught:
        credential.replace(credential.bearer())
    assert CANARY not in f"{caught.value}{caught.value.hint}"
    tokens.refusal = (503, b"{}")
    with pytest.raises(UnavailableError) as busy:
        credential.replace(credential.bearer())
    assert not busy.value.outcome_unknown


def test_the_file_of_an_external_account(tokens: TokenServer, tmp_path: Path) -> None:
    """Such as GitHub's: a token of somebody else is exchanged for one of Google."""
    (tmp_path / "subject").write_text("token of somebody else")
    file = tmp_path / "external.json"
    about = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/"
        "workloadIdentityPools/a/providers/b",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"{tokens.url}/v1/token",
        "credential_source": {"file": str(tmp_path / "subject")},
    }
    file.write_text(json.dumps(about))
    credential = GoogleCredential(GcsAccount(credentials_file=file, timeout=30))
    assert credential.bearer() == "Bearer token-1"
    assert b"subject_token=token+of+somebody+else" in tokens.requests[-1][1]


def test_a_machine_of_google(
    tokens: TokenServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("GCE_METADATA_HOST", tokens.place)
    monkeypatch.setenv("GCE_METADATA_IP", tokens.place)
    credential = GoogleCredential(GcsAccount(timeout=30))
    assert credential.bearer() == "Bearer token-1"
    assert credential.project == "project-of-the-machine"


UNFIT = {
    "no JSON": "}",
    "an array": "[]",
    "another type": '{"type": "magic"}',
    "half a service account": '{"type": "service_account", "private_key": "' + CANARY + '"}',
    "not there": None,
}


@pytest.mark.parametrize("text", UNFIT.values(), ids=UNFIT)
def test_a_file_that_is_no_credential(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "key.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ConfigurationError, match=r"credentials_file: .*key\.json is no") as caught:
        GoogleCredential(GcsAccount(credentials_file=file)).bearer()
    assert CANARY not in f"{caught.value}{caught.value.hint}"
    assert "service account" in caught.value.hint


def test_nobody_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    with pytest.raises(AuthenticationError, match="finds no credential") as caught:
        load_credentials(GcsAccount())
    assert "gcloud auth application-default login" in caught.value.hint


def test_without_google_auth_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.auth", None)
    with pytest.raises(ConfigurationError, match="needs google-auth") as caught:
        load_credentials(GcsAccount())
    assert "ingenious-storage[gcs]" in caught.value.hint


ERRORS = [
    kind
    for _, kind in inspect.getmembers(exceptions, inspect.isclass)
    if issubclass(kind, Exception) and kind.__module__ == exceptions.__name__
]


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_of_google_auth_is_translated(kind: type[Exception]) -> None:
    assert len(ERRORS) > 12
    with pytest.raises(StorageError) as caught, translated():
        raise kind("why")
    assert not caught.value.outcome_unknown
    assert caught.value.hint
    assert caught.value.__cause__ is not None


def test_one_that_may_be_tried_again_is_retryable() -> None:
    kind: Any = exceptions.RefreshError
    with pytest.raises(UnavailableError), translated():
        raise kind("busy", retryable=True)


def test_the_buckets_of_one_account_share_a_service() -> None:
    account = GcsAccount("http://127.0.0.1:9", is_anonymous=True)
    assert service_of(account) is service_of(GcsAccount("http://127.0.0.1:9", is_anonymous=True))
    assert service_of(account) is not service_of(GcsAccount("http://127.0.0.1:8"))
