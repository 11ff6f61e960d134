"""Settings of the layers that change or remember data: `storage.compression:`, `encryption:` and
`cache:`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from ingenious_storage.config.azure.account import CredentialKind
from ingenious_storage.config.azure.vault import VaultKeyId
from ingenious_storage.config.section import Seconds, Section, expand_home
from ingenious_storage.errors import ConfigurationError


class CompressionSettings(Section):
    """`storage.compression:`. What was written without it is read all the same; what was written
    with it is read only while it is on.
    """

    enabled: bool = False


class EncryptionSettings(Section):
    """`storage.encryption:`. On as soon as a provider of keys is named."""

    provider: str | None = None
    """Who wraps the master keys: "key_file", "azure_key_vault", or one of another distribution."""
    key_file: Annotated[Path, AfterValidator(expand_home)] | None = None
    key_vault_key_id: str | None = None
    """`https://NAME.vault.azure.net/keys/KEY`, without a version."""
    key_vault_credential: CredentialKind | None = None
    """How to sign in to the vault; without it as to the account of `storage.azure`."""
    accept_plain: bool = False
    """While a container is being encrypted: what was written without encryption is read."""
    hide_ids: bool = False
    key_retention_days: int | None = Field(default=None, ge=0, le=36_500)
    """How long the account keeps the record of a document's keys that was deleted; None: as long
    as all else (`storage.retention_days`)."""

    @property
    def is_on(self) -> bool:
        """Whether new blobs are encrypted."""
        return self.provider is not None

    @model_validator(mode="after")
    def _check(self) -> Self:
        for provider, key in (("key_file", "key_file"), ("azure_key_vault", "key_vault_key_id")):
            given = getattr(self, key) is not None
            if given != (self.provider == provider):
                raise ConfigurationError(
                    f"storage.encryption.{key} is set and the provider is not {provider}"
                    if given
                    else f"storage.encryption.provider is {provider}, without {key}",
                    hint=f"Set both storage.encryption.provider: {provider} and {key}, or neither.",
                )
        if self.key_vault_key_id is not None:
            VaultKeyId.parse(self.key_vault_key_id)
        elif self.key_vault_credential is not None:
            raise ConfigurationError(
                "storage.encryption.key_vault_credential is set and there is no key vault",
                hint="Set storage.encryption.key_vault_key_id, or remove the credential.",
            )
        options = self.accept_plain or self.hide_ids or self.key_retention_days is not None
        if options and not self.is_on:
            raise ConfigurationError(
                "storage.encryption has options and no provider",
                hint="Name a provider: key_file or azure_key_vault; or remove the options.",
            )
        return self


class CacheSettings(Section):
    """`storage.cache:`. Off while `max_bytes` is 0."""

    max_bytes: int = Field(default=0, ge=0)
    max_age: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """Seconds in which nobody is asked; 0: one conditional request a read."""
    stale_if_error: Seconds | None = None
    """Seconds for which what is remembered is shown while the store is down; None: not at all."""


class CatalogueSettings(Section):
    """`storage.catalogue:`. A local file that can be thrown away."""

    path: Annotated[Path, AfterValidator(expand_home)] | None = None
    """None: one for each storage, in the user's folder of caches."""
    plain_index: bool = False
    """Whether the index of an encrypted storage may lie on this disk as plain text."""
