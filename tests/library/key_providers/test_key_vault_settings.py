"""Configurations of a key vault: which key, who signs in, what is refused before any request."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from ingenious_storage.config import EMULATOR_KEY, StorageSettings
from ingenious_storage.config.azure.account import CredentialKind
from ingenious_storage.config.azure.vault import VaultKeyId
from ingenious_storage.errors import ConfigurationError, KeyRefusedError, KeyUnavailableError
from ingenious_storage.key_providers.key_vault import AzureKeyVault
from ingenious_storage.key_providers.registry import open_provider
from ingenious_storage.key_providers.vault_client import CLIENTS, VaultAccess, access_of
from tests.library.key_providers.conftest import MASTER, MakeProvider
from tests.support.credentials import FakeCredential
from tests.support.servers.vault import Vault, run_tokens

AZURE = "https://ingenious.vault.azure.net/keys/client-key"
MakeSettings = Callable[..., StorageSettings]


@pytest.mark.parametrize(
    "key_id",
    [
        AZURE,
        "https://ingenious.vault.azure.cn/keys/client-key",
        "https://ingenious.vault.usgovcloudapi.net/keys/k",
        "https://ingenious.managedhsm.azure.net/keys/k",
        "https://127.0.0.1:8443/keys/k",
        "https://localhost:8443/keys/k",
    ],
)
def test_a_key_id(key_id: str) -> None:
    assert str(VaultKeyId.parse(key_id)) == key_id


@pytest.mark.parametrize(
    ("key_id", "problem"),
    [
        ("", "is not the URL of a key"),
        ("client-key", "is not the URL of a key"),
        ("http://ingenious.vault.azure.net/keys/k", "is not the URL of a key"),
        ("https://ingenious.vault.azure.net/secrets/k", "is not the URL of a key"),
        ("https://ingenious.vault.azure.net/keys/", "is not the URL of a key"),
        ("https://ingenious.vault.azure.net/keys/a/b", "is not the URL of a key"),
        ("https://ingenious.vault.azure.net/keys/k?x=1", "is not the URL of a key"),
        ("https://me@ingenious.vault.azure.net/keys/k", "is not the URL of a key"),
        ("https://ingenious.vault.azure.net\\.evil.example/keys/k", "is not the URL of a key"),
        ("https://[::1/keys/k", "is not the URL of a key"),
        ("https://evil.example/keys/k", "evil.example is not the host of a key vault"),
        ("https://vault.azure.net/keys/k", "not the host of a key vault"),
        ("https://a.b.vault.azure.net/keys/k", "not the host of a key vault"),
        ("https://ingenious.vault.azure.net:8443/keys/k", "not the host of a key vault"),
        (f"{AZURE}/{'0' * 32}", "has a version"),
    ],
)
def test_what_is_no_key_id(key_id: str, problem: str) -> None:
    encryption = {"provider": "azure_key_vault", "key_vault_key_id": key_id}
    with pytest.raises((ConfigurationError, ValidationError), match=problem):
        StorageSettings(encryption=encryption)


KEYS: tuple[dict[str, Any], ...] = (
    {"account_name": "ingenious", "account_key": SecretStr(EMULATOR_KEY)},
    {"account_name": "ingenious", "sas_token": SecretStr("sv=1&sig=x")},
    {"connection_string": SecretStr(f"AccountName=ingenious;AccountKey={EMULATOR_KEY}")},
    {"account_name": "ingenious", "credential": "account_key"},
)


@pytest.mark.parametrize("given", KEYS, ids="-".join)
def test_a_key_of_the_account_does_not_open_a_vault(given: dict[str, Any]) -> None:
    encryption = {"provider": "azure_key_vault", "key_vault_key_id": AZURE}
    with pytest.raises((ConfigurationError, ValidationError)) as raised:
        StorageSettings(type="azure_blob", encryption=encryption, **given)
    assert "key vault cannot be signed in to with credential" in str(raised.value)
    named = {**encryption, "key_vault_credential": "managed_identity"}
    settings = StorageSettings(type="azure_blob", encryption=named, **given)
    assert access_of(settings).identity.kind is CredentialKind.MANAGED_IDENTITY


def test_a_credential_for_a_vault_that_is_not_there() -> None:
    with pytest.raises((ConfigurationError, ValidationError), match="there is no key vault"):
        StorageSettings(encryption={"key_vault_credential": "default"})


@pytest.mark.parametrize("store", ["s3", "gcs", "local"])
def test_whatever_the_store_the_azure_section_signs_in(store: str) -> None:
    azure = {
        "credential": "service_principal",
        "tenant_id": "t",
        "client_id": "c",
        "client_secret": SecretStr("s"),
    }
    encryption = {"provider": "azure_key_vault", "key_vault_key_id": AZURE}
    identity = access_of(
        StorageSettings(type=store, azure=azure, encryption=encryption, timeout=7)
    ).identity
    assert (identity.kind, identity.tenant_id) == (CredentialKind.SERVICE_PRINCIPAL, "t")
    assert (identity.client_id, identity.timeout) == ("c", 7)
    missing = {**azure, "client_secret": None}
    with pytest.raises((ConfigurationError, ValidationError), match="client_secret"):
        StorageSettings(type=store, azure=missing, encryption=encryption)


@pytest.mark.parametrize(
    ("host", "authority"),
    [
        ("ingenious.vault.azure.net", None),
        ("ingenious.vault.azure.cn", "login.chinacloudapi.cn"),
        ("ingenious.vault.usgovcloudapi.net", "login.microsoftonline.us"),
    ],
)
def test_the_cloud_of_the_vault_gives_the_token(host: str, authority: str | None) -> None:
    key_id = f"https://{host}/keys/k"
    encryption = {"provider": "azure_key_vault", "key_vault_key_id": key_id}
    assert access_of(StorageSettings(encryption=encryption)).identity.authority == authority


def test_a_configuration_alone(
    vault: Vault, settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with run_tokens() as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        keys = open_provider(settings(credential="managed_identity"))
        assert vault.seen() == [], "making one sends nothing"
        assert keys.unwrap(keys.wrap(MASTER)) == MASTER
        keys.close()


def test_a_certificate_that_is_not_trusted(vault: Vault, settings: MakeSettings) -> None:
    found = access_of(settings(http={}))
    keys = AzureKeyVault(VaultAccess(found.key, found.identity, found.trust, FakeCredential()))
    with pytest.raises(KeyUnavailableError, match="no usable answer") as raised:
        keys.wrap(MASTER)
    keys.close()
    assert not raised.value.retryable
    assert vault.seen() == []


@dataclass(frozen=True, slots=True)
class Elsewhere(VaultKeyId):
    """The loopback vault, held to what a vault of Azure is held to."""

    @property
    def is_local(self) -> bool:
        return False


def test_beyond_loopback_the_challenge_has_to_name_the_vault(
    vault: Vault, settings: MakeSettings
) -> None:
    credential = FakeCredential()
    found = access_of(settings())
    key = Elsewhere(found.key.host, found.key.name)
    keys = AzureKeyVault(VaultAccess(key, found.identity, found.trust, credential))
    with pytest.raises(KeyRefusedError, match="answers as no key vault does"):
        keys.wrap(MASTER)
    keys.close()
    assert credential.scopes == [], "no token was asked for, and none was sent"


def test_two_configurations_of_one_vault(
    vault: Vault, provider: MakeProvider, closing: ExitStack
) -> None:
    """The same sign-in has one client; another one has its own; each closes without the others."""
    credential = FakeCredential()
    first, second, other = provider(credential), provider(credential), provider()
    wrapped = [keys.wrap(MASTER) for keys in (first, second, other)]
    assert len(CLIENTS.users) == 2
    assert len(credential.scopes) == 1, "one token for both"
    first.close()
    assert [second.unwrap(wrapped[0]), other.unwrap(wrapped[1])] == [MASTER, MASTER]
    second.close()
    assert len(CLIENTS.users) == 1
    assert not credential.closed, "it belongs to who gave it"


def test_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(sys.modules):
        if name.startswith(("azure.keyvault", "ingenious_storage.key_providers.vault_client")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "azure.keyvault.keys", None)
    with pytest.raises(ConfigurationError, match="needs azure-keyvault-keys") as raised:
        importlib.import_module("ingenious_storage.key_providers.vault_client")
    assert "ingenious-storage[keyvault]" in raised.value.hint
