"""Encryption with the key of a stack, in the vault of local Azure: a stack's life with it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingenious_storage import Storage
from ingenious_storage.errors import KeyRefusedError
from tests.infra.engine.conftest import REAL, NewStack
from tests.support.pulumi import LocalCloud, LocalStack
from tests.support.servers.vault import LocalVault, run_local_vault

pytestmark = REAL
CANARY = "the quick brown canary"


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[LocalVault]:
    with run_local_vault(tmp_path / "vault") as running:
        yield running


@pytest.fixture
def keyed(cloud: LocalCloud, vault: LocalVault, new_stack: NewStack) -> LocalStack:
    stack = new_stack("dev", client_side_key=True)
    stack.cloud = dataclasses.replace(cloud, vault=vault)
    return stack


def stored(stack: LocalStack, container: str) -> dict[str, bytes]:
    with stack.cloud.blob_client(stack.account) as client:
        place = client.get_container_client(container)
        return {name: place.download_blob(name).readall() for name in place.list_blob_names()}


def test_the_key_of_a_stack_encrypts_rotates_and_is_gone_with_it(
    keyed: LocalStack, vault: LocalVault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyed.up()
    key_id = keyed.outputs["key_vault_key_id"]
    name = key_id.rpartition("/")[2]
    assert vault.keys.newest(name)["size"] == 3072
    profiles = keyed.write_profile("dev", tmp_path)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", keyed.cloud.azurite.account_key)
    for variable, value in vault.sign_in.items():
        monkeypatch.setenv(variable, value)

    with Storage.from_config("dev", profiles_path=profiles) as storage:
        assert storage.settings.storage.encryption.key_vault_key_id == key_id
        assert storage.settings.storage.encryption.key_retention_days == 1 + 7
        storage.memory.save_memory("c1", {"messages": [CANARY]})
        storage.prompts.create_set("quickstart-1")
    for container in ("ingenious-data", "ingenious-revisions"):
        blobs = stored(keyed, container)
        assert any(blob.startswith("keys/master/") for blob in blobs)
        assert not any(CANARY.encode() in data for data in blobs.values())

    vault.keys.rotate(name)
    assert keyed.up().keys() == {"same"}, "a rotation is no drift"
    with Storage.from_config("dev", profiles_path=profiles) as storage:
        assert storage.memory.load_memory("c1") == {"messages": [CANARY]}
        storage.memory.save_memory("c2", {"messages": ["after the rotation"]})

    for version in vault.keys.versions(name):
        vault.keys.change(name, version["id"], {"enabled": False})
    with (
        Storage.from_config("dev", profiles_path=profiles) as storage,
        pytest.raises(KeyRefusedError, match="KeyDisabled"),
    ):
        storage.memory.load_memory("c1")

    keyed.destroy()
    assert vault.keys.versions(name) == []
