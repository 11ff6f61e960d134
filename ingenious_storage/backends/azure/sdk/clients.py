"""Clients of the SDK: one an account in each process, for all containers of it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential
from azure.storage.blob import BlobServiceClient

from ingenious_storage.backends.azure.credentials import (
    TOKENS,
    Identity,
    SharedToken,
    identity_of,
)
from ingenious_storage.backends.azure.sdk.transport import make_session, make_transport
from ingenious_storage.backends.rest.sharing import Share, Shared
from ingenious_storage.config.azure.account import AzureAccount, CredentialKind
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.runtime.unpickled import Unpickled

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.storage.blob import ContainerClient

# Else the SDK logs two records of many lines, at INFO, for each request.
_REQUEST_LOG: Final = logging.getLogger("ingenious_storage.azure_requests")
_REQUEST_LOG.setLevel(logging.WARNING)
# Where a program sets up no logging, Python would print the SDK's warnings of what we raise.
logging.getLogger("azure").addHandler(logging.NullHandler())
_WHOLE_BLOB: Final = 1 << 40
"""Bytes of the first range of a get: a blob that fits in memory is read by one request."""
_WITH_KEY: Final = (CredentialKind.ACCOUNT_KEY, CredentialKind.CONNECTION_STRING)
_WITH_SAS: Final = (CredentialKind.SAS, CredentialKind.CONNECTION_STRING)


class AccountClient(Unpickled):
    """The SDK's client of one account, with its connections and its credential."""

    def __init__(self, key: tuple[AzureAccount, TokenCredential | None]) -> None:
        account, injected = key
        self._identity: Identity | None = None
        self._session = make_session(account.account_url, account.trust)
        try:
            self.credential = self._make_credential(account, injected)
            self.service = BlobServiceClient(
                account.account_url,
                credential=self.credential,
                transport=make_transport(self._session, timeout=account.timeout),
                retry_total=0,
                max_single_get_size=_WHOLE_BLOB,
                logger=_REQUEST_LOG,
            )
        except ValueError as error:
            self.close()
            if isinstance(error, ConfigurationError):
                raise
            raise ConfigurationError(f"{account.account_url}: {error}") from error

    def close(self) -> None:
        """Close the connections, and give the credential back."""
        # A session opens its connections again, so a call that is still under way ends well.
        self._session.close()
        if self._identity is not None:
            TOKENS.release(self._identity)

    def _make_credential(self, account: AzureAccount, injected: TokenCredential | None) -> Any:
        if injected is not None:
            return SharedToken(injected, owned=False)
        key, sas = account.account_key, account.sas_token
        if account.credential in _WITH_KEY and key is not None:
            return AzureNamedKeyCredential(account.account_name, key.get_secret_value())
        if account.credential in _WITH_SAS and sas is not None:
            return AzureSasCredential(sas.get_secret_value())
        identity = identity_of(account)
        credential = TOKENS.acquire(identity)
        self._identity = identity
        return credential


CLIENTS: Final = Shared(AccountClient)
"""One client an account in each process."""


class ContainerHandle(Unpickled):
    """One user's way to a container. Opened by its first use, also by the first after a close."""

    def __init__(
        self, account: AzureAccount, container: str, credential: TokenCredential | None
    ) -> None:
        self._share, self._container = Share(CLIENTS, (account, credential)), container
        self._held: tuple[AccountClient, ContainerClient] | None = None

    def client(self) -> ContainerClient:
        """The process's client of this container; another one after a fork."""
        account, held = self._share.get(), self._held
        if held is None or held[0] is not account:
            service = account.service
            held = self._held = account, service.get_container_client(self._container)
        return held[1]

    def close(self) -> None:
        """Give the client back; more than once is fine."""
        self._share.close()
