"""`keys` by who has rights to one container: that one is done, the other is named, no code 0."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from azure.storage.blob import ContainerSasPermissions, generate_container_sas

from ingenious_storage.key_providers.key_file import KeyFile
from tests.ops.cli.harness import Cli
from tests.support.servers.azurite import Azurite


@pytest.fixture
def publisher(cli: Cli, azurite: Azurite, container_name: str) -> Cli:
    """Signs in with a SAS of the container of the revisions; `--config all.yml` has both."""
    name = container_name[:50]
    storage: dict[str, Any] = {
        "type": "azure_blob",
        "container_data": f"{name}-data",
        "container_revisions": f"{name}-revisions",
        "encryption": {"provider": "key_file", "key_file": "keys.json"},
        "retention_days": 7,
    }
    sas = generate_container_sas(
        azurite.account_name,
        storage["container_revisions"],
        azurite.account_key,
        permission=ContainerSasPermissions.from_string("racwdl"),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )
    account = {
        "account_name": azurite.account_name,
        "endpoint": azurite.account_url,
        "sas_token": sas,
        "auto_create_containers": False,
    }
    everything = {**storage, "connection_string": azurite.connection_string}
    cli.write("config.yml", yaml.safe_dump({"storage": {**storage, **account}}))
    cli.write("all.yml", yaml.safe_dump({"storage": everything}))
    cli("containers", "ensure", "--config", "all.yml")
    KeyFile.create(Path("keys.json"))
    return cli


@pytest.mark.parametrize("command", ["init", "status", "rotate", "rewrap", "verify"])
def test_one_is_done_and_the_other_named(publisher: Cli, command: str) -> None:
    data = publisher.data("keys", command, code=1)
    assert [each["role"] for each in data["containers"]] == ["revisions"]
    [refused] = data["refused"]
    assert (refused["role"], refused["code"]) == ("data", "permission_denied")
    shown = publisher("keys", command, code=1)
    assert "data: refused; `--container revisions` leaves it out\nerror: " in shown.stderr
    assert publisher.data("keys", command, "--container", "revisions")["refused"] == []
    error = publisher.error("keys", command, "--container", "data", code=1)
    assert error["code"] == "permission_denied"
    owner = publisher.data("keys", "status", "--config", "all.yml")["containers"]
    assert [bool(each["masters"]) for each in owner] == [False, command in {"init", "rotate"}]


def test_encrypt(publisher: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGENIOUS_STORAGE__ENCRYPTION__ACCEPT_PLAIN", "true")
    data = publisher.data("keys", "encrypt", code=1)
    assert [each["role"] for each in data["containers"]] == ["revisions"]
    assert [each["role"] for each in data["refused"]] == ["data"]
    assert "accept_plain can go" not in publisher("keys", "encrypt", code=1).stderr


def test_destroy(publisher: Cli) -> None:
    made = publisher.data("keys", "init", "--config", "all.yml")["containers"]
    data, revisions = (each["master"] for each in made)
    publisher("keys", "rotate", "--config", "all.yml")
    args = ("--grace", "0s", "--yes")
    publisher("keys", "destroy", data, *args, code=1)
    publisher("keys", "destroy", data, "--container", "revisions", *args, code=3)
    [done] = publisher.data("keys", "destroy", revisions, *args)["containers"]
    assert (done["role"], done["masters"]) == ("revisions", [revisions])
    dry = publisher.data("keys", "destroy", "--everything", "--dry-run", code=1)
    assert [each["role"] for each in dry["containers"]] == ["revisions"]
    assert [each["role"] for each in dry["refused"]] == ["data"]
    result = publisher("keys", "destroy", "--everything", "--yes", code=1)
    assert "revisions: destroyed 1 master key" in result.stderr
    assert "data: refused" in result.stderr
    owner = publisher.data("keys", "status", "--config", "all.yml")["containers"]
    assert [len(each["masters"]) for each in owner] == [2, 0]


def test_a_key_file_is_of_both_containers(publisher: Cli) -> None:
    publisher("keys", "rotate", "--key-file", "--container", "data", code=2)
    Path("keys.json").unlink()
    error = publisher.error("keys", "init", "--container", "revisions", code=1)
    assert (error["code"], "may read both" in error["hint"]) == ("key_refused", True)
    assert not Path("keys.json").exists()
