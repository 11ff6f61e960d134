"""What goes wrong on the way to the service, seen through the SDK."""

from __future__ import annotations

import io
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from ingenious_storage.backends.azure.sdk.backend import SdkAzureBlobBackend
from ingenious_storage.backends.base import Backend, GetOptions, IfAbsent, IfMatch, PutOptions
from ingenious_storage.config.azure.account import AzureAccount, CredentialKind
from ingenious_storage.errors import (
    AlreadyExistsError,
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    ContainerNotFoundError,
    NotModifiedError,
    OperationTimeoutError,
    PermissionDeniedError,
    StorageError,
    ThrottledError,
    UnavailableError,
)
from tests.support.azure import Driver, account_of
from tests.support.credentials import FakeCredential
from tests.support.polling import eventually, with_time_enough
from tests.support.servers.canned import HANG, RESET, CannedServer, answer, canned_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.servers.azurite import Azurite

CALLS: dict[str, Callable[[Backend], object]] = {
    "get": lambda backend: backend.get("k"),
    "put": lambda backend: backend.put("k", b"x"),
    "head": lambda backend: backend.head("k"),
    "delete": lambda backend: backend.delete("k"),
    "list": lambda backend: backend.list(),
    "upload": lambda backend: backend.upload("k", io.BytesIO(b"x")),
    "ensure_container": lambda backend: backend.ensure_container(),
    "container_exists": lambda backend: backend.container_exists(),
}
WRITES = {"put", "delete", "upload", "ensure_container"}


def account(url: str, **changes: Any) -> AzureAccount:
    values: dict[str, Any] = {
        "account_url": url,
        "account_name": "canned",
        "credential": CredentialKind.ACCOUNT_KEY,
        "account_key": SecretStr("c2VjcmV0"),
        "timeout": 30.0,
    }
    return AzureAccount(**{**values, **changes})


@pytest.fixture
def server() -> Iterator[CannedServer]:
    with canned_server() as server:
        yield server


@pytest.fixture
def backend(driver: Driver, server: CannedServer) -> Iterator[Backend]:
    backend = driver(account(server.account_url), "container")
    yield backend
    backend.close()


def error_of(call: Callable[[Backend], object], backend: Backend) -> StorageError:
    with pytest.raises(StorageError) as caught, closing(backend):
        call(backend)
    return caught.value


@pytest.mark.parametrize("operation", CALLS)
def test_busy_is_asked_once_and_says_when_to_come_back(
    operation: str, server: CannedServer, backend: Backend
) -> None:
    server.replies = [answer(503, "ServerBusy", headers={"Retry-After": "7"})]
    error = error_of(CALLS[operation], backend)
    assert isinstance(error, ThrottledError)
    assert (error.retryable, error.retry_after, error.outcome_unknown) == (True, 7.0, False)
    assert error.operation == operation
    assert len(server.requests) == 1, "the SDK retried"
    assert "503 ServerBusy" in str(error)
    assert "req-1" in str(error)


@pytest.mark.parametrize("operation", CALLS)
def test_reset_may_have_landed(operation: str, server: CannedServer, backend: Backend) -> None:
    server.replies = [RESET]
    error = error_of(CALLS[operation], backend)
    assert isinstance(error, UnavailableError)
    assert error.retryable
    # The first request of an upload stages a block, of which no reader sees anything.
    assert error.outcome_unknown is (operation in WRITES - {"upload"})
    assert len(server.requests) == 1, "the SDK retried"


@pytest.mark.parametrize("operation", ["get", "put"])
def test_no_answer_in_time(driver: Driver, operation: str, server: CannedServer) -> None:
    server.replies = [HANG]

    def met(seconds: float) -> StorageError:
        backend = driver(account(server.account_url, timeout=seconds), "container")
        return error_of(CALLS[operation], backend)

    writes = operation == "put"
    error = with_time_enough(met, lambda error: error.outcome_unknown or not writes, seconds=0.5)
    assert isinstance(error, OperationTimeoutError)
    assert error.outcome_unknown is writes
    eventually(lambda: server.requests)
    assert len(server.requests) == 1, "the SDK retried"


@pytest.mark.parametrize(
    ("status", "code", "kind", "retryable"),
    [
        (500, "InternalError", UnavailableError, True),
        (500, "OperationTimedOut", OperationTimeoutError, True),
        (502, None, UnavailableError, True),
        (504, None, OperationTimeoutError, True),
        (429, None, ThrottledError, True),
        (409, "ContainerBeingDeleted", UnavailableError, True),
        (409, "BlobArchived", StorageError, False),
        (409, "BlobImmutableDueToPolicy", PermissionDeniedError, False),
        (409, "SomethingNew", StorageError, False),
        (412, "LeaseIdMissing", StorageError, False),
        (412, "ConditionNotMet", ConflictError, False),
        (404, None, StorageError, False),
        (200, None, UnavailableError, True),
    ],
)
@pytest.mark.parametrize("operation", ["get", "put", "head"])
def test_answers(
    *,
    status: int,
    code: str | None,
    kind: type[StorageError],
    retryable: bool,
    operation: str,
    server: CannedServer,
    backend: Backend,
) -> None:
    server.replies = [answer(status, code, body=b"" if operation == "head" else b"<p>whatever</p>")]
    error = error_of(CALLS[operation], backend)
    assert type(error) is kind
    assert error.retryable is retryable
    assert error.hint


def test_retry_after_as_a_date(server: CannedServer, backend: Backend) -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    server.replies = [answer(429, headers={"Retry-After": when})]
    retry_after = error_of(CALLS["get"], backend).retry_after
    assert retry_after is not None
    assert 50 < retry_after <= 60
    for nonsense in ("soon", "-3", "Thu, 01 Jan 1970 00:00:00 GMT"):
        server.replies = [answer(429, headers={"Retry-After": nonsense})]
        assert error_of(CALLS["get"], backend).retry_after in (None, 0.0)


BLOB = {
    "ETag": '"0x1"',
    "Last-Modified": "Mon, 02 Nov 2026 10:00:00 GMT",
    "x-ms-blob-type": "BlockBlob",
    "Content-Range": "bytes 0-10/11",
}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"Content-Length": "11"},
        {"Content-Length": "6"},
        {"Content-Length": "6", "Content-Range": "bytes 0-10/4096"},
    ],
)
def test_a_body_cut_short_is_an_error(
    changes: dict[str, str],
    server: CannedServer,
    backend: Backend,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server.replies = [answer(206, headers={**BLOB, **changes}, body=b"hello ")]
    slept: list[float] = []
    pauses = SimpleNamespace(sleep=slept.append)
    monkeypatch.setattr("azure.storage.blob._download.time", pauses)
    part = GetOptions(byte_range=(0, 11))
    error = error_of(lambda backend: backend.get("k", part), backend)
    assert isinstance(error, UnavailableError)
    assert error.retryable
    assert len(server.requests) == 1, "the SDK retried"
    assert slept == [], "the SDK retried by itself"
    server.replies = [answer(206, headers=BLOB, body=b"hello world")]
    assert backend.get("k", part).data == b"hello world"


def test_a_blob_that_grows_behind_its_old_end(server: CannedServer, backend: Backend) -> None:
    """The range is refused, and the next question shows a blob that has it."""
    range_refused = answer(416, "InvalidRange", headers={"Content-Range": "bytes */5"})
    server.replies = [range_refused, answer(200, headers={**BLOB, "Content-Length": "11"})]
    error = error_of(lambda backend: backend.get("k", GetOptions(byte_range=(7, 2))), backend)
    assert isinstance(error, UnavailableError)
    assert error.retryable


def test_refused_connection_sent_nothing(driver: Driver) -> None:
    backend = driver(account("http://127.0.0.1:1/canned"), "container")
    error = error_of(CALLS["put"], backend)
    assert isinstance(error, UnavailableError)
    assert error.retryable
    assert error.outcome_unknown is False
    assert "Start the emulator: `npx --yes --package azurite azurite-blob" in error.hint
    assert "--blobPort 1 " in error.hint
    assert "refused" in str(error).lower()


def test_a_proxy_that_is_down_is_no_emulator(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    backend = driver(account("https://contosoagents.blob.core.windows.net"), "container")
    error = error_of(CALLS["put"], backend)
    assert isinstance(error, UnavailableError)
    assert error.outcome_unknown is False
    assert "HTTPS_PROXY" in error.hint
    assert "emulator" not in error.hint


def test_unknown_host_sent_nothing(driver: Driver) -> None:
    backend = driver(account("https://no-such-account.invalid"), "container")
    error = error_of(CALLS["put"], backend)
    assert isinstance(error, UnavailableError)
    assert error.outcome_unknown is False
    assert "no-such-account.invalid" in error.hint
    assert "canned" not in str(error)


def test_certificate_of_a_stranger(driver: Driver, azurite_oauth: Azurite) -> None:
    backend = driver(account_of(azurite_oauth), "container", credential=FakeCredential())
    error = error_of(CALLS["put"], backend)
    assert isinstance(error, UnavailableError)
    assert (error.retryable, error.outcome_unknown) == (False, False)
    assert "REQUESTS_CA_BUNDLE" in error.hint


def test_https_to_a_server_that_speaks_http(driver: Driver, azurite: Azurite) -> None:
    url = azurite.account_url.replace("http:", "https:")
    error = error_of(CALLS["put"], driver(account(url), "container"))
    assert isinstance(error, UnavailableError)
    # The SDK does not tell a handshake from what comes after it.
    assert error.outcome_unknown is (driver is SdkAzureBlobBackend)
    assert "SSLError" in str(error) or "no TLS" in str(error)


def test_wrong_key(driver: Driver, azurite: Azurite, container_name: str) -> None:
    wrong = account_of(azurite, account_key=SecretStr("d3Jvbmcga2V5"))
    error = error_of(CALLS["put"], driver(wrong, container_name))
    assert isinstance(error, PermissionDeniedError)  # Azurite's answer; Azure's is below
    assert "wrong key" in error.hint
    assert "firewall" in error.hint
    assert "Storage Blob Data Contributor" in error.hint


def test_wrong_key_on_azure(server: CannedServer, backend: Backend) -> None:
    server.replies = [answer(403, "AuthenticationFailed")]
    error = error_of(CALLS["get"], backend)
    assert isinstance(error, AuthenticationError)
    assert "clock" in error.hint


def test_key_that_is_no_base64(driver: Driver, server: CannedServer) -> None:
    bad = account(server.account_url, account_key=SecretStr("not base64!"))
    error = error_of(CALLS["get"], driver(bad, "container"))
    assert isinstance(error, AuthenticationError)
    assert server.requests == []


def test_expired_token(
    driver: Driver, azurite_oauth: Azurite, container_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(azurite_oauth.ca_file))
    backend = driver(
        account_of(azurite_oauth), container_name, credential=FakeCredential(lifetime=-60)
    )
    assert isinstance(error_of(CALLS["get"], backend), AuthenticationError)


def test_token_without_tls(driver: Driver, server: CannedServer) -> None:
    plain = driver(account(server.account_url), "c", credential=FakeCredential())
    error = error_of(CALLS["get"], plain)
    assert isinstance(error, ConfigurationError)
    assert "HTTPS" in str(error)
    assert server.requests == []


def test_missing_container(driver: Driver, azurite: Azurite, container_name: str) -> None:
    backend = driver(account_of(azurite), container_name)
    error = error_of(CALLS["put"], backend)
    assert isinstance(error, ContainerNotFoundError)
    with pytest.raises(ContainerNotFoundError):
        backend.delete_many(["a", "b"])
    backend.close()


@pytest.mark.parametrize(
    ("status", "code", "condition", "kind"),
    [
        (409, "BlobAlreadyExists", IfAbsent(), AlreadyExistsError),
        (412, "ConditionNotMet", IfAbsent(), AlreadyExistsError),
        (412, "ConditionNotMet", IfMatch("1"), ConflictError),
        (404, "BlobNotFound", IfMatch("1"), ConflictError),
        (400, "InvalidBlockList", None, ConflictError),
    ],
)
def test_broken_conditions(
    *,
    status: int,
    code: str,
    condition: IfAbsent | IfMatch | None,
    kind: type[StorageError],
    server: CannedServer,
    backend: Backend,
) -> None:
    server.replies = [answer(status, code)]
    error = error_of(
        lambda backend: backend.put("k", b"x", PutOptions(condition=condition)), backend
    )
    assert type(error) is kind


def test_not_modified_is_no_conflict(server: CannedServer, backend: Backend) -> None:
    server.replies = [answer(304, "ConditionNotMet")]
    error = error_of(lambda backend: backend.get("k", GetOptions(if_none_match='"0x1"')), backend)
    assert isinstance(error, NotModifiedError)
    assert len(server.requests) == 1


@pytest.mark.parametrize("reply", [answer(500, "InternalError"), RESET])
def test_a_block_that_is_not_staged_leaves_no_doubt(driver: Driver, reply: bytes) -> None:
    """Only the last request makes a blob of blocks."""
    with canned_server() as server:
        server.replies = [reply]
        account = AzureAccount(
            server.account_url,
            "canned",
            CredentialKind.ACCOUNT_KEY,
            account_key=SecretStr("c2VjcmV0"),
            timeout=30.0,
        )
        with closing(driver(account, "container")) as backend:
            with pytest.raises(UnavailableError) as caught:
                backend.upload("k", io.BytesIO(b"x"))
            assert (caught.value.retryable, caught.value.outcome_unknown) == (True, False)
            server.replies = [answer(201), reply]
            with pytest.raises(UnavailableError) as caught:
                backend.upload("k", io.BytesIO(b"x"))
            assert caught.value.outcome_unknown
