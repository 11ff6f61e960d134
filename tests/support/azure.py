"""Azurite as the account that the Azure backend is configured with."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

from pydantic import SecretStr

from ingenious_storage.backends.azure.credentials import TOKENS
from ingenious_storage.backends.azure.native.account import ACCOUNTS
from ingenious_storage.backends.azure.native.backend import AzureBlobBackend
from ingenious_storage.backends.azure.sdk.backend import SdkAzureBlobBackend
from ingenious_storage.backends.azure.sdk.clients import CLIENTS
from ingenious_storage.config.azure.account import AzureAccount, CredentialKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.servers.azurite import Azurite

Driver = type[AzureBlobBackend] | type[SdkAzureBlobBackend]
DRIVERS: Final[dict[str, Driver]] = {"native": AzureBlobBackend, "sdk": SdkAzureBlobBackend}


def account_of(server: Azurite, **changes: Any) -> AzureAccount:
    """The shared key where the server speaks HTTP, an identity where it speaks HTTPS."""
    values: dict[str, Any] = {
        "account_url": server.account_url,
        "account_name": server.account_name,
        "timeout": 100.0,
    }
    if server.ca_file is None:
        values["credential"] = CredentialKind.ACCOUNT_KEY
        values["account_key"] = SecretStr(server.account_key)
    else:
        values["credential"] = CredentialKind.DEFAULT
    return AzureAccount(**{**values, **changes})


@contextmanager
def nothing_open() -> Iterator[None]:
    """As in a process that has opened no client yet; the block must close what it opens."""
    with ExitStack() as stack:
        for shared in (ACCOUNTS, CLIENTS, TOKENS):
            stack.enter_context(patch.object(shared, "users", {}))
        yield
        assert [shared.users for shared in (ACCOUNTS, CLIENTS, TOKENS)] == [{}, {}, {}]
