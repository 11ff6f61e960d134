"""Azurite as the account that the Azure backend is configured with."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from pydantic import SecretStr

from ingenious_storage.backends.azure import clients as azure_clients
from ingenious_storage.config.azure.account import AzureAccount, CredentialKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.servers.azurite import Azurite


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


@contextmanager
def nothing_open() -> Iterator[None]:
    """As in a process that has opened no client yet; the block must close what it opens."""
    process = azure_clients._process
    with patch.multiple(
        process,
        clients=azure_clients._Shared(azure_clients.AccountClient),
        credentials=azure_clients._Shared(azure_clients._make_token),
    ):
        yield
        assert process.clients._counted == {}
        assert process.credentials._counted == {}
