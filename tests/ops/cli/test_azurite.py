"""The same commands against Azure Blob Storage, chosen by a profile."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from ingenious_storage import Storage
from ingenious_storage.key_providers.key_file import KeyFile
from tests.ops.cli.harness import WORKSPACE, Cli
from tests.support.servers.azurite import Azurite

PROFILES = """
profiles:
  cloud:
    storage:
      type: azure_blob
      connection_string: ${CONNECTION}
      container_data: ${CONTAINER}-data
      container_revisions: ${CONTAINER}-revisions
      auto_create_containers: ${AUTO:true}
"""


@pytest.fixture
def cloud(cli: Cli, azurite: Azurite, container_name: str, monkeypatch: pytest.MonkeyPatch) -> Cli:
    cli.write("profiles.yml", PROFILES)
    monkeypatch.setenv("INGENIOUS_PROFILE", "cloud")
    monkeypatch.setenv("CONNECTION", azurite.connection_string)
    monkeypatch.setenv("CONTAINER", container_name[:50])
    return cli


def test_the_whole_way(cloud: Cli) -> None:
    assert cloud("containers", "ls").stdout.count("missing") == 2
    cloud("prompts", "import", str(WORKSPACE))
    assert cloud.data("memory", "import", str(WORKSPACE))["counts"] == {"created": 7}
    assert cloud.data("memory", "import", str(WORKSPACE))["counts"] == {"unchanged": 7}
    cloud("memory", "append", "chat-1001", "--role", "user", "--content", "😀")
    cloud("memory", "rollback", "chat-1001", "1")
    cloud("prompts", "label", "set", "production", "quickstart-1")
    cloud("prompts", "put", "quickstart-1", "new.md=-", stdin="x")
    assert (
        "+++ quickstart-1/new.md" in cloud("prompts", "diff", "@production", "quickstart-1").stdout
    )
    assert cloud.data("verify", "--strict")["problems"] == 0
    cloud("memory", "export", "out")
    cloud("memory", "rm", "chat-1002")
    cloud("memory", "purge", "chat-1003", "--yes")
    assert cloud.data("memory", "import", "out")["counts"] == {"unchanged": 5, "created": 2}
    assert cloud.data("gc", "--yes")["deleted"] == []
    assert not Path("data").exists()


def test_a_purge_says_what_the_account_may_keep(
    cloud: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud("memory", "save", "c", stdin="1")
    assert "the account may keep a copy" in cloud("memory", "purge", "c", "-y").stderr
    monkeypatch.setenv("INGENIOUS_STORAGE__RETENTION_DAYS", "7")
    cloud("memory", "save", "c", stdin="1")
    assert "the account may bring it back until 2" in cloud("memory", "purge", "c", "-y").stderr


def test_a_copy_of_an_encrypted_container_cannot_be_read_once_its_keys_are_gone(
    cloud: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    KeyFile.create(Path("keys.json"))
    for name, value in (("PROVIDER", "key_file"), ("KEY_FILE", "keys.json")):
        monkeypatch.setenv(f"INGENIOUS_STORAGE__ENCRYPTION__{name}", value)
    monkeypatch.setenv("INGENIOUS_STORAGE__RETENTION_DAYS", "7")
    with Storage.from_config() as storage:
        for number in range(40):
            storage.memory.save_memory("Chat 1", {"secret": number})
        held = storage.containers.parts("data").stored
        for info in held.iterate():
            cloud.write(f"copy/{info.key}", "")
            Path("copy", info.key).write_bytes(held.get(info.key).data)
    cloud("memory", "erase", "--older-than", "0s", "--receipt", "erased", "--yes")
    cloud("receipt", "verify", "erased.json")
    data = cloud.data("receipt", "verify", "erased.json", "--copy", "copy", code=1)
    assert (data["copied_blobs"], len(data["problems"])) == (2, 2)
    shutil.rmtree("copy/keys/documents")
    data = cloud.data("receipt", "verify", "erased.json", "--copy", "copy")
    assert (data["copied_blobs"], data["problems"]) == (2, [])


def test_containers_that_nobody_may_make(cloud: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTO", "false")
    assert cloud.error("memory", "ls", code=3)["code"] == "container_not_found"
    assert cloud("containers", "ensure").stdout.count("created") == 2
    cloud("memory", "ls")


def test_a_wrong_key(cloud: Cli, azurite: Azurite, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = "QUJDREVGR0g="
    text = azurite.connection_string.replace(azurite.account_key, wrong)
    monkeypatch.setenv("CONNECTION", text)
    error = cloud.error("memory", "ls", code=1)
    assert error["code"] in {"authentication_failed", "permission_denied"}
    assert wrong not in cloud("memory", "ls", "-v", "--debug", code=1).output


def test_nobody_answers(cloud: Cli, azurite: Azurite, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and not listening
        port = taken.getsockname()[1]
        text = azurite.connection_string.replace(str(azurite.port), str(port))
        monkeypatch.setenv("CONNECTION", text)
        monkeypatch.setenv("INGENIOUS_STORAGE__RETRY__DEADLINE", "4")
        told = cloud("memory", "ls", code=1).stderr
        error = cloud.error("memory", "ls", code=1)
    assert told.count("warning: the store does not serve") == 1
    assert "list now (unavailable); trying again, for " in told
    assert (error["code"], error["retryable"]) == ("unavailable", True)
