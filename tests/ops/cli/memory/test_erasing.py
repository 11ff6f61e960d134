"""Commands that destroy ask first: purge, prune and gc, with and without somebody to ask."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest

from ingenious_ops.cli import parameters
from tests.ops.cli.harness import Cli

DESTROYERS = [
    ("memory", "purge", "c"),
    ("memory", "erase", "--older-than", "0s"),
    ("memory", "prune", "c", "--keep", "1"),
    ("prune", "--older-than", "0s"),
    ("prompts", "prune", "s", "--keep", "1"),
    ("gc",),
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Conversation `c` and prompt set `s` with 70 revisions each, two segments of them sealed."""
    from ingenious_storage import Storage

    folder = tmp_path_factory.mktemp("deep") / "data"
    with Storage.from_config(overrides={"storage.base_path": str(folder)}) as storage:
        storage.prompts.create_set("s")
        for number in range(70):
            storage.memory.save_memory("c", {"n": number})
            storage.prompts.commit("s", {"a.md": str(number)})
    return folder


@pytest.fixture
def deep(cli: Cli, filled: Path) -> Cli:
    """With a copy of it."""
    shutil.copytree(filled, cli.folder / "data")
    return cli


def answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody is there: what they type is the standard input of the run."""
    monkeypatch.setattr(parameters, "is_interactive", lambda: True)


@pytest.mark.parametrize("args", DESTROYERS)
def test_without_a_terminal_and_without_yes_nothing_is_touched(
    deep: Cli, args: tuple[str, ...]
) -> None:
    error = deep.error(*args, code=2)
    assert error["code"] == "usage"
    assert "--yes" in error["message"]
    assert deep.data("memory", "history", "c", "--all")["revisions"][-1]["number"] == 1


def test_no_is_an_answer(deep: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch)
    for args in (("memory", "purge", "c"), ("memory", "prune", "c", "--keep", "1")):
        result = deep(*args, stdin="n\n", code=1)
        assert "for good? [y/N]: n" in result.stderr
        assert result.stderr.endswith("error: not confirmed, nothing was changed [not_confirmed]\n")
    assert len(deep.data("memory", "history", "c", "--all")["revisions"]) == 70


def test_the_question_says_what_would_go(deep: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch)
    result = deep("memory", "prune", "c", "--keep", "1", stdin="y\n")
    assert "Drop 64 revisions of 1 conversation, for good? [y/N]: y" in result.stderr
    assert "dropped 64 revisions, " in result.stderr
    result = deep("memory", "purge", "c", stdin="y\n")
    assert "Erase the memory of 'c' with its whole history, for good?" in result.stderr


def test_nothing_to_drop_is_not_asked_about(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch)
    cli("memory", "save", "c", stdin="1")
    assert cli("memory", "prune", "c", "--keep", "1").stderr == "dropped 0 revisions, 0 bytes\n"
    assert cli("gc").stderr == "deleted 0 strays, 0 bytes\n"


@pytest.mark.parametrize("noun", ["memory", "prompts"])
def test_prune(deep: Cli, noun: str) -> None:
    name = {"memory": "c", "prompts": "s"}[noun]
    dry = deep.data(noun, "prune", name, "--keep", "10", "--dry-run")
    assert dry["dry_run"]
    assert dry["revisions"] > 30
    assert dry == deep.data(noun, "prune", name, "--keep", "10", "--dry-run")
    done = deep(noun, "prune", name, "--keep", "10", "--yes")
    assert done.stdout.split("\t")[:2] == [name, str(dry["revisions"])]
    assert deep.data(noun, "prune", name, "--keep", "10", "--yes")["revisions"] == 0
    revisions = deep.data(noun, "history", name, "--all")["revisions"]
    assert 10 <= len(revisions) <= 70 - dry["revisions"] + 1


def test_prune_by_age(deep: Cli) -> None:
    assert deep.data("memory", "prune", "c", "--older-than", "1h", "--yes")["revisions"] == 0
    time.sleep(0.02)
    assert deep.data("memory", "prune", "c", "--older-than", "0s", "--yes")["revisions"] == 64


def test_prune_spares_what_a_label_pins(deep: Cli) -> None:
    deep("prompts", "label", "set", "production", "s@1")
    assert deep.data("prompts", "prune", "s", "--keep", "1", "--yes")["revisions"] == 0


@pytest.mark.parametrize(
    "args",
    [
        ("c",),
        ("--keep", "1"),
        ("c", "--keep", "0"),
    ],
)
def test_prune_has_to_be_told_exactly_what(deep: Cli, args: tuple[str, ...]) -> None:
    assert deep.error("memory", "prune", *args, "--yes", code=2)["code"] == "usage"


def test_one_name_that_is_not_there_does_not_stop_the_others(deep: Cli) -> None:
    result = deep("memory", "prune", "nobody", "c", "--keep", "1", "--yes", code=3)
    assert result.stdout.startswith("c\t64\t")
    assert "error: no memory of conversation 'nobody'" in result.stderr
    data = deep.data("memory", "prune", "nobody", "c", "--keep", "1", "--dry-run", code=3)
    assert data["pruned"][0]["error"]["code"] == "memory_not_found"


def stray(cli: Cli) -> Path:
    """A segment of a branch that the history of `c` does not lead to."""
    history = cli.folder / "data/ingenious-data/history/conversations/c/memory.json"
    path = history / "0000000099-0123456789abcdef"
    path.write_bytes(b"stray")
    return path


def test_gc(deep: Cli) -> None:
    path = stray(deep)
    assert deep.data("gc", "--yes")["deleted"] == []  # too young
    dry = deep("gc", "--grace", "0s", "--dry-run")
    assert dry.stdout == f"data\thistory/conversations/c/memory.json/{path.name}\n"
    assert dry.stderr == "would delete 1 stray, 5 bytes\n"
    assert path.exists()
    assert deep.data("gc", "--grace", "0s", "--yes")["bytes"] == 5
    assert not path.exists()
    assert deep.data("verify", "--strict")["strays"] == 0


def test_gc_asks(deep: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch)
    path = stray(deep)
    result = deep("gc", "--grace", "0s", stdin="n\n", code=1)
    assert "Delete 1 stray, 5 bytes, for good?" in result.stderr
    assert path.exists()
    deep("gc", "--grace", "0s", stdin="y\n")
    assert not path.exists()


def test_gc_leaves_what_the_application_stores_beside(deep: Cli) -> None:
    mine = deep.folder / "data/ingenious-data/reports/1.json"
    mine.parent.mkdir()
    mine.write_text(json.dumps({"mine": True}))
    assert deep.data("verify", "--strict")["problems"] == 0
    assert deep.data("gc", "--grace", "0s", "--yes")["deleted"] == []
    assert mine.exists()
