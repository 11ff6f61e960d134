"""The framework's tree as memories and prompt sets: through the command line, and looked at by
the public API.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ingenious_storage import MemoryNotFoundError, Storage
from tests.ops.cli.harness import Cli
from tests.ops.migrate.layout.conftest import MEMORIES, PROMPTS, write_tree

WHERE = ("--from", "./app", "--to", "cloud:data", "--layout", "ingenious")
FIVE = {"copied": 5}


def run(cli: Cli, *args: str, where: tuple[str, ...] = WHERE, code: int = 0) -> Any:
    return cli.data("migrate", "run", *where, *args, code=code)


def counts(done: Any) -> dict[str, int]:
    return {status: number for status, number in done["counts"].items() if number}


def test_the_whole_way(both: Cli) -> None:
    write_tree(both)
    plan = both.data("migrate", "plan", *WHERE)
    source = str(Path("app").resolve())
    assert plan["contents"] == {
        "memory": {
            "source": source,
            "folder": ".files/memory/",
            "conversations": 3,
            "files": 3,
            "empty": [],
        },
        "prompts": {
            "source": source,
            "folder": ".files/templates/prompts/",
            "sets": 2,
            "files": 4,
            "empty": [],
        },
    }
    assert plan["escaped"] == [
        {"name": ".files/templates/prompts/bike_insights", "key": "prompts/bike-insights.json"}
    ]
    assert {entry["name"] for entry in plan["skipped"]} == {
        ".files/functional_test_outputs/ (1 file)",
        ".files/templates/prompts/quickstart-1/.DS_Store",
        ".files/memory/thread-7c3e/notes.txt",
    }
    assert counts(run(both, "--dry-run")) == FIVE
    assert both.data("memory", "ls", "--profile", "cloud")["conversations"] == []
    assert counts(run(both)) == FIVE
    assert counts(run(both)) == {"unchanged": 5}

    with Storage.from_config("cloud") as storage:
        memory, prompts = storage.memory, storage.prompts
        assert set(memory.list_conversations()) == {"_shared", "order 20417", "thread-7c3e"}
        for thread, name in (
            ("_shared", "memory/context.md"),
            ("thread-7c3e", "memory/thread-7c3e/context.md"),
            ("order 20417", "memory/order 20417/context.md"),
        ):
            assert memory.load_memory(thread) == {"context": MEMORIES[name]}
        [revision] = memory.history("thread-7c3e")
        assert (revision.author, revision.tags) == ("tester", ("migrated",))
        assert revision.message == "Migrated from .files/memory/thread-7c3e/context.md"
        assert prompts.get_set("quickstart-1") == {
            ".draft.md": "Hidden, and a prompt.",
            "parts/tone.md": PROMPTS["templates/prompts/quickstart-1/parts/tone.md"],
            "triage.jinja": PROMPTS["templates/prompts/quickstart-1/triage.jinja"],
        }
        assert prompts.get("bike-insights", "summary.md") == "Sum up."
        # An import of the same files finds nothing to do.
        first = prompts.history("quickstart-1")[0]
        folder = Path("app/.files/templates/prompts/quickstart-1")
        assert prompts.import_directory("quickstart-1", folder) == first
    assert both.data("memory", "import", "app/.files", "--profile", "cloud")["counts"] == {
        "unchanged": 3
    }
    report = both.data("migrate", "verify", *WHERE)
    assert (report["passed"], report["equal"]) == (True, 5)
    assert both.data("verify", "--profile", "cloud", "--strict")["problems"] == 0


def test_the_folder_itself_and_one_component_at_a_time(local: Cli) -> None:
    write_tree(local, "files")
    memory = ("--from", "./files", "--to", "cloud:data", "--layout", "ingenious")
    done = run(local, "--only", "memory", where=memory)
    assert (counts(done), done["layout"]) == ({"copied": 3}, "ingenious/memory")
    assert local.data("prompts", "sets", "--profile", "cloud")["sets"] == []
    prompts = ("--from", "./files/templates/prompts", "--to", "cloud:revisions")
    done = run(local, "--only", "prompts", "--layout", "ingenious", where=prompts)
    assert counts(done) == {"copied": 2}
    assert run(local, where=memory)["counts"]["equal"] == 5


def test_from_a_container_with_a_prefix(both: Cli) -> None:
    """As the framework keeps them on Azure: below `path`, in a container of its own."""
    write_tree(both, "tree/ingenious-files")
    raw = ("--from", "./tree", "--to", "cloud:data")
    both("migrate", "run", *raw)
    inside = ("--from", "cloud:data", "--to", "app:data", "--layout", "ingenious")
    assert counts(run(both, where=inside)) == FIVE
    with Storage.from_config("app") as storage:
        assert storage.memory.load_memory("order 20417") == {"context": "Refunded."}
    # In place as well: the documents stand beside the files.
    in_place = ("--from", "cloud:data", "--to", "cloud:data", "--layout", "ingenious")
    assert counts(run(both, where=in_place)) == FIVE
    assert counts(run(both, where=in_place)) == {"unchanged": 5}


def test_a_delta_and_what_it_must_not_touch(both: Cli) -> None:
    write_tree(both)
    run(both)
    with Storage.from_config("cloud") as storage:
        both.write("app/.files/memory/context.md", "Kestrel sells loudspeakers.\n")
        both.write("app/.files/templates/prompts/quickstart-1/new.md", "More.")
        both.write("app/.files/memory/new/context.md", "Hello")
        done = run(both)
        assert counts(done) == {"copied": 1, "updated": 2, "unchanged": 3}
        assert storage.memory.load_memory("_shared") == {"context": "Kestrel sells loudspeakers.\n"}
        assert len(storage.memory.history("_shared")) == 2
        assert "new.md" in storage.prompts.get_set("quickstart-1")

        # The application writes at the target, and the source changes too.
        storage.memory.save_memory("thread-7c3e", {"context": "newer"})
        both.write("app/.files/memory/thread-7c3e/context.md", "older")
        storage.memory.delete_memory("order 20417")
        done = run(both, code=4)
        assert counts(done) == {"unchanged": 4, "conflict": 2}
        codes = {problem["key"]: problem["code"] for problem in done["conflicts"]}
        assert codes == {
            "conversations/thread-7c3e/memory.json": "conflict",
            "conversations/order%2020417/memory.json": "deleted_at_target",
        }
        assert storage.memory.load_memory("thread-7c3e") == {"context": "newer"}
        with pytest.raises(MemoryNotFoundError):
            storage.memory.load_memory("order 20417")

        done = run(both, "--overwrite", code=4)
        assert counts(done) == {"unchanged": 4, "overwritten": 1, "conflict": 1}
        texts = [storage.memory.load_memory("thread-7c3e", revision=n)["context"] for n in (2, 3)]
        assert texts == ["newer", "older"]
        with pytest.raises(MemoryNotFoundError):
            storage.memory.load_memory("order 20417")


def test_what_is_there_already(both: Cli) -> None:
    write_tree(both)
    with Storage.from_config("cloud") as storage:
        storage.memory.save_memory("_shared", {"context": MEMORIES["memory/context.md"]})
        storage.memory.save_memory("thread-7c3e", {"messages": []})
        storage.prompts.create_set("bike-insights", {"summary.md": "Sum up."})
        wrong_order = ("triage.jinja", "parts/tone.md", ".draft.md")
        root = "templates/prompts/quickstart-1"
        storage.prompts.create_set(
            "quickstart-1", {name: PROMPTS[f"{root}/{name}"] for name in wrong_order}
        )
        storage.memory.save_memory("other", 1)
        done = run(both, code=4)
        assert counts(done) == {"copied": 1, "equal": 3, "conflict": 1}
        assert storage.memory.load_memory("thread-7c3e") == {"messages": []}
    report = both.data("migrate", "verify", *WHERE, code=1)
    assert {(each["kind"], each["key"]) for each in report["differences"]} == {
        ("different", "conversations/thread-7c3e/memory.json"),
        ("extra", "conversations/other/memory.json"),
    }


def test_what_cannot_be_a_document_is_named_and_the_rest_is_copied(local: Cli) -> None:
    write_tree(local)
    Path("app/.files/memory/latin").mkdir()
    Path("app/.files/memory/latin/context.md").write_bytes("Ärger".encode("latin-1"))
    Path("app/.files/templates/prompts/quickstart-1/logo.png").write_bytes(b"\x89PNG\xff")
    local.write("app/.files/memory/empty/context.md", "")
    local.write("app/.files/memory/huge/context.md", "x" * 3000)
    local.write("app/.files/memory/quotes/context.md", '"' * 1500)  # over it as JSON only
    Path("app/.files/memory/link").symlink_to("/etc")
    text = Path("profiles.yml").read_text()
    local.write("profiles.yml", f"{text.rstrip()}\n      max_document_bytes: 2000\n")

    plan = local.data("migrate", "plan", *WHERE)
    assert plan["contents"]["memory"]["empty"] == [".files/memory/empty/context.md"]
    faults = {entry["name"]: entry["reason"] for entry in plan["skipped"] if entry["fault"]}
    assert set(faults) == {
        ".files/memory/latin/context.md",
        ".files/templates/prompts/quickstart-1",
        ".files/memory/huge/context.md",
        ".files/memory/quotes/context.md",
    }
    assert "is not UTF-8 text (byte 0)" in faults[".files/memory/latin/context.md"]
    assert "logo.png is not UTF-8" in faults[".files/templates/prompts/quickstart-1"]
    assert "3000 bytes, over storage.max_document_bytes" in faults[".files/memory/huge/context.md"]
    assert {".files/memory/link"} <= {entry["name"] for entry in plan["skipped"]}

    done = run(local, code=1)
    assert counts(done) == {"copied": 5, "failed": 3}
    assert {problem["code"] for problem in done["failures"]} == {"invalid_data", "object_too_large"}
    with Storage.from_config("cloud") as storage:
        assert storage.memory.load_memory("empty") == {"context": ""}
        assert list(storage.prompts.list_sets()) == ["bike-insights"]


def test_what_cannot_be_read_matters_in_its_folders_only(local: Cli) -> None:
    write_tree(local)
    os.mkfifo("app/pipe")
    assert counts(run(local)) == FIVE
    os.mkfifo("app/.files/memory/pipe")
    done = run(local, code=1)
    faults = {entry["name"]: entry["fault"] for entry in done["skipped"] if "pipe" in entry["name"]}
    assert faults == {"pipe": False, ".files/memory/pipe": True}


@pytest.mark.parametrize(
    ("extra", "names"),
    [
        (
            {"templates/prompts/Bike Insights/a.md": "x"},
            ["templates/prompts/Bike Insights", "templates/prompts/bike_insights"],
        ),
        ({"memory/_shared/context.md": "x"}, ["memory/_shared/context.md", "memory/context.md"]),
    ],
)
def test_two_that_would_be_one_stop_it(local: Cli, extra: dict[str, str], names: list[str]) -> None:
    write_tree(local, "app")
    for name, text in extra.items():
        local.write(f"app/{name}", text)
    plan = local.data("migrate", "plan", *WHERE, code=4)
    [collision] = plan["collisions"]
    assert sorted(collision["names"]) == names
    error = local.error("migrate", "run", *WHERE, code=4)
    assert error["code"] == "name_collision"
    assert not Path("new").exists()


@pytest.mark.parametrize("thread", ["a.", "100%", "日本" * 40, "CON", "a'b\"c"])
def test_any_thread_is_a_conversation(local: Cli, thread: str) -> None:
    local.write(f"app/memory/{thread}/context.md", thread)
    assert counts(run(local)) == {"copied": 1}
    with Storage.from_config("cloud") as storage:
        assert storage.memory.load_memory(thread) == {"context": thread}
        assert list(storage.memory.list_conversations()) == [thread]
    assert local.data("migrate", "verify", *WHERE)["passed"]


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (("--to", "./out"), "to a storage, not to a folder"),
        (("--to", "cloud:revisions", "--only", "memory"), "kept in the container 'data'"),
        (("--to", "cloud:data", "--only", "prompts"), "kept in the container 'revisions'"),
    ],
)
def test_what_cannot_be_meant(local: Cli, args: tuple[str, ...], problem: str) -> None:
    write_tree(local)
    error = local.error("migrate", "run", "--from", "./app", "--layout", "ingenious", *args, code=2)
    assert problem in error["message"]


def test_a_source_without_the_layout(local: Cli) -> None:
    local.write("app/notes.md", "x")
    error = local.error("migrate", "plan", *WHERE, code=3)
    assert error["code"] == "layout_not_found"
    assert "--only memory" in error["hint"]


@pytest.mark.parametrize("inside", ["new", "templates/prompts/store"])
def test_a_target_inside_the_source_is_left_out(local: Cli, inside: str) -> None:
    write_tree(local, ".")
    local.write("profiles.yml", Path("profiles.yml").read_text().replace("./new", inside))
    here = ("--from", ".", "--to", "cloud:data", "--layout", "ingenious")
    assert counts(run(local, where=here)) == FIVE
    assert counts(run(local, where=here)) == {"unchanged": 5}
