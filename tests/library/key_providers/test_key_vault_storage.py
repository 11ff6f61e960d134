"""A storage that encrypts under a key of a vault: what it asks, and what it survives."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.errors import KeyRefusedError, KeyUnavailableError
from tests.support.servers.vault import Answer, Vault, run_tokens

Open = Callable[..., Storage]
TEXT = {"messages": ["hello"]}


@pytest.fixture(autouse=True)
def identity(no_identity: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with run_tokens() as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield


@pytest.fixture
def open_storage(
    settings: Callable[..., StorageSettings], tmp_path: Path, closing: ExitStack
) -> Open:
    """`open_storage()`: another process's storage on the same folder."""

    def make(**given: Any) -> Storage:
        storage = settings(
            base_path=tmp_path / "store",
            credential="managed_identity",
            retry={"attempts": 3, "base": 0.001, "cap": 0.001},
            **given,
        )
        return closing.enter_context(Storage(Settings(storage=storage)))

    return make


def test_a_process_asks_once_for_each_master_key(vault: Vault, open_storage: Open) -> None:
    with open_storage() as storage:
        storage.memory.save_memory("c1", TEXT)
    vault.seen()
    storage = open_storage()
    assert vault.seen() == [], "nothing is asked before the first use"
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(storage.memory.load_memory, ["c1"] * 32))
    assert found == [TEXT] * 32
    assert Counter(vault.seen())["POST client-key unwrapkey"] == 1
    storage.memory.save_memory("c2", TEXT)
    storage.memory.load_memory("c2")
    assert vault.seen() == []


@pytest.mark.slow
def test_after_a_rotation_a_rewrap_lets_the_old_version_go(
    vault: Vault, open_storage: Open
) -> None:
    storage = open_storage()
    for number in range(20):
        storage.memory.save_memory(f"c{number}", TEXT)
    old = vault.keys.newest(vault.name)["id"]
    vault.keys.rotate(vault.name)
    status = storage.keys.status().containers["data"]
    assert [master.is_newest for master in status.masters] == [False]
    done = storage.keys.rewrap()["data"]
    assert (done.masters, done.rewrapped) == (1, 1)
    assert done.wrapped_by == f"{vault.key_id}/{vault.keys.newest(vault.name)['id']}"
    assert storage.keys.rewrap()["data"].rewrapped == 0
    vault.keys.change(vault.name, old, {"enabled": False})
    assert open_storage().memory.load_memory("c7") == TEXT


def test_a_vault_that_is_down_or_refuses_stops_new_processes_only(
    vault: Vault, open_storage: Open
) -> None:
    first = open_storage()
    first.memory.save_memory("c1", TEXT)
    vault.seen()
    vault.server.fault = lambda *_: Answer(503, {"error": {"code": "ServiceUnavailable"}})
    assert first.memory.load_memory("c1") == TEXT
    first.memory.save_memory("c2", TEXT)
    assert vault.seen() == []
    with pytest.raises(KeyUnavailableError, match="503 ServiceUnavailable"):
        open_storage().memory.load_memory("c1")
    assert Counter(vault.seen())["POST client-key unwrapkey"] == 3, "our policy, not the SDK's"
    vault.server.fault = None
    vault.keys.change(vault.name, "", {"enabled": False})
    with pytest.raises(KeyRefusedError, match="KeyDisabled"):
        open_storage().memory.load_memory("c1")
    assert Counter(vault.seen())["POST client-key unwrapkey"] == 1, "a refusal is no outage"


@pytest.mark.slow
def test_a_busy_vault_is_asked_again(vault: Vault, open_storage: Open) -> None:
    with open_storage() as storage:
        storage.memory.save_memory("c1", TEXT)
    busy = [Answer(429, {"error": {"code": "Throttled"}}), Answer(500)]
    vault.server.fault = lambda method, _: busy.pop() if busy and method == "POST" else None
    assert open_storage().memory.load_memory("c1") == TEXT
    assert busy == []
    storage = open_storage()
    busy += [Answer(429, {"error": {"code": "Throttled"}}), Answer(500)]
    vault.server.fault = lambda *_: busy.pop() if busy else None
    assert storage.keys.status().key.enabled
    assert busy == []


def test_a_key_that_the_vault_does_not_have_writes_nothing(
    vault: Vault, open_storage: Open, tmp_path: Path
) -> None:
    vault.keys.forget(vault.name)
    with pytest.raises(KeyRefusedError, match="404 KeyNotFound"):
        open_storage().memory.save_memory("c1", TEXT)
    stored = [path for path in (tmp_path / "store").rglob("*") if path.is_file()]
    assert [path for path in stored if "conversations" in path.parts] == []
    assert not any(b"hello" in path.read_bytes() for path in stored)


FORKING = """
import os, sys
from ingenious_storage import Storage

with Storage.from_config() as storage:
    storage.memory.save_memory("c1", {"messages": ["hello"]})
    keys = storage.keys
    keys.status()
    child = os.fork()
    for _ in range(5):
        keys.status()
        assert storage.memory.load_memory("c1") == {"messages": ["hello"]}
    if not child:
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
print("both")
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_has_connections_of_its_own(vault: Vault, tmp_path: Path) -> None:
    """Two processes that read from one TLS connection would break each other's."""
    variables = {
        "INGENIOUS_STORAGE__BASE_PATH": str(tmp_path / "store"),
        "INGENIOUS_STORAGE__CREDENTIAL": "managed_identity",
        "INGENIOUS_STORAGE__ENCRYPTION__PROVIDER": "azure_key_vault",
        "INGENIOUS_STORAGE__ENCRYPTION__KEY_VAULT_KEY_ID": vault.key_id,
        "INGENIOUS_STORAGE__HTTP__CA_FILE": vault.ca_file,
    }
    command = [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", FORKING]
    done = subprocess.run(
        command,
        env={**os.environ, **variables},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "both\n", done.stderr
    assert Counter(vault.seen())["GET client-key versions"] == 11
