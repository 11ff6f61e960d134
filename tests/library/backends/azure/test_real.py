"""The contract suite on a real account, by DefaultAzureCredential.

It deletes everything in the container that it is given, so it refuses one that is not empty.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.identity import DefaultAzureCredential
from azure.storage.blob import ContainerClient

from ingenious_storage.backends.azure.native.backend import AzureBlobBackend
from ingenious_storage.backends.base import Backend
from ingenious_storage.config import StorageSettings
from ingenious_storage.config.azure.account import AzureAccount
from ingenious_storage.errors import PermissionDeniedError
from ingenious_storage.testing import BackendContract
from tests.support.real_accounts import (
    ACCOUNT,
    CONTAINER,
    ENDPOINT,
    given,
    only_process,
    refuse_unless_empty,
    signed_in,
    skip_without,
)

skip_without(ACCOUNT, CONTAINER)

# The farthest region answers in a third of a second, and some tests send hundreds of requests.
pytestmark = pytest.mark.timeout(600)


class _Sdk:
    """The bare SDK, with a credential of its own."""

    def __init__(self, account: AzureAccount, container: str) -> None:
        self._credential = DefaultAzureCredential()
        self._client = ContainerClient(account.account_url, container, self._credential)

    def read(self, key: str) -> bytes | None:
        try:
            return self._client.download_blob(key).readall()
        except ResourceNotFoundError:
            return None

    def write(self, key: str, data: bytes) -> None:
        self._client.upload_blob(key, data, overwrite=True)

    def keys(self) -> set[str]:
        return set(self._client.list_blob_names())

    def empty(self) -> None:
        for key in self.keys():
            self._client.delete_blob(key)

    def close(self) -> None:
        self._client.close()
        self._credential.close()


@pytest.fixture(scope="module")
def account(machine: Mapping[str, str]) -> Iterator[AzureAccount]:
    only_process()
    name, _ = given(ACCOUNT, CONTAINER)
    settings = StorageSettings(
        type="azure_blob",
        account_name=name,
        endpoint=os.environ.get(ENDPOINT),
        timeout=60.0,
    )
    with signed_in(machine):
        yield settings.azure_account()


@pytest.fixture(scope="module")
def sdk(account: AzureAccount) -> Iterator[_Sdk]:
    container = os.environ[CONTAINER]
    sdk = _Sdk(account, container)
    refuse_unless_empty(sdk.keys(), f"{container} in {account.account_name}", CONTAINER)
    yield sdk
    sdk.close()


class TestRealAccount(BackendContract):
    @pytest.fixture
    def oracle(self, sdk: _Sdk) -> Iterator[_Sdk]:
        yield sdk
        sdk.empty()

    @pytest.fixture
    def backend(self, account: AzureAccount, oracle: _Sdk) -> Iterator[AzureBlobBackend]:
        backend = AzureBlobBackend(account, os.environ[CONTAINER])
        yield backend
        backend.close()

    @pytest.fixture
    def backend_without_container(
        self, account: AzureAccount, container_name: str
    ) -> Iterator[Backend]:
        backend = AzureBlobBackend(account, container_name)
        try:
            backend.container_exists()
        except PermissionDeniedError:
            backend.close()
            pytest.skip("the identity has its role on the containers, not on the account")
        yield backend
        _drop(account, container_name)
        backend.close()


def _drop(account: AzureAccount, container: str) -> None:
    with (
        DefaultAzureCredential() as credential,
        ContainerClient(account.account_url, container, credential) as client,
    ):
        try:
            client.delete_container()
        except ResourceNotFoundError:
            return
