"""A canary: no key, SAS signature or client secret in any log line or error, at root DEBUG."""

from __future__ import annotations

import io
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest
from azure.storage.blob import (
    AccountSasPermissions,
    ContainerSasPermissions,
    ResourceTypes,
    generate_account_sas,
    generate_container_sas,
)
from pydantic import SecretStr

from ingenious_storage.backends.azure.native.backend import AzureBlobBackend
from ingenious_storage.backends.base import Backend, GetOptions, IfAbsent, IfMatch, PutOptions
from ingenious_storage.backends.rest.calls import Request
from ingenious_storage.config.azure.account import AzureAccount, CredentialKind
from ingenious_storage.errors import PermissionDeniedError, StorageError
from tests.support.azure import Driver, account_of
from tests.support.servers.canned import HANG, RESET, CannedServer, answer, canned_server

if TYPE_CHECKING:
    from tests.support.servers.azurite import Azurite

CALLS: tuple[Callable[[Backend], object], ...] = (
    lambda backend: backend.ensure_container(),
    lambda backend: backend.container_exists(),
    lambda backend: backend.put("a/k", b"v"),
    lambda backend: backend.put("a/k", b"v", PutOptions(condition=IfAbsent())),
    lambda backend: backend.put("a/k", b"v", PutOptions(condition=IfMatch("1"))),
    lambda backend: backend.upload("a/k", io.BytesIO(b"v")),
    lambda backend: backend.get("a/k"),
    lambda backend: backend.get("a/k", GetOptions(byte_range=(99, 1))),
    lambda backend: backend.get("missing"),
    lambda backend: backend.head("missing"),
    lambda backend: backend.list("a/", delimiter="/"),
    lambda backend: backend.delete_many(["a/k", "missing"]),
    lambda backend: backend.delete("missing"),
)


def sas(azurite: Azurite, container: str | None = None, hours: float = 1) -> str:
    expiry = datetime.now(UTC) + timedelta(hours=hours)
    if container is None:
        return generate_account_sas(
            azurite.account_name,
            azurite.account_key,
            ResourceTypes(service=True, container=True, object=True),
            AccountSasPermissions(read=True, write=True, delete=True, list=True, create=True),
            expiry,
        )
    permissions = ContainerSasPermissions(read=True, write=True, delete=True, list=True)
    return generate_container_sas(
        azurite.account_name,
        container,
        azurite.account_key,
        permission=permissions,
        expiry=expiry,
    )


def with_sas(azurite: Azurite, token: str) -> AzureAccount:
    return account_of(
        azurite, credential=CredentialKind.SAS, account_key=None, sas_token=SecretStr(token)
    )


class Told:
    """All that was logged and raised."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog, self._errors = caplog, list[str]()

    def run(self, backend: Backend) -> None:
        for call in CALLS:
            try:
                call(backend)
            except StorageError as error:
                self._errors += traceback.format_exception(error)
                self._errors += [str(error), repr(error), error.hint]
        backend.close()

    def holds(self, secret: str) -> bool:
        return any(secret in text for text in (self._caplog.text, *self._errors))


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Iterator[Told]:
    with caplog.at_level(logging.DEBUG):
        yield Told(caplog)


def test_shared_key(driver: Driver, azurite: Azurite, container_name: str, told: Told) -> None:
    told.run(driver(account_of(azurite), container_name))
    assert told.holds("BlobNotFound"), "nothing was told: the test proves nothing"
    assert not told.holds(azurite.account_key)
    assert not told.holds("SharedKey")
    assert not told.holds("http_logging_policy"), "the SDK writes two long records a request"


@pytest.mark.parametrize("hours", [1, -1])
@pytest.mark.parametrize("whole_account", [True, False])
def test_sas(
    driver: Driver,
    azurite: Azurite,
    container_name: str,
    told: Told,
    *,
    whole_account: bool,
    hours: float,
) -> None:
    driver(account_of(azurite), container_name).ensure_container()
    token = sas(azurite, None if whole_account else container_name, hours)
    told.run(driver(with_sas(azurite, token), container_name))
    assert told.holds("answered 4"), "nothing was told: the test proves nothing"
    signature = parse_qs(token)["sig"][0]
    assert not told.holds(signature)
    assert not told.holds(token.partition("sig=")[2])


@pytest.mark.parametrize(
    "reply",
    [
        RESET,
        HANG,
        answer(302, headers={"Location": "http://127.0.0.1:1/other"}),
        answer(307, headers={"Location": "http://127.0.0.1:1/other?sig=CANARY"}),
        answer(403, "AuthenticationFailed", body=b"/c/k?sv=1&sig=CANARY is not what was signed"),
        answer(404, body=b"<html>Nothing at /c/k?sv=1&sig=CANARY</html>"),
        answer(500, "InternalError", body=b"<Error><Code>InternalError</Code></Error>"),
        answer(200, body=b"<html>sign in at ?sig=CANARY</html>"),
        b"nonsense\r\n\r\n",
    ],
)
def test_sas_when_all_goes_wrong(driver: Driver, reply: bytes, told: Told) -> None:
    with canned_server() as server:
        server.replies = [reply]
        told.run(driver(canned_with_sas(server), "container"))
    assert told.holds("get 'a/k'"), "nothing was told: the test proves nothing"
    assert not told.holds("CANARY")


def canned_with_sas(server: CannedServer) -> AzureAccount:
    token = SecretStr("sv=2026-02-06&sp=rw&sig=CANARY%2Fx%3D")
    kind = CredentialKind.SAS
    return AzureAccount(server.account_url, "canned", kind, sas_token=token, timeout=0.1)


def test_unreachable(driver: Driver, told: Told) -> None:
    for url in ("http://127.0.0.1:1/a", "https://nowhere.invalid", "https://a..b"):
        kind, token = CredentialKind.SAS, SecretStr("sv=1&sig=CANARY")
        told.run(driver(AzureAccount(url, "a", kind, sas_token=token), "container"))
    assert not told.holds("CANARY")


def test_what_is_kept_shows_nothing(driver: Driver, azurite: Azurite) -> None:
    account = with_sas(azurite, "sv=1&sig=CANARY")
    backend = driver(account, "container")
    with suppress(StorageError):
        backend.get("k")
    held = (
        (backend._container, vars(backend._container))
        if isinstance(backend, AzureBlobBackend)
        else ()
    )
    request = Request("GET", "/", token="sig=CANARY")
    assert "CANARY" not in repr((account, backend, vars(backend), held, request))
    backend.close()


def test_a_sas_for_one_container_is_enough(
    driver: Driver, azurite: Azurite, container_name: str
) -> None:
    """It may neither make the container nor ask for it, only for its blobs."""
    owner = driver(account_of(azurite), container_name)
    guest = driver(with_sas(azurite, sas(azurite, container_name)), container_name)
    assert not guest.container_exists()
    with pytest.raises(PermissionDeniedError):
        guest.ensure_container()
    owner.ensure_container()
    assert guest.container_exists()
    assert guest.ensure_container() is False
    guest.put("k", b"v")
    assert guest.get("k").data == b"v"
    assert [blob.key for blob in guest.list().blobs] == ["k"]
    assert guest.delete_many(["k", "missing"]) == {"k": None, "missing": None}
    assert guest.list().blobs == ()
    owner.close()
    guest.close()
