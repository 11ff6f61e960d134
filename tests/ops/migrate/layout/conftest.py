"""A working directory with a tree of the framework, and profiles on a folder or on Azurite."""

from __future__ import annotations

import pytest

from tests.ops.cli.harness import Cli
from tests.support.servers.azurite import Azurite

PROFILES = """
profiles:
  app:
    storage:
      type: local
      base_path: ./old
  cloud:
    storage:
{storage}
"""
LOCAL = "      type: local\n      base_path: ./new"
AZURE = """\
      type: azure_blob
      connection_string: ${{CONNECTION}}
      container_data: {name}-data
      container_revisions: {name}-revisions"""

MEMORIES = {
    "memory/context.md": "Kestrel sells headphones.\n",
    "memory/thread-7c3e/context.md": "# Ärger\r\nmit dem Bügel 😀",
    "memory/order 20417/context.md": "Refunded.",
}
PROMPTS = {
    "templates/prompts/quickstart-1/triage.jinja": "You sort {{ team }}.",
    "templates/prompts/quickstart-1/parts/tone.md": "Be kind.\n",
    "templates/prompts/quickstart-1/.draft.md": "Hidden, and a prompt.",
    "templates/prompts/bike_insights/summary.md": "Sum up.",
}
OTHERS = {
    "functional_test_outputs/quickstart-1/1.json": "{}",
    "templates/prompts/quickstart-1/.DS_Store": "no",
    "memory/thread-7c3e/notes.txt": "no",
}


@pytest.fixture
def local(cli: Cli) -> Cli:
    """`cloud` is a folder."""
    cli.write("profiles.yml", PROFILES.format(storage=LOCAL))
    return cli


@pytest.fixture(params=["local", "azure_blob"])
def both(
    request: pytest.FixtureRequest,
    cli: Cli,
    container_name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Cli:
    """`cloud` is a folder, then Azurite."""
    storage = LOCAL
    if request.param == "azure_blob":
        azurite: Azurite = request.getfixturevalue("azurite")
        monkeypatch.setenv("CONNECTION", azurite.connection_string)
        storage = AZURE.format(name=container_name[:50])
    cli.write("profiles.yml", PROFILES.format(storage=storage))
    return cli


def write_tree(cli: Cli, root: str = "app/.files") -> None:
    """The framework's files below `root`: `.files` of an app, or a folder by itself."""
    for name, text in {**MEMORIES, **PROMPTS, **OTHERS}.items():
        cli.write(f"{root}/{name}", text)
