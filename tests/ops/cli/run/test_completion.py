"""Completion by Tab: names of the storage, and never an error, a write, or a long wait."""

from __future__ import annotations

import shutil
import socket
import time
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from ingenious_ops.cli import complete, root
from ingenious_ops.cli.app import NAME
from ingenious_ops.cli.session import Session
from tests.ops.cli.harness import Cli, run_script


def tab(words: str) -> list[str]:
    """What is completed behind `words`, in this process."""
    *before, incomplete = words.split(" ")
    shell = ShellComplete(root, {"obj": Session()}, NAME, "_COMPLETE")
    return [item.value for item in shell.get_completions(before, incomplete)]


def bash(words: str, cwd: Path, **variables: str) -> list[str]:
    """What bash gets for a Tab; nothing on standard error."""
    env = {
        "_INGENIOUS_STORAGE_COMPLETE": "bash_complete",
        "COMP_WORDS": f"ingenious-storage {words}",
        "COMP_CWORD": str(words.count(" ") + 1),
        "PATH": "",
        "HOME": str(cwd.parent),
        **variables,
    }
    done = run_script(cwd=cwd, env=env)
    assert done.returncode == 0
    assert done.stderr == b""
    return [line.partition(",")[2] for line in done.stdout.decode().splitlines() if line]


@pytest.fixture
def folder(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(complete, "SECONDS", 60.0)  # a slow machine
    for name in ("chat-1", "chat-2", "mail", "two\nlines"):
        cli("memory", "save", name, "-", stdin="1")
    cli("memory", "rm", "chat-2")
    for name in ("v1", "v2", "west"):
        cli("prompts", "create", name)
    cli("prompts", "label", "set", "production", "v1")
    cli.write("profiles.yml", "profiles: {dev: {storage: {base_path: dev}}, prod: {}, project: {}}")
    return cli.folder


def test_as_a_shell_asks(folder: Path) -> None:
    assert bash("--profile pro", folder) == ["prod", "project"]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("--profile pro", ["prod", "project"]),
        ("memory ls --profile d", ["dev"]),
        ("migrate cutover --to p", ["prod", "project"]),
        ("memory show ", ["chat-1", "mail"]),
        ("memory purge chat", ["chat-1"]),
        ("memory prune mail c", ["chat-1"]),
        ("memory export out m", ["mail"]),
        ("--profile dev memory show ", []),
        ("prompts history v", ["v1", "v2"]),
        ("prompts show v", ["v1", "v2"]),
        ("prompts show @", ["@production"]),
        ("prompts diff v1 w", ["west"]),
        ("prompts create new --source @p", ["@production"]),
        ("prompts prune w", ["west"]),
        ("prompts export out --set v", ["v1", "v2"]),
        ("prompts label get p", ["production"]),
        ("prompts label set production v", ["v1", "v2"]),
    ],
)
def test_names_of_the_storage(folder: Path, words: str, names: list[str]) -> None:
    assert tab(words) == names


def test_a_tab_writes_nothing(folder: Path) -> None:
    shutil.rmtree(folder / "data")
    before = sorted(folder.rglob("*"))
    for words in (
        "memory show ",
        "prompts show ",
        "prompts label get ",
        "--profile dev memory show ",
    ):
        assert tab(words) == []
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    "text",
    ["profiles: {", "profiles: 7", "storage: {type: nope}", "profiles: {dev: {storage: {x: 1}}}"],
)
def test_what_is_wrong_completes_to_nothing(folder: Path, text: str) -> None:
    (folder / "profiles.yml").write_text(text)
    assert set(tab("--profile d")) <= {"dev"}
    assert tab("--profile dev memory show ") == []
    assert tab("--config nope.yml memory show ") == []


def test_a_store_that_never_answers_does_not_hold_the_shell(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"http://127.0.0.1:{silent.getsockname()[1]}/devstoreaccount1"
        azure = {
            "INGENIOUS_STORAGE__TYPE": "azure_blob",
            "AZURE_STORAGE_CONNECTION_STRING": "DefaultEndpointsProtocol=http;"
            f"AccountName=devstoreaccount1;AccountKey=a2V5;BlobEndpoint={host};",
        }
        for words in ("memory show ", "prompts label get "):
            began = time.monotonic()
            assert bash(words, folder, **azure) == []
            assert time.monotonic() - began < 50  # 2 s, and a slow machine
