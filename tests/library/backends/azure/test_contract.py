"""The contract on Azurite: by each driver, and by each way to prove who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingenious_storage.backends.azure.native.backend import AzureBlobBackend
from ingenious_storage.backends.azure.sdk.backend import SdkAzureBlobBackend
from ingenious_storage.testing import BackendContract
from tests.library.backends.azure.oracle import SdkOracle
from tests.library.backends.azure.test_secrets import sas, with_sas
from tests.support.azure import account_of
from tests.support.credentials import FakeCredential
from tests.support.servers.proxy import forward_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingenious_storage.backends.base import Backend
    from tests.support.azure import Driver
    from tests.support.servers.azurite import Azurite


class TestSharedKey(BackendContract):
    driver: Driver = AzureBlobBackend

    @pytest.fixture
    def server(self, azurite: Azurite) -> Azurite:
        return azurite

    @pytest.fixture
    def backend_without_container(self, server: Azurite, container_name: str) -> Iterator[Backend]:
        backend = self.open(server, container_name)
        yield backend
        backend.close()

    @pytest.fixture
    def backend(self, backend_without_container: Backend) -> Backend:
        assert backend_without_container.ensure_container()
        return backend_without_container

    @pytest.fixture
    def oracle(self, server: Azurite, container_name: str) -> Iterator[SdkOracle]:
        sdk = SdkOracle(server, container_name)
        yield sdk
        sdk.close()

    def open(self, server: Azurite, container: str) -> Backend:
        return self.driver(account_of(server), container)


@pytest.mark.slow
class TestSdk(TestSharedKey):
    driver = SdkAzureBlobBackend


@pytest.mark.slow
class TestAccountSas(TestSharedKey):
    def open(self, server: Azurite, container: str) -> Backend:
        return self.driver(with_sas(server, sas(server)), container)


@pytest.mark.slow
class TestContainerSas(TestSharedKey):
    """It may not make the container, and is not asked to."""

    @pytest.fixture
    def backend_without_container(self) -> None:
        pytest.skip("a SAS of one container does not make it")

    @pytest.fixture
    def backend(self, server: Azurite, container_name: str) -> Iterator[Backend]:
        owner = self.driver(account_of(server), container_name)
        owner.ensure_container()
        owner.close()
        backend = self.driver(with_sas(server, sas(server, container_name)), container_name)
        yield backend
        backend.close()


class TestBearerToken(TestSharedKey):
    @pytest.fixture
    def server(self, azurite_oauth: Azurite, monkeypatch: pytest.MonkeyPatch) -> Azurite:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(azurite_oauth.ca_file))
        return azurite_oauth

    def open(self, server: Azurite, container: str) -> Backend:
        return self.driver(account_of(server), container, credential=FakeCredential())


@pytest.mark.slow
class TestSdkBearerToken(TestBearerToken):
    driver = SdkAzureBlobBackend


@pytest.mark.slow
class TestThroughAProxy(TestBearerToken):
    @pytest.fixture
    def backend_without_container(
        self, server: Azurite, container_name: str, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[Backend]:
        for name in ("no_proxy", "NO_PROXY", "https_proxy"):
            monkeypatch.delenv(name, raising=False)
        with forward_proxy() as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url())
            backend = self.open(server, container_name)
            backend.container_exists()
            monkeypatch.delenv("HTTPS_PROXY")
            assert proxy.heads[0].startswith(f"CONNECT 127.0.0.1:{server.port} ".encode())
            yield backend
            backend.close()
