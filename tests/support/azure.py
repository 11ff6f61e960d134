"""Azurite as the account that the Azure backend is configured with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from ingenious_storage.config.azure import AzureAccount, CredentialKind

if TYPE_CHECKING:
    from tests.support.azurite import Azurite


def account_of(server: Azurite, **changes: Any) -> AzureAccount:
    """The shared key where the server speaks HTTP, an identity where it speaks HTTPS."""
    values: dict[str, Any] = {
        "account_url": server.account_url,
        "account_name": server.account_name,
        "timeout": 20.0,
    }
    if server.ca_file is None:
        values["credential"] = CredentialKind.ACCOUNT_KEY
        values["account_key"] = SecretStr(server.account_key)
    else:
        values["credential"] = CredentialKind.DEFAULT
    return AzureAccount(**{**values, **changes})
