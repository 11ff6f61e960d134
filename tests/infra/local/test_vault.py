"""The double of a key vault, as the SDK of Key Vault sees it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.keyvault.keys import KeyClient, KeyOperation
from azure.keyvault.keys.crypto import CryptographyClient, KeyWrapAlgorithm

from tests.support.credentials import FakeCredential
from tests.support.servers.vault import Vault, key_vault

from local.vault.keys import Keys  # isort: skip
from local.state import StateFile  # isort: skip
from local.vaults import Vaults  # isort: skip

RSA = KeyWrapAlgorithm.rsa_oaep_256
MAIN = Path(__file__).resolve().parents[3] / "infra/local/vault"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("vault")


@pytest.fixture(scope="module")
def vault(folder: Path) -> Iterator[Vault]:
    with key_vault(folder) as running:
        yield running


def connect(url: str, ca_file: str) -> KeyClient:
    """With the options that crypto of the SDK is made of too."""
    options = {"connection_verify": ca_file, "verify_challenge_resource": False, "retry_total": 0}
    return KeyClient(url, FakeCredential(), **options)


@pytest.fixture
def client(vault: Vault) -> Iterator[KeyClient]:
    with connect(vault.server.contract.url, vault.ca_file) as made:
        yield made


def test_the_life_of_a_key(client: KeyClient) -> None:
    made = client.create_rsa_key("life", size=2048)
    rotated = client.rotate_key("life")
    assert made.id != rotated.id == client.get_key("life").id
    assert [found.id for found in client.list_properties_of_key_versions("life")] == [
        made.id,
        rotated.id,
    ]
    ends = datetime(2030, 1, 1, tzinfo=UTC)
    changed = client.update_key_properties("life", rotated.properties.version, expires_on=ends)
    assert changed.properties.expires_on == ends
    assert client.get_key("life", made.properties.version).properties.expires_on is None
    client.update_key_properties("life", enabled=False)
    with pytest.raises(HttpResponseError) as refusal:
        client.get_key("life")
    assert refusal.value.status_code == 403
    assert refusal.value.error is not None
    assert refusal.value.error.code == "Forbidden"
    client.begin_delete_key("life").wait()
    with pytest.raises(ResourceNotFoundError):
        client.get_key("life")
    assert client.get_deleted_key("life").name == "life"
    client.begin_recover_deleted_key("life").wait()
    assert client.get_key("life", made.properties.version).id == made.id


def test_it_wraps_and_unwraps_as_the_sdk_does(client: KeyClient, vault: Vault) -> None:
    key = client.get_key(vault.name)
    here = CryptographyClient.from_jwk(key.key)
    there = client.get_cryptography_client(vault.name, key_version=key.properties.version)
    wrapped = here.wrap_key(RSA, b"secret").encrypted_key
    assert there.unwrap_key(RSA, wrapped).key == b"secret"
    assert KeyOperation.unwrap_key in key.key_operations
    with pytest.raises(HttpResponseError) as refusal:
        there.unwrap_key(RSA, wrapped[::-1])
    assert refusal.value.status_code == 400
    with pytest.raises(HttpResponseError) as refusal:
        there.unwrap_key(KeyWrapAlgorithm.rsa1_5, wrapped)
    assert refusal.value.status_code == 400


def test_without_the_right_to_read_the_sdk_wraps_there(client: KeyClient, vault: Vault) -> None:
    """What makes the provider wrap by itself: the id has no version, and the key was sent."""
    there = client.get_cryptography_client(vault.name)
    vault.rights.discard("get")
    try:
        result = there.wrap_key(RSA, b"secret")
    finally:
        vault.rights.add("get")
    assert result.key_id == f"{vault.server.contract.url}/keys/{vault.name}"
    assert client.get_cryptography_client(vault.name).unwrap_key(RSA, result.encrypted_key).key == (
        b"secret"
    )


def test_what_is_not_in_the_contract(client: KeyClient) -> None:
    for call in (
        lambda: client.create_ec_key("curve"),
        lambda: client.backup_key("client-key"),
        lambda: client.get_random_bytes(4),
    ):
        with pytest.raises(HttpResponseError):
            call()


def test_keys_are_kept(folder: Path, vault: Vault) -> None:
    again = Keys(StateFile(folder / "keys.json"))
    assert again.newest(vault.name) == vault.keys.newest(vault.name)


def test_keys_of_the_program(tmp_path: Path) -> None:
    keys = Keys(StateFile(tmp_path / "keys.json"))
    vaults = Vaults("https://127.0.0.1:1/", keys)
    inputs = {"vaultName": "kv-a", "keyName": "client-key", "properties": {"keySize": 2048}}
    assert vaults.shown(inputs) == {}
    vaults.create(inputs)
    vaults.create(inputs)
    (version,) = keys.versions("kv-a-client-key")
    uri = "https://127.0.0.1:1/keys/kv-a-client-key"
    shown = {"keyUri": uri, "keyUriWithVersion": f"{uri}/{version['id']}"}
    assert vaults.shown(inputs) == shown
    keys.rotate("kv-a-client-key")
    assert vaults.shown(inputs) == shown, "a rotation is no change of the resource"
    vaults.delete(inputs)
    assert keys.versions("kv-a-client-key") == []


@pytest.mark.slow
def test_a_process_of_its_own_serves_the_keys_of_its_folder(
    folder: Path, vault: Vault, tmp_path: Path
) -> None:
    shutil.copy(folder / "keys.json", tmp_path)
    process = subprocess.Popen(
        [sys.executable, str(MAIN), str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        told = dict(
            process.stdout.readline().removeprefix("export ").strip().split("=", 1)
            for _ in range(5)
        )
        assert told["LOCAL_AZURE_VAULT_KEYS"] == str(tmp_path / "keys.json")
        ca_file = told["INGENIOUS_STORAGE__HTTP__CA_FILE"]
        with connect(told["LOCAL_AZURE_VAULT"], ca_file) as client:
            version = client.get_key(vault.name).properties.version
        assert version == vault.keys.newest(vault.name)["id"]
    finally:
        process.terminate()
        assert process.wait(200) == 0
        assert process.stdout is not None
        process.stdout.close()
