"""The emulator and the fake credential work with the real SDK, so other tests may rely on them."""

from __future__ import annotations

from pathlib import Path

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.storage.blob import BlobServiceClient

from tests.support.credentials import FakeCredential
from tests.support.servers import azurite as azurite_module
from tests.support.servers.azurite import Azurite, AzuriteError, run_azurite


def _round_trip(service: BlobServiceClient, container_name: str) -> bytes:
    with service, service.create_container(container_name) as container:
        container.upload_blob("a/b", b"hello")
        return container.download_blob("a/b").readall()


def test_shared_key_over_http(azurite: Azurite, container_name: str) -> None:
    service = BlobServiceClient.from_connection_string(azurite.connection_string)
    assert _round_trip(service, container_name) == b"hello"


def test_bearer_token_over_https(azurite_oauth: Azurite, container_name: str) -> None:
    credential = FakeCredential()
    service = BlobServiceClient(
        azurite_oauth.account_url, credential, **azurite_oauth.client_options
    )
    assert _round_trip(service, container_name) == b"hello"
    assert credential.scopes == [("https://storage.azure.com/.default",)]


def test_shared_key_over_https(azurite_oauth: Azurite, container_name: str) -> None:
    service = BlobServiceClient.from_connection_string(
        azurite_oauth.connection_string, **azurite_oauth.client_options
    )
    assert _round_trip(service, container_name) == b"hello"


@pytest.mark.parametrize(
    "credential",
    [FakeCredential(lifetime=-60), FakeCredential(audience="https://vault.azure.net")],
    ids=["expired", "audience"],
)
def test_bearer_token_is_checked(
    azurite_oauth: Azurite, container_name: str, credential: FakeCredential
) -> None:
    with (
        BlobServiceClient(
            azurite_oauth.account_url, credential, **azurite_oauth.client_options
        ) as service,
        pytest.raises(ClientAuthenticationError),
    ):
        service.create_container(container_name)


def test_missing_installation_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(azurite_module, "_MAIN", tmp_path / "missing.js")
    with pytest.raises(AzuriteError, match="make test"), run_azurite(tmp_path):
        pass
