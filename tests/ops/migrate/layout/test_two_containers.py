"""The framework's two containers on Azure, one of which is named for both."""

from __future__ import annotations

from typing import Any

import pytest

from ingenious_storage import Storage
from tests.ops.cli.harness import Cli
from tests.ops.migrate.layout.conftest import MEMORIES, PROMPTS

FROM_DATA = ("--from", "cloud:data", "--to", "app:data", "--layout", "ingenious")
FROM_REVISIONS = ("--from", "cloud:revisions", "--to", "app:data", "--layout", "ingenious")
OUTPUTS = {"functional_test_outputs/quickstart-1/1.md": "cost"}
NOT_COMPARED = "none of the framework there, so those at the target are not compared"


def fill(cli: Cli, data: dict[str, str], revisions: dict[str, str], to: str = "cloud") -> None:
    """Blobs of the framework in the containers of a profile, under the `path` of its settings."""
    for role, files in (("data", data), ("revisions", revisions)):
        for name, text in files.items():
            cli.write(f"blobs/{role}/ingenious-files/{name}", text)
        if files:
            cli("migrate", "run", "--from", f"./blobs/{role}", "--to", f"{to}:{role}")


def skipped(done: Any) -> dict[str, str]:
    return {entry["name"]: entry["reason"] for entry in done["skipped"]}


@pytest.mark.parametrize("where", [FROM_DATA, FROM_REVISIONS], ids=["data", "revisions"])
def test_one_names_both(both: Cli, where: tuple[str, ...]) -> None:
    fill(both, MEMORIES, {**PROMPTS, **OUTPUTS})
    plan = both.data("migrate", "plan", *where)
    memory, prompts = plan["contents"]["memory"], plan["contents"]["prompts"]
    assert (memory["conversations"], prompts["sets"]) == (3, 2)
    assert memory["source"] != prompts["source"]
    assert plan["source"] == f"data in {memory['source']}, revisions in {prompts['source']}"
    assert skipped(plan) == {
        "ingenious-files/functional_test_outputs/ (1 file)": (
            "outputs of the framework's tests; --layout raw copies them"
        )
    }
    assert both.data("migrate", "run", *where)["counts"]["copied"] == 5
    report = both.data("migrate", "verify", *where)
    assert (report["passed"], report["equal"]) == (True, 5)
    with Storage.from_config("app") as storage:
        assert storage.memory.load_memory("order 20417") == {"context": "Refunded."}
        assert storage.prompts.get("bike-insights", "summary.md") == "Sum up."


def test_each_component_is_taken_from_its_own_container(local: Cli) -> None:
    """As the framework does: memories are of `data`, prompts of `revisions`."""
    old = {"memory/context.md": "old", "templates/prompts/quickstart-1/old.md": "old"}
    fill(local, {**old, "memory/context.md": "new"}, {**PROMPTS, "memory/context.md": "old"})
    plan = local.data("migrate", "plan", *FROM_REVISIONS)
    reason = "not taken: the other container has {} too"
    assert skipped(plan) == {
        "ingenious-files/templates/prompts/ (1 file)": reason.format("prompts"),
        "ingenious-files/memory/ (1 file)": reason.format("memory"),
    }
    local("migrate", "run", *FROM_REVISIONS)
    with Storage.from_config("app") as storage:
        assert storage.memory.load_memory("_shared") == {"context": "new"}
        assert "old.md" not in storage.prompts.get_set("quickstart-1")
    assert local.data("migrate", "verify", *FROM_REVISIONS)["passed"]


def test_only_what_the_source_has_is_judged(local: Cli) -> None:
    """Of two folders that are migrated one after the other, each is proven by itself."""
    for folder, files in (("one", MEMORIES), ("two", PROMPTS)):
        for name, text in files.items():
            local.write(f"{folder}/{name}", text)
    to = ("--to", "app:data", "--layout", "ingenious")
    one, two = ("--from", "./one", *to), ("--from", "./two", *to)
    local("migrate", "run", *one)
    local("migrate", "run", *two)
    plan = local.data("migrate", "plan", *one)
    assert (skipped(plan), plan["target_has"]["extra"]) == ({"prompts": NOT_COMPARED}, 0)
    for where, equal, missing in ((one, 3, "prompts"), (two, 2, "memory")):
        report = local.data("migrate", "verify", *where)
        assert (report["passed"], report["equal"], report["differences"]) == (True, equal, [])
        assert skipped(report) == {missing: NOT_COMPARED}
    local("memory", "save", "more", "--profile", "app", stdin="1")
    report = local.data("migrate", "verify", *one, code=1)
    assert [each["key"] for each in report["differences"]] == ["conversations/more/memory.json"]


def test_nothing_of_the_framework_in_either(local: Cli) -> None:
    fill(local, {"notes.md": "x"}, OUTPUTS)
    error = local.error("migrate", "plan", *FROM_DATA, code=3)
    assert error["code"] == "layout_not_found"


def test_one_report_lets_an_application_over(local: Cli) -> None:
    """Its profile led to the framework's own containers, and both hold something."""
    fill(local, MEMORIES, PROMPTS, to="app")
    where = ("--from", "app:data", "--to", "cloud:data", "--layout", "ingenious")
    cutover = ("migrate", "cutover", "--profile", "app", "--to", "cloud", "--yes")
    local("migrate", "run", *where)
    assert local.error(*cutover, code=1)["code"] == "not_verified"
    local("migrate", "verify", *where)
    assert len(local.data(*cutover)["reports"]) == 1
    assert local.data("memory", "ls", "--profile", "app")["conversations"]
