"""The real part: blob containers in Azurite."""

from __future__ import annotations

from contextlib import suppress

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient

from local.errors import CloudError

# Published with the emulator and the same everywhere: no secret.
ACCOUNT_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)


class Containers:
    """The containers of every account at `endpoint`, for example "http://127.0.0.1:10000"."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint.rstrip("/")

    def account_url(self, account: str) -> str:
        """The URL of the blob service of an account, as Azurite has it."""
        return f"{self._endpoint}/{account}"

    def exists(self, account: str, name: str) -> bool:
        """Whether the container is there."""
        with self._client(account) as client:
            return client.get_container_client(name).exists()

    def create(self, account: str, name: str) -> None:
        """Raises: CloudError if it is there already."""
        with self._client(account) as client:
            try:
                client.create_container(name)
            except ResourceExistsError as error:
                raise CloudError(
                    "ContainerAlreadyExists", f"The container '{name}' already exists."
                ) from error

    def delete(self, account: str, name: str) -> None:
        """Delete a container with all that is in it; a missing one is fine."""
        with self._client(account) as client, suppress(ResourceNotFoundError):
            client.delete_container(name)

    def delete_all(self, account: str) -> None:
        """Delete every container of an account."""
        with self._client(account) as client:
            for container in list(client.list_containers()):
                client.delete_container(container.name)

    def _client(self, account: str) -> BlobServiceClient:
        return BlobServiceClient(
            self.account_url(account),
            credential={"account_name": account, "account_key": ACCOUNT_KEY},
            retry_total=2,
        )
