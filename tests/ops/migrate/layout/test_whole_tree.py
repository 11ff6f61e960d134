"""Files of the framework that are in no folder of a revision, hidden, or past its file storage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ingenious_storage import Storage
from ingenious_storage.adapters.ingenious.files import FrameworkFiles
from ingenious_storage.services.framework_names import NO_REVISION
from tests.ops.cli.harness import Cli
from tests.ops.migrate.layout.conftest import MEMORIES, PROMPTS, write_tree

WHERE = ("--from", "./app", "--to", "cloud:data", "--layout", "ingenious")
LOOSE = {
    "templates/prompts/user_prompt.md": "Answer {{ question }}.",
    "templates/prompts/.tone.jinja": "Be kind.\r\n",
    "templates/prompts/notes.txt": "any text is taken",
}


def faults(plan: Any) -> dict[str, str]:
    return {entry["name"]: entry["reason"] for entry in plan["skipped"] if entry["fault"]}


def verified(cli: Cli, equal: int) -> None:
    report = cli.data("migrate", "verify", *WHERE)
    assert (report["passed"], report["equal"]) == (True, equal)


def test_prompts_of_no_revision(both: Cli) -> None:
    write_tree(both)
    for name, text in LOOSE.items():
        both.write(f"app/.files/{name}", text)
    plan = both.data("migrate", "plan", *WHERE)
    assert {"name": ".files/templates/prompts", "key": f"prompts/{NO_REVISION}.json"} in plan[
        "escaped"
    ]
    assert plan["contents"]["prompts"]["sets"] == 3
    assert both.data("migrate", "run", *WHERE)["counts"]["copied"] == 6
    with Storage.from_config("cloud") as storage:
        assert storage.prompts.get_set(NO_REVISION) == {
            name.rpartition("/")[2]: text for name, text in LOOSE.items()
        }
        assert ".draft.md" in storage.prompts.get_set("quickstart-1")
    verified(both, 6)
    both.write("app/.files/templates/prompts/user_prompt.md", "changed")
    report = both.data("migrate", "verify", *WHERE, code=1)
    assert [each["key"] for each in report["differences"]] == [f"prompts/{NO_REVISION}.json"]


def test_the_adapter_finds_each_where_the_framework_had_it(local: Cli) -> None:
    """So that an application with that storage type goes on."""
    write_tree(local)
    for name, text in LOOSE.items():
        local.write(f"app/.files/{name}", text)
    local("migrate", "run", *WHERE)
    with Storage.from_config("cloud") as storage:
        found = FrameworkFiles(storage, "revisions")
        for name, text in {**MEMORIES, **PROMPTS, **LOOSE}.items():
            folder, _, file = name.rpartition("/")
            assert found.read(folder, file) == text, name
        assert found.files("templates/prompts") == sorted(name.rpartition("/")[2] for name in LOOSE)
        assert found.folders("templates/prompts") == ["bike-insights", "quickstart-1"]


def test_there_may_be_no_revision_at_all(local: Cli) -> None:
    local.write("app/templates/prompts/user_prompt.md", "x")
    assert local.data("migrate", "run", *WHERE)["counts"]["copied"] == 1
    verified(local, 1)


def test_memories_past_the_file_storage(both: Cli) -> None:
    write_tree(both)
    both.write("app/tmp/thread-7c3e/context.md", "older than the other")
    both.write("app/tmp/thread-9f/context.md", "of LegacyMemoryManager")
    both.write("app/tmp/high_scores.db", "x")
    plan = both.data("migrate", "plan", *WHERE)
    assert plan["contents"]["memory"]["folder"] == ".files/memory/, tmp/"
    assert plan["contents"]["memory"]["conversations"] == 4
    reasons = {entry["name"]: entry["reason"] for entry in plan["skipped"]}
    assert reasons["tmp/thread-7c3e/context.md"] == (
        "this thread's memory is .files/memory/thread-7c3e/context.md"
    )
    assert reasons["tmp/ (1 file)"] == "no part of the layout"
    both("migrate", "run", *WHERE)
    with Storage.from_config("cloud") as storage:
        assert storage.memory.load_memory("thread-9f") == {"context": "of LegacyMemoryManager"}
    verified(both, 6)


@pytest.mark.parametrize("folder", ["tmp", ".tmp", "agent-memory"])
def test_that_folder_by_itself(local: Cli, folder: str) -> None:
    """One with another name is given, since nothing tells what it is."""
    local.write(f"app/{folder}/a/context.md", "a")
    local.write(f"app/{folder}/context.md", "all")
    where = ("--from", f"./app/{folder}", *WHERE[2:], "--only", "memory")
    assert local.data("migrate", "run", *where)["counts"]["copied"] == 2
    assert local.data("migrate", "verify", *where)["passed"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("memory/_shared/context.md", "'_shared' is the name of the memory without a thread"),
        (
            "templates/prompts/No Revision/a.md",
            "'no-revision' is the name of the prompts without a revision",
        ),
    ],
)
def test_a_reserved_name_is_not_taken_by_another(local: Cli, name: str, reason: str) -> None:
    local.write("app/memory/t/context.md", "t")
    local.write("app/templates/prompts/r/a.md", "a")
    local.write(f"app/{name}", "x")
    plan = local.data("migrate", "plan", *WHERE)
    assert list(faults(plan).values()) == [f"{reason}: rename it"]
    done = local.data("migrate", "run", *WHERE, code=1)
    assert done["counts"]["copied"] == 2
    with Storage.from_config("cloud") as storage:
        assert list(storage.memory.list_conversations()) == ["t"]
        assert list(storage.prompts.list_sets()) == ["r"]


def test_a_revision_that_would_be_the_set_of_the_others(local: Cli) -> None:
    local.write("app/templates/prompts/a.md", "loose")
    local.write("app/templates/prompts/no_revision/a.md", "x")
    [collision] = local.data("migrate", "plan", *WHERE, code=4)["collisions"]
    assert sorted(collision["names"]) == ["templates/prompts", "templates/prompts/no_revision"]
    assert local.error("migrate", "run", *WHERE, code=4)["code"] == "name_collision"
    assert not Path("new").exists()
