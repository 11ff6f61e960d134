"""`verify` with its three exit codes, `containers`, `config` and `init`."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingenious_storage import Storage
from ingenious_storage.documents import purge
from tests.ops.cli.harness import Cli

HEADS = Path("data/ingenious-data/conversations")


def test_verify(filled: Cli) -> None:
    filled("prompts", "label", "set", "production", "quickstart-1")
    result = filled("verify", "--strict")
    assert result.stdout == ""
    assert result.stderr == (
        "10 documents, 10 revisions rebuilt and checked: 0 problems, 0 strays\n"
    )
    roles = {each["role"]: each for each in filled.data("verify")["containers"]}
    assert roles["data"]["documents"] == 7
    assert roles["revisions"]["documents"] == 3


def test_verify_of_nothing_makes_nothing(cli: Cli) -> None:
    assert cli.data("verify", "--strict")["problems"] == 0
    assert not Path("data").exists()


def test_problems_fail(filled: Cli) -> None:
    (HEADS / "chat-1001/memory.json").write_bytes(b"<html>")
    result = filled("verify", code=1)
    assert result.stdout.split("\t")[:3] == [
        "data",
        "conversations/chat-1001/memory.json",
        "corrupt_object",
    ]
    assert "1 problem, 0 strays" in result.stderr
    data = filled.data("verify", "--strict", code=1)
    assert data["containers"][0]["problems"][0]["code"] == "corrupt_object"


def test_labels_that_dangle_fail(filled: Cli) -> None:
    filled("prompts", "label", "set", "production", "quickstart-1")
    with Storage.from_config() as storage:
        purge(storage.prompts.documents, "prompts/quickstart-1.json")
    (row,) = filled("verify", code=1).stdout.splitlines()
    assert row.split("\t")[:3] == ["revisions", "labels/production.json", "dangling_label"]
    filled("prompts", "label", "rm", "production")
    filled("verify")


def test_strays_are_warnings(filled: Cli) -> None:
    folder = Path("data/ingenious-data/history/conversations/chat-1001/memory.json")
    folder.mkdir(parents=True)
    (folder / "0000000009-0123456789abcdef").write_bytes(b"x")
    assert "warning: stray in data: history/" in filled("verify").stderr
    assert filled.data("verify", "--strict", code=5)["strays"] == 1
    (HEADS / "chat-1002/memory.json").write_bytes(b"{}")
    assert filled.data("verify", "--strict", code=1)["strays"] == 1


def test_containers(cli: Cli) -> None:
    assert cli("containers", "ls").stdout == (
        "data\tingenious-data\tmissing\nrevisions\tingenious-revisions\tmissing\n"
    )
    assert not Path("data").exists()
    ensured = [each["status"] for each in cli.data("containers", "ensure")["containers"]]
    assert ensured == ["created", "created"]
    ensured = [each["status"] for each in cli.data("containers", "ensure")["containers"]]
    assert ensured == ["exists", "exists"]
    assert {each["status"] for each in cli.data("containers", "ls")["containers"]} == {"exists"}


def test_a_container_that_nobody_may_make(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGENIOUS_STORAGE__AUTO_CREATE_CONTAINERS", "false")
    error = cli.error("memory", "save", "c", stdin="1", code=3)
    assert error["code"] == "container_not_found"
    assert "containers ensure" in error["hint"]
    cli("containers", "ensure")
    cli("memory", "save", "c", stdin="1")


def test_init(cli: Cli) -> None:
    done = cli("init")
    assert done.stderr.startswith("wrote config.yml, profiles.yml, .env.example\nnext: ")
    assert cli("config", "validate").stdout == "valid: local, profile none\n"
    assert cli("config", "validate", "--profile", "dev").stdout == "valid: local, profile dev\n"
    Path("config.yml").write_text("storage:\n  type: inmemory\n", encoding="utf-8")
    cli("init", code=cli("init", "--quiet", code=4).exit_code)
    assert cli("config", "validate").stdout == "valid: inmemory, profile none\n"
    cli("init", "--force")
    assert cli("config", "validate").stdout == "valid: local, profile none\n"
    assert [Path(name).name for name in cli.data("init", "new/folder")["files"]] == [
        "config.yml",
        "profiles.yml",
        ".env.example",
    ]


def test_config_show_explains(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.write("my.yml", "storage:\n  base_path: ./here\n")
    monkeypatch.setenv("INGENIOUS_STORAGE__TIMEOUT", "7")
    lines = dict(
        line.split("\t", 1)
        for line in cli("config", "show", "--explain", "--config", "my.yml").stdout.splitlines()
    )
    assert lines["storage.base_path"] == "here\tmy.yml:2"
    assert lines["storage.timeout"] == "7\tINGENIOUS_STORAGE__TIMEOUT"
    assert lines["storage.type"] == "local\tdefault"
    assert "storage.base_path\there\n" in cli("config", "show", "--config", "my.yml").stdout
    values = {each["key"]: each for each in cli.data("config", "show")["values"]}
    assert values["storage.timeout"]["origin"] == "INGENIOUS_STORAGE__TIMEOUT"


def test_config_validate_fails_with_file_and_line(cli: Cli) -> None:
    cli.write("config.yml", "storage:\n  typo: x\n")
    error = cli.error("config", "validate", code=1)
    assert error["code"] == "invalid_configuration"
    assert "config.yml:2" in error["message"]
    assert error == cli.error("memory", "ls", code=1)
