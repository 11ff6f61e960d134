"""Client of a vault: one pipeline for all who use the same one, with its connections and token."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from azure.identity import AzureAuthorityHosts

from ingenious_storage.backends.azure.credentials import Identity, make_credential
from ingenious_storage.backends.azure.sdk.transport import make_session, make_transport
from ingenious_storage.backends.rest.sharing import Shared
from ingenious_storage.config.azure.vault import VaultKeyId, vault_sign_in
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.http.trust import Trust
from ingenious_storage.runtime.unpickled import Unpickled, Value

try:
    from azure.keyvault.keys import KeyClient, KeyProperties, KeyVaultKey
    from azure.keyvault.keys.crypto import CryptographyClient, KeyWrapAlgorithm
except ImportError as error:
    raise ConfigurationError(
        "storage.encryption.provider azure_key_vault needs azure-keyvault-keys",
        hint="Run `pip install 'ingenious-storage[keyvault]'`.",
    ) from error

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from ingenious_storage.config import StorageSettings

ALGORITHM: Final = KeyWrapAlgorithm.rsa_oaep_256
_LOG: Final = logging.getLogger("ingenious_storage.vault_requests")
_LOG.setLevel(logging.WARNING)
_AUTHORITIES: Final = {
    ".vault.azure.cn": AzureAuthorityHosts.AZURE_CHINA,
    ".vault.usgovcloudapi.net": AzureAuthorityHosts.AZURE_GOVERNMENT,
}


@dataclass(frozen=True, slots=True)
class VaultAccess(Value):
    """What decides which client is used: a vault, and how it is reached."""

    key: VaultKeyId
    identity: Identity
    trust: Trust
    injected: TokenCredential | None = None
    """Used in place of one that the identity makes, and not closed."""


def access_of(settings: StorageSettings) -> VaultAccess:
    """The key and the sign-in that a configuration names; no I/O. Raises: ConfigurationError."""
    encryption, azure = settings.encryption, settings.azure
    key = VaultKeyId.parse(encryption.key_vault_key_id or "")
    sign_in = vault_sign_in(azure, encryption.key_vault_credential)
    fields: dict[str, Any] = {name: getattr(azure, name) for name in sign_in.fields}
    absent = {"tenant_id": None, "client_id": None, "client_secret": None}
    authority = next((url for end, url in _AUTHORITIES.items() if key.host.endswith(end)), None)
    identity = Identity(
        kind=sign_in.kind, authority=authority, timeout=settings.timeout, **{**absent, **fields}
    )
    return VaultAccess(key, identity, settings.http.trust())


class VaultClient(Unpickled):
    """The SDK's client. It sends nothing again: who asks decides that."""

    def __init__(self, access: VaultAccess) -> None:
        self._credential = access.injected or make_credential(access.identity)
        self._owned = access.injected is None
        self._session = make_session(access.key.vault_url, access.trust)
        self._name = access.key.name
        self._keys = KeyClient(
            access.key.vault_url,
            self._credential,
            transport=make_transport(self._session, timeout=access.identity.timeout),
            retry_total=0,
            permit_redirects=False,
            logger=_LOG,
            # A double on loopback has no name below the service's, so that this cannot hold there.
            verify_challenge_resource=not access.key.is_local,
        )

    def newest(self) -> KeyVaultKey:
        """The newest version, with its public half: one request."""
        return self._keys.get_key(self._name)

    def versions(self) -> list[KeyProperties]:
        """Every version: one request for each 25."""
        return list(self._keys.list_properties_of_key_versions(self._name))

    def unwrap(self, version: str, data: bytes) -> bytes:
        """What `version` wrapped. The SDK asks for the version first, then to unwrap."""
        client = self._keys.get_cryptography_client(self._name, key_version=version)
        return bytes(client.unwrap_key(ALGORITHM, data).key)

    def close(self) -> None:
        """Close the connections and the credential."""
        self._session.close()
        close = getattr(self._credential, "close", None)
        if self._owned and close is not None:
            close()


def wrap_locally(key: KeyVaultKey, data: bytes) -> bytes:
    """`data` under the public half of `key`; unlike a client of the vault, it never sends `data`.

    Raises: AzureError, NotImplementedError, ValueError for a key that cannot do that.
    """
    return bytes(CryptographyClient.from_jwk(key.key).wrap_key(ALGORITHM, data).encrypted_key)


CLIENTS: Final = Shared(VaultClient)
"""One client a vault and identity in each process."""
