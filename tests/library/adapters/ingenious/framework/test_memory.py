"""The framework's own `MemoryManager`, in an application that was not changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.library.adapters.ingenious.framework.conftest import Place, Program
from tests.ops.cli.harness import Cli
from tests.ops.migrate.layout.conftest import MEMORIES, OTHERS, PROMPTS, write_tree

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_sixty_changes_over_six_threads_and_as_many_loops_are_kept(
    place: Place, program: Program
) -> None:
    words = json.loads(program("memory", place.settings))
    assert sorted(words) == sorted(f"w{thread}-{call}" for thread in range(6) for call in range(10))
    memory = place.storage.memory
    assert sorted(memory.load_memory("busy")["context"].split()) == sorted(words)
    assert [each.number for each in memory.history("busy", limit=None)] == [*range(60, 0, -1)]
    assert memory.load_memory("loop") == {"context": "from within"}


def test_a_migrated_workspace_is_read_as_it_was(place: Place, program: Program, cli: Cli) -> None:
    """Prompts and memories, and what is neither, as docs/ingenious.md brings it over."""
    write_tree(cli)
    loose = {"templates/prompts/loose.md": "Of no revision.\n"}
    others = {name: text for name, text in OTHERS.items() if not name.startswith("templates/")}
    for name, text in loose.items():
        cli.write(f"app/.files/{name}", text)
    for name, text in others.items():
        cli.write(f"others/files/{name}", text)
    cli("migrate", "run", "--from", "./app", "--to", "data", "--layout", "ingenious")
    cli("migrate", "run", "--from", "./others", "--to", "data")
    files = {**MEMORIES, **PROMPTS, **loose, **others}
    folders = ("memory", "templates", "functional_test_outputs")
    tree = json.loads(program("tree", place.settings, *folders))
    as_here = {name.replace("bike_insights", "bike-insights"): text for name, text in files.items()}
    assert tree == as_here


def test_a_flow_renders_prompts_and_remembers(
    place: Place, program: Program, tmp_path: Path
) -> None:
    """What names the storage is in `.env`, which both read, as is a profile of the framework's."""
    profiles = {"PROFILE": "anything", "STORAGE_PROFILE": "none"}
    lines = [
        f"INGENIOUS_{name}={value}\n" for name, value in {**profiles, **place.settings}.items()
    ]
    (tmp_path / ".env").write_text("".join(lines), encoding="utf-8")
    prompts, memory = place.storage.prompts, place.storage.memory
    prompts.create_set(
        "quickstart-1", {"triage.jinja": "{{ 1 + 1 }} of {% raw %}{{ team }}{% endraw %}"}
    )
    prompts.create_set("bike-insights", {"summary.md": "Sum up."})
    prompts.create_set("no-revision", {"loose.md": "Loose."})
    assert json.loads(program("flow", {})) == {
        "of a revision": "2 of {{ team }}",
        "of another spelling": "Sum up.",
        "of no revision": "Loose.",
        "missing": "",
        "memory": "hello world",
    }
    assert memory.load_memory("_shared") == {"context": "hello world"}
    assert len(memory.history("_shared")) == 2
