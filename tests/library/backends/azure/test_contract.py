from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import ContainerClient

from ingenious_storage.backends.azure.backend import AzureBlobBackend
from ingenious_storage.testing import BackendContract
from tests.support.azure import account_of
from tests.support.credentials import FakeCredential

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.servers.azurite import Azurite


class _Sdk:
    """The bare SDK, on connections of its own."""

    def __init__(self, azurite: Azurite, container: str) -> None:
        self._client = ContainerClient(
            azurite.account_url, container, azurite.account_key, **azurite.client_options
        )

    def read(self, key: str) -> bytes | None:
        try:
            return self._client.download_blob(key).readall()
        except ResourceNotFoundError:
            return None

    def write(self, key: str, data: bytes) -> None:
        self._client.upload_blob(key, data, overwrite=True)

    def keys(self) -> set[str]:
        return set(self._client.list_blob_names())

    def close(self) -> None:
        self._client.close()


class TestSharedKey(BackendContract):
    @pytest.fixture
    def server(self, azurite: Azurite) -> Azurite:
        return azurite

    @pytest.fixture
    def backend_without_container(
        self, server: Azurite, container_name: str
    ) -> Iterator[AzureBlobBackend]:
        backend = AzureBlobBackend(account_of(server), container_name)
        yield backend
        backend.close()

    @pytest.fixture
    def backend(self, backend_without_container: AzureBlobBackend) -> AzureBlobBackend:
        assert backend_without_container.ensure_container()
        return backend_without_container

    @pytest.fixture
    def oracle(self, server: Azurite, container_name: str) -> Iterator[_Sdk]:
        sdk = _Sdk(server, container_name)
        yield sdk
        sdk.close()


class TestBearerToken(TestSharedKey):
    @pytest.fixture
    def server(self, azurite_oauth: Azurite, monkeypatch: pytest.MonkeyPatch) -> Azurite:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(azurite_oauth.ca_file))
        return azurite_oauth

    @pytest.fixture
    def backend_without_container(
        self, server: Azurite, container_name: str
    ) -> Iterator[AzureBlobBackend]:
        backend = AzureBlobBackend(account_of(server), container_name, credential=FakeCredential())
        yield backend
        backend.close()
