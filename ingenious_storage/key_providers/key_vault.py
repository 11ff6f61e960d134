"""Key provider of Azure Key Vault: an RSA key that never leaves the vault wraps master keys.

Wrapping is local, with the public key of the newest version; unwrapping is a request. The id that
is stored has the version in it, and only that version is asked to unwrap.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from azure.core.exceptions import AzureError

from ingenious_storage.backends.rest.sharing import Share
from ingenious_storage.errors import KeyRefusedError
from ingenious_storage.key_providers.base import MASTER_KEY_BYTES, KeyProvider, VaultKey, Wrapped
from ingenious_storage.key_providers.vault_client import (
    ALGORITHM,
    CLIENTS,
    VaultAccess,
    VaultClient,
    access_of,
    wrap_locally,
)
from ingenious_storage.key_providers.vault_errors import refused, translated
from ingenious_storage.runtime.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.keyvault.keys import KeyProperties, KeyVaultKey

    from ingenious_storage.config import StorageSettings

_NO_RIGHT: Final = frozenset({"ForbiddenByPolicy", "ForbiddenByRbac"})
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_RENEW: Final = "Make a new version of the key in the vault, or rotate it."
_CONFIGURED: Final = (
    "Name the key that wrapped it in storage.encryption.key_vault_key_id, or restore the record."
)


def open_key_vault(settings: StorageSettings) -> AzureKeyVault:
    """The provider that `storage.encryption` names; nothing is sent.

    Raises: ConfigurationError.
    """
    return AzureKeyVault(access_of(settings))


class AzureKeyVault(KeyProvider):
    """One key of one vault. Other keys are never asked, whatever a stored record names: a record
    that somebody changed would otherwise bring a master key of theirs.

    `clock` tells whether a key has expired.
    """

    name = "azure_key_vault"

    def __init__(
        self,
        access: VaultAccess,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._key, self._clock = access.key, clock
        self._share = Share(CLIENTS, access)
        self.place = str(access.key)

    def wrap(self, key: bytes) -> Wrapped:
        """By the newest version: one request for its public half, then nothing leaves.

        Raises: KeyRefusedError, KeyUnavailableError, AuthenticationError.
        """
        newest = self._newest()
        try:
            wrapped = wrap_locally(newest, key)
        except (AzureError, NotImplementedError, ValueError):
            problem = f"{newest.id} is no RSA key that may wrap"
            raise refused("wrap", problem, "Use an RSA key with wrapKey and unwrapKey.") from None
        return Wrapped(wrapped, newest.id, ALGORITHM.value)

    def unwrap(self, wrapped: Wrapped) -> bytes:
        """Raises: KeyRefusedError, KeyUnavailableError, AuthenticationError."""
        version = self._key.version_of(wrapped.key_id)
        if version is None:
            problem = f"it was wrapped by {wrapped.key_id[:300]!r}, and {self.place} is configured"
            raise refused("unwrap", problem, _CONFIGURED)
        if wrapped.algorithm != ALGORITHM.value:
            problem = f"it was not wrapped by {ALGORITHM.value}"
            raise refused("unwrap", problem, "A newer release wrote this, or it was damaged.")
        with translated("unwrap", self._key):
            key = Secret(self._client().unwrap(version, wrapped.data))
        if len(key) != MASTER_KEY_BYTES:
            problem = f"{wrapped.key_id} gave {len(key)} bytes, not {MASTER_KEY_BYTES}"
            raise refused("unwrap", problem, "Restore the record from a version or a backup.")
        return key.reveal()

    def describe(self) -> VaultKey:
        """One request for each 25 versions; one more where the right to list them is missing."""
        try:
            with translated("describe", self._key):
                versions = self._client().versions()
        except KeyRefusedError as error:
            if error.service_code not in _NO_RIGHT:
                raise
            return _described(self._get("describe").properties, None)
        if not versions:
            raise refused("describe", f"there is no key {self.place}", _CONFIGURED)
        newest = max(versions, key=lambda found: found.created_on or _NEVER)
        return _described(newest, len(versions) - 1)

    def close(self) -> None:
        """Give the client back; more than once is fine."""
        self._share.close()

    def _newest(self) -> KeyVaultKey:
        """The newest version, if it may be used now: the vault is not asked about a wrap."""
        found, now = self._get("wrap"), self._clock()
        properties = found.properties
        if not self._key.version_of(found.id):
            raise refused("wrap", "the vault does not say which version this is", _RENEW)
        if properties.expires_on is not None and properties.expires_on <= now:
            raise refused("wrap", f"{found.id} expired at {properties.expires_on}", _RENEW)
        if properties.not_before is not None and properties.not_before > now:
            problem = f"{found.id} is not to be used before {properties.not_before}"
            raise refused("wrap", problem, "Wait, or change that time in the vault.")
        return found

    def _get(self, operation: str) -> KeyVaultKey:
        with translated(operation, self._key):
            return self._client().newest()

    def _client(self) -> VaultClient:
        return self._share.get()


def _described(found: KeyProperties, others: int | None) -> VaultKey:
    return VaultKey(
        key_id=str(found.id),
        enabled=bool(found.enabled),
        created_at=found.created_on,
        expires_at=found.expires_on,
        other_versions=others,
    )
