"""docs/migration.md: every command on it runs, in its order, on a folder and on Azurite."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path

import pytest

from ingenious_storage import MemoryManager, Storage
from ingenious_storage.config import load_settings
from tests.ops.cli.harness import WORKSPACE, Cli
from tests.ops.migrate.layout.conftest import AZURE, LOCAL
from tests.support.servers.azurite import Azurite

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "migration.md").read_text(encoding="utf-8")
SEMGREP = ROOT / ".cache" / "semgrep" / "bin"
STEPS = (
    "Plan",
    "Abstract",
    "Configure",
    "Test",
    "Refactor",
    "Validate",
    "Document",
    "Monitor",
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def commands() -> list[list[str]]:
    lines = [line for block in blocks("console") for line in block.splitlines()]
    assert all(line.startswith("$ ingenious-storage ") for line in lines)
    return [shlex.split(line)[2:] for line in lines]


@pytest.fixture(params=["local", "azure_blob"])
def application(
    request: pytest.FixtureRequest,
    cli: Cli,
    container_name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Cli:
    """An empty folder but for the profiles of the page, with another `cloud`."""
    storage = LOCAL
    if request.param == "azure_blob":
        azurite: Azurite = request.getfixturevalue("azurite")
        monkeypatch.setenv("CONNECTION", azurite.connection_string)
        storage = AZURE.format(name=container_name[:50])
    [profiles] = blocks("yaml")
    ours, cloud, _ = profiles.partition("  cloud:\n    storage:\n")
    cli.write("profiles.yml", f"{ours}{cloud}{storage}\n")
    return cli


def test_every_step_has_its_heading() -> None:
    assert tuple(re.findall(r"^## \d\. (\w+)$", PAGE, re.MULTILINE)) == STEPS
    assert tuple(re.findall(r"^\| \d\. (\w+) \|", PAGE, re.MULTILINE)) == STEPS
    for link in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / link).exists(), link


def test_the_commands_in_their_order(application: Cli) -> None:
    before = Path("profiles.yml").read_text()
    for command in commands():
        if command[0] != "audit":  # it takes seconds each: the slow test below
            application(*command)
        if command[:2] == ["migrate", "rollback"]:
            assert Path("profiles.yml").read_text() == before
    with Storage.from_config("app") as storage:
        text = (WORKSPACE / "memory" / "thread-7c3e" / "context.md").read_text(encoding="utf-8")
        assert storage.memory.load_memory("thread-7c3e") == {"context": text}
        assert list(storage.prompts.list_sets()) == ["quickstart-1", "quickstart-2"]
    used = {" ".join(command[:2]) for command in commands()}
    assert used >= {f"migrate {name}" for name in ("plan", "run", "verify", "cutover", "rollback")}


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_audits(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    if not SEMGREP.is_dir():
        pytest.skip("semgrep is not installed: run `make semgrep`")
    monkeypatch.setenv("PATH", f"{SEMGREP}{os.pathsep}{os.environ['PATH']}")
    example, audits = commands()[0], [each for each in commands() if each[0] == "audit"]
    assert len(audits) == 4
    cli(*example)
    for command in audits:
        cli(*command)
    after = json.loads(Path("audit-after.json").read_text())["data"]
    assert [each["path"] for each in after["findings"]] == ["src/context.py"]  # as it was


def test_the_cloud_of_the_page(cli: Cli) -> None:
    [text] = blocks("yaml")
    cli.write("profiles.yml", text)
    account = load_settings("cloud", environ={}).storage.azure_account()
    assert account.account_url == "https://mycompanyagents.blob.core.windows.net"


def test_the_class(ingenious_storage: Storage) -> None:
    [example] = blocks("python")
    names: dict[str, object] = {}
    exec(compile(example, "migration.md", "exec", dont_inherit=True), names)
    context = names["Context"](MemoryManager())  # type: ignore[operator]
    assert context.read("t") == ""
    context.add("t", "Hello")
    context.add("t", "again")
    assert context.read("t") == "Hello again"
    assert ingenious_storage.memory.load_memory("t") == {"context": "Hello again"}
    context.add("t", "word " * 200)
    assert len(context.read("t").split()) == 150
