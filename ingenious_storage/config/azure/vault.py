"""Key of a vault: the URL in `storage.encryption.key_vault_key_id`, and who signs in to use it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

from ingenious_storage.config.azure.account import CredentialKind, fields_of, implied_credential
from ingenious_storage.config.azure.endpoint import is_loopback
from ingenious_storage.errors import ConfigurationError

if TYPE_CHECKING:
    from ingenious_storage.config.azure.settings import AzureSettings

_WHAT: Final = "storage.encryption.key_vault_key_id"
_SUCH_AS: Final = "Such as https://NAME.vault.azure.net/keys/KEY: https, and no version."
_HOST: Final = re.compile(
    r"[a-z0-9-]{3,24}\."
    r"(?:vault\.azure\.net|vault\.azure\.cn|vault\.usgovcloudapi\.net|managedhsm\.azure\.net)"
)
_KEY: Final = re.compile(r"/keys/([A-Za-z0-9-]{1,127})(?:/([0-9a-f]{32}))?")
_SIGNERS: Final = frozenset(
    {CredentialKind.CONNECTION_STRING, CredentialKind.ACCOUNT_KEY, CredentialKind.SAS}
)
TOKEN_KINDS: Final = tuple(kind.value for kind in CredentialKind if kind not in _SIGNERS)
"""The credentials that a vault accepts."""


@dataclass(frozen=True, slots=True)
class VaultKeyId:
    """One key of one vault, of all its versions."""

    host: str
    """With the port, if there is one: no vault of Azure has any."""
    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key that a configuration names. Raises: ConfigurationError."""
        try:
            parts = urlsplit(text)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            parts, host, port = urlsplit(""), "", None
        key = _KEY.fullmatch(parts.path)
        if parts.scheme != "https" or key is None or any(c in text for c in "@?#\\"):
            raise ConfigurationError(f"{_WHAT} is not the URL of a key", hint=_SUCH_AS)
        if not is_loopback(host) and (port is not None or not _HOST.fullmatch(host)):
            raise ConfigurationError(
                f"{_WHAT}: {host} is not the host of a key vault",
                hint=f"{_SUCH_AS} A token is sent there, so that no other host is accepted.",
            )
        if key[2] is not None:
            raise ConfigurationError(
                f"{_WHAT} has a version: the key could not rotate",
                hint="Remove the version; the newest one wraps, and what wrapped is remembered.",
            )
        return cls(parts.netloc.lower(), key[1])

    def __str__(self) -> str:
        return f"{self.vault_url}/keys/{self.name}"

    @property
    def vault_url(self) -> str:
        """Without a slash at its end."""
        return f"https://{self.host}"

    @property
    def is_local(self) -> bool:
        """Whether the vault is a double of one, on this machine."""
        return is_loopback(urlsplit(self.vault_url).hostname or "")

    def version_of(self, key_id: str) -> str | None:
        """The version that `key_id` names of this key; None for any other id."""
        prefix = f"{self}/".lower()
        version = key_id[len(prefix) :]
        is_ours = key_id.lower().startswith(prefix) and re.fullmatch(r"[0-9a-f]{32}", version)
        return version if is_ours else None


@dataclass(frozen=True, slots=True)
class VaultSignIn:
    """How to sign in to a vault: a kind of credential, with the keys of `storage.azure` it uses."""

    kind: CredentialKind
    fields: tuple[str, ...]


def vault_sign_in(azure: AzureSettings, named: CredentialKind | None) -> VaultSignIn:
    """By `storage.encryption.key_vault_credential`, else as for the storage account; no I/O.

    Raises: ConfigurationError when that is a key or a SAS, or lacks a value.
    """
    given = {
        name: getattr(azure, name)
        for name in (
            *("connection_string", "account_key", "sas_token"),
            *("tenant_id", "client_id", "client_secret"),
        )
    }
    kind = named or azure.credential or implied_credential(given)
    if kind in _SIGNERS:
        raise ConfigurationError(
            f"a key vault cannot be signed in to with credential {kind}",
            hint=f"Set storage.encryption.key_vault_credential to one of {', '.join(TOKEN_KINDS)}: "
            "the storage account keeps its own.",
        )
    return VaultSignIn(kind, fields_of(kind, given))
