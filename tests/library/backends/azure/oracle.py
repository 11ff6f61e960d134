"""The blobs behind `AzureBlobBackend`, through the bare SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import ContainerClient

if TYPE_CHECKING:
    from tests.support.servers.azurite import Azurite


class SdkOracle:
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
