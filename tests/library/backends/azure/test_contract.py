from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingenious_storage.backends.azure.native.backend import AzureBlobBackend
from ingenious_storage.testing import BackendContract
from tests.library.backends.azure.oracle import SdkOracle
from tests.support.azure import account_of
from tests.support.credentials import FakeCredential

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.servers.azurite import Azurite


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
    def oracle(self, server: Azurite, container_name: str) -> Iterator[SdkOracle]:
        sdk = SdkOracle(server, container_name)
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
