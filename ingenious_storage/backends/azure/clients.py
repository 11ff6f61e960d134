"""Shared clients: one SDK client an account and one credential an identity in each process.

They are closed with their last user. After a fork a child makes its own: a connection that two
processes read from gives each of them parts of the other's answers.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential
from azure.storage.blob import BlobServiceClient

from ingenious_storage.backends.azure import credentials as azure_credentials
from ingenious_storage.backends.azure.credentials import Identity, SharedToken, identity_of
from ingenious_storage.backends.azure.transport import make_session, make_transport
from ingenious_storage.config.azure.account import AzureAccount, CredentialKind
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.runtime import forks
from ingenious_storage.runtime.unpickled import Unpickled

if TYPE_CHECKING:
    from collections.abc import Callable

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


class _Closable(Protocol):
    def close(self) -> None: ...


_K = TypeVar("_K")
_V = TypeVar("_V", bound=_Closable)


class _Shared(Generic[_K, _V]):
    """Values that are made for their first user, and closed with their last."""

    def __init__(self, make: Callable[[_K], _V]) -> None:
        self._make = make
        self._counted: dict[_K, tuple[_V, int]] = {}

    def acquire(self, key: _K) -> _V:
        value, users = self._counted.get(key) or (self._make(key), 0)
        self._counted[key] = value, users + 1
        return value

    def release(self, key: _K) -> None:
        value, users = self._counted.pop(key)
        if users > 1:
            self._counted[key] = value, users - 1
        else:
            value.close()


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
            _process.credentials.release(self._identity)

    def _make_credential(self, account: AzureAccount, injected: TokenCredential | None) -> Any:
        if injected is not None:
            return SharedToken(injected, owned=False)
        key, sas = account.account_key, account.sas_token
        if account.credential in _WITH_KEY and key is not None:
            return AzureNamedKeyCredential(account.account_name, key.get_secret_value())
        if account.credential in _WITH_SAS and sas is not None:
            return AzureSasCredential(sas.get_secret_value())
        identity = identity_of(account)
        credential = _process.credentials.acquire(identity)
        self._identity = identity
        return credential


def _make_token(identity: Identity) -> SharedToken:
    return SharedToken(azure_credentials.make_credential(identity))


class _Process:
    """What this process has open; a child starts with an empty one."""

    def __init__(self) -> None:
        self.lock = forks.new_rlock()
        self.start()
        forks.in_child(self.start)

    def start(self) -> None:
        self.clients = _Shared(AccountClient)
        self.credentials = _Shared(_make_token)


_process: Final = _Process()


def acquire_client(account: AzureAccount) -> AccountClient:
    """The client that all users of the account share; to be given back by `release_client`."""
    with _process.lock:
        return _process.clients.acquire((account, None))


def release_client(account: AzureAccount) -> None:
    """Give an account's client back; who gives it back last closes it."""
    with _process.lock:
        _process.clients.release((account, None))


class ContainerHandle(Unpickled):
    """One user's way to a container. Opened by its first use, also by the first after a close."""

    def __init__(
        self, account: AzureAccount, container: str, credential: TokenCredential | None
    ) -> None:
        self._key, self._container = (account, credential), container
        self._held: tuple[object, ContainerClient] | None = None

    def client(self) -> ContainerClient:
        """The process's client of this container; another one after a fork."""
        # Each process has its own table of clients: another one than was held means a fork.
        held = self._held
        if held is None or held[0] is not _process.clients:
            held = self._open()
        return held[1]

    def close(self) -> None:
        """Give the client back; more than once is fine."""
        with _process.lock:
            held, self._held = self._held, None
            if held is not None and held[0] is _process.clients:
                _process.clients.release(self._key)

    def _open(self) -> tuple[object, ContainerClient]:
        with _process.lock:
            held = self._held
            if held is None or held[0] is not _process.clients:
                service = _process.clients.acquire(self._key).service
                held = self._held = _process.clients, service.get_container_client(self._container)
            return held
