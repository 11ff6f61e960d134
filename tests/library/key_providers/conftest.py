"""A vault on loopback, and providers of its key."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ingenious_storage.config import StorageSettings
from ingenious_storage.key_providers.base import MASTER_KEY_BYTES
from ingenious_storage.key_providers.key_vault import AzureKeyVault
from ingenious_storage.key_providers.vault_client import access_of
from tests.support.credentials import FakeCredential
from tests.support.servers.vault import Vault, key_vault

MakeProvider = Callable[..., AzureKeyVault]
MASTER = bytes(range(MASTER_KEY_BYTES))


@pytest.fixture(scope="session")
def rsa_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of a vault with one key: making one is the slow part."""
    folder = tmp_path_factory.mktemp("vault")
    with key_vault(folder):
        return folder / "keys.json"


@pytest.fixture
def vault(rsa_keys: Path, tmp_path: Path) -> Iterator[Vault]:
    shutil.copy(rsa_keys, tmp_path)
    with key_vault(tmp_path) as running:
        yield running


@pytest.fixture
def settings(vault: Vault) -> Callable[..., StorageSettings]:
    def make(**given: Any) -> StorageSettings:
        encryption = {"provider": "azure_key_vault", "key_vault_key_id": vault.key_id}
        http = {"ca_file": vault.ca_file}
        return StorageSettings(**{"encryption": encryption, "http": http, **given})

    return make


@pytest.fixture
def provider(
    vault: Vault, settings: Callable[..., StorageSettings], closing: ExitStack
) -> MakeProvider:
    """`provider(credential, clock=...)`: another process's provider, with a client of its own."""

    def make(credential: Any = None, **options: Any) -> AzureKeyVault:
        found = access_of(settings())
        chosen = credential or FakeCredential(audience="https://vault.azure.net")
        access = type(found)(found.key, found.identity, found.trust, chosen)
        made = AzureKeyVault(access, **options)
        closing.callback(made.close)
        return made

    return make


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture(autouse=True)
def no_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine signs in."""
    for name in list(os.environ):
        if name.startswith(("AZURE_", "IDENTITY_", "MSI_")):
            monkeypatch.delenv(name)
