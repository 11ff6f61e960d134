"""What docs/security.md says that nothing detects: planted keys.

Who may get a vault's key, which gives its public half, and may write to the container, can put keys
of their own there, and read what is written from then on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingenious_storage import Storage
from ingenious_storage.backends.base import Backend, PutOptions
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.errors import KeyRefusedError
from ingenious_storage.key_providers.base import KeyProvider
from ingenious_storage.key_providers.key_file import KeyFile
from ingenious_storage.layers.encrypt import records
from ingenious_storage.layers.encrypt.keyring import Keyring
from ingenious_storage.layers.encrypt.layer import EncryptLayer
from ingenious_storage.layers.encrypt.records import ContainerRecord, MasterRecord
from ingenious_storage.runtime.secret import Secret
from ingenious_storage.wiring import build_backend
from tests.library.key_providers.conftest import MakeProvider
from tests.support.servers.vault import Vault, run_tokens

MASTER = "00112233445566aa"
Open = Callable[[], Storage]


@pytest.fixture
def open_storage(
    settings: Callable[..., StorageSettings],
    tmp_path: Path,
    no_identity: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Open]:
    storage = settings(base_path=tmp_path / "store", credential="managed_identity")
    with run_tokens() as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield lambda: Storage(Settings(storage=storage))


def plant(store: Backend, provider: KeyProvider) -> Keyring:
    """Put records of a master key and a container key below `keys/`; a keyring that has them."""
    secret, now = Secret(os.urandom(32)), datetime.now(UTC)
    keyring = Keyring(store, lambda: provider, role="data", document_of=lambda key: key)
    keyring.masters._known[MASTER] = secret
    record = MasterRecord(MASTER, provider.wrap(secret.reveal()), now)
    store.put(records.master_name(MASTER), record.encode())
    entry, _ = keyring.container._new_entry(MASTER, "", None)
    planted = ContainerRecord(MASTER, (entry,))
    store.put(records.CONTAINER, planted.encode(), PutOptions())
    return keyring


def test_the_public_half_is_enough_to_plant_keys(
    vault: Vault, provider: MakeProvider, open_storage: Open
) -> None:
    with open_storage() as storage:
        storage.memory.save_memory("before", "a secret")
        store = build_backend(storage.settings.storage, storage.settings.storage.container_data)
    rights = set(vault.rights)
    vault.rights.intersection_update({"get"})
    theirs = plant(store, provider())
    with pytest.raises(KeyRefusedError):
        EncryptLayer(store, theirs).get("conversations/before/memory.json")
    vault.rights.update(rights)
    with open_storage() as storage:
        storage.memory.save_memory("after", "a secret")
        shown = [m.id for m in storage.keys.status().containers["data"].masters]
    vault.rights.clear()
    read = EncryptLayer(store, theirs).get("conversations/after/memory.json").data
    assert b"a secret" in read
    assert MASTER in shown, "who compares what `keys status` shows sees it"


def test_a_key_file_has_no_public_half(tmp_path: Path) -> None:
    """Without the file nothing is wrapped that it would unwrap."""
    KeyFile.create(tmp_path / "ours")
    KeyFile.create(tmp_path / "theirs")
    wrapped = KeyFile(tmp_path / "theirs").wrap(bytes(32))
    with pytest.raises(KeyRefusedError):
        KeyFile(tmp_path / "ours").unwrap(wrapped)
