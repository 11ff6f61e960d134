"""What an account says of itself, to who examines it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ingenious_storage.backends.account import Identity
from ingenious_storage.backends.azure import credentials as azure_credentials
from ingenious_storage.backends.azure.native.backend import AzureBlobBackend
from ingenious_storage.backends.azure.native.handle import NativeAccountHandle
from ingenious_storage.backends.azure.sdk.account import AzureAccountHandle
from ingenious_storage.errors import UnavailableError
from tests.support.azure import account_of, nothing_open
from tests.support.credentials import FakeCredential
from tests.support.servers.canned import RESET, answer, canned_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.servers.azurite import Azurite


Handle = type[NativeAccountHandle] | type[AzureAccountHandle]


@pytest.fixture(params=[NativeAccountHandle, AzureAccountHandle])
def handle_of(request: pytest.FixtureRequest) -> Handle:
    found: Handle = request.param
    return found


@pytest.fixture(autouse=True)
def _nothing_open() -> Iterator[None]:
    with nothing_open():
        yield


def test_an_unsigned_request_tells_who_answers_and_when(
    handle_of: Handle, azurite: Azurite
) -> None:
    handle = handle_of(account_of(azurite))
    knock = handle.knock()
    assert knock.status >= 400
    assert knock.headers["server"].startswith("Azurite-Blob/")
    assert knock.date is not None
    assert abs(knock.date - knock.asked_at) < timedelta(minutes=1)
    assert handle.soft_delete_days("any") is None
    assert "StorageV2" in handle.about("any").summary
    assert handle.identity().token == ""
    handle.close()
    handle.close()


@pytest.mark.parametrize("date", [None, "yesterday"])
def test_an_answer_without_a_date(handle_of: Handle, azurite: Azurite, date: str | None) -> None:
    with canned_server() as server:
        server.replies = [answer(400, headers={"Date": date} if date else None)]
        handle = handle_of(account_of(azurite, account_url=server.account_url))
        assert handle.knock().date is None
        handle.close()


def test_nobody_answers(handle_of: Handle, azurite: Azurite) -> None:
    with canned_server() as server:
        server.replies = [RESET]
        handle = handle_of(account_of(azurite, account_url=server.account_url))
        with pytest.raises(UnavailableError):
            handle.knock()
        handle.close()


def test_the_token_is_that_of_the_backend(
    handle_of: Handle, azurite_oauth: Azurite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(azurite_oauth.ca_file))
    credential = FakeCredential()
    monkeypatch.setattr(azure_credentials, "make_credential", lambda _: credential)
    handle = handle_of(account_of(azurite_oauth))
    backend = AzureBlobBackend(account_of(azurite_oauth), "not-there")
    assert handle.route().ca_file == str(azurite_oauth.ca_file)
    identity = handle.identity()
    assert identity.source == "FakeCredential"
    assert identity.expires_at is not None
    assert identity.expires_at > datetime.now(UTC)
    assert not backend.container_exists()
    assert len(credential.scopes) == 1
    backend.close()
    assert not credential.closed
    handle.close()
    assert credential.closed


def test_a_token_is_not_shown() -> None:
    assert "secret" not in repr(Identity("X", token="secret"))
