"""`prune`: all documents of a storage, by a policy and by their TTL."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import pytest

from ingenious_ops.cli import parameters
from ingenious_storage import Storage
from tests.ops.cli.harness import Cli

TTLS = '{"memory": 30, "langgraph": 30, "langraph": 30}'
YEAR = 365 * 24 * 60 * 60


def _turn(turn: int, _: object) -> Any:
    return {"turn": turn}


@pytest.fixture
def old(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Written a year ago, but for a set with 70 revisions."""
    with Storage.from_config() as storage:
        storage.memory.save_memory("idle", ["words"])
        for turn in range(70):
            storage.agents("openai-agents").change("s", leaf="session", fn=partial(_turn, turn))
        for leaf in ("state", "writes"):
            storage.agents("langgraph").change("t", "", leaf=leaf, fn=partial(_turn, 1))
        for path in (cli.folder / "data").rglob("*"):
            if path.is_file():
                status = path.stat()
                os.utime(path, (status.st_atime - YEAR, status.st_mtime - YEAR))
        storage.prompts.create_set("s")
        for turn in range(69):
            storage.prompts.commit("s", {"a.md": str(turn)})
    monkeypatch.setenv("INGENIOUS_STORAGE__TTL_DAYS", TTLS)
    return cli


def left(framework: str) -> int:
    with Storage.from_config() as storage:
        return len(list(storage.agents(framework).names()))


def test_what_would_go_and_what_went(old: Cli) -> None:
    args = ("prune", "--keep", "10", "--older-than", "90d")
    would = old.data(*args, "--dry-run")
    assert (would["dry_run"], would["documents"], would["catalogue"]) == (True, 5, None)
    assert (would["erased"], would["pruned"], would["revisions"]) == (3, 1, 32)  # the set is young
    assert {each["done"]: each["kind"] for each in would["entries"]} == {
        "erased": "agents",
        "pruned": "agents",
    }
    assert left("langgraph") == 2
    done = old.data(*args, "--yes")
    assert (done["erased"], done["pruned"], done["failed"], done["kept"]) == (3, 1, 0, 0)
    receipts = [each["receipt"] for each in done["entries"] if each["done"] == "erased"]
    assert sorted(each["key"] for each in receipts) == [
        "agents/langgraph/t/~/state.msgpack",
        "agents/langgraph/t/~/writes.msgpack",
        "conversations/idle/memory.json",
    ]
    assert done["catalogue"] == {"documents": None, "snapshots": [], "error": None}
    assert done["without_documents"] == ["langraph"]
    assert left("langgraph") == 0
    assert old.data(*args, "--yes")["entries"] == []
    assert old.data("verify")["problems"] == 0


def test_people_are_told_and_asked(old: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parameters, "is_interactive", lambda: True)
    result = old("prune", "--keep", "10", stdin="n\n", code=1)
    question = "Drop 64 revisions of 2 documents and erase 3 whole documents, for good? [y/N]: n"
    assert question in result.stderr
    assert left("langgraph") == 2
    result = old("prune", "--keep", "10", "--kind", "prompts", stdin="y\n")
    assert result.stdout.startswith("pruned\tprompts/s.json\t32\t1\t")
    assert "dropped 32 revisions of 1 document, " in result.stderr
    result = old("prune", "--framework", "langgraph", stdin="y\n")
    assert "dropped 0 revisions of 0 documents and erased 2 whole documents, " in result.stderr
    monkeypatch.delenv("INGENIOUS_STORAGE__TTL_DAYS")
    assert old("prune", "--keep", "99").stderr == "dropped 0 revisions of 0 documents, 0 bytes\n"


def test_without_ttls(old: Cli) -> None:
    assert old.data("prune", "--keep", "10", "--no-ttl", "--yes")["erased"] == 0
    assert "no documents of: langraph" in old("prune", "--yes", "--kind", "agents").stderr


def test_a_label_bounds_it(old: Cli) -> None:
    old("prompts", "label", "set", "production", "s@40")
    done = old.data("prune", "--below-labels", "--kind", "prompts", "--yes")
    assert [(each["key"], each["revisions"]) for each in done["entries"]] == [
        ("prompts/s.json", 32)
    ]


def test_what_fails_is_told_and_does_not_stop_the_others(old: Cli) -> None:
    head = old.folder / "data/ingenious-data/agents/openai-agents/s/session.msgpack"
    head.write_bytes(b"{}")
    result = old("prune", "--keep", "10", "--yes", code=1)
    assert "session.msgpack" in result.stderr
    assert "[corrupt_object]" in result.stderr
    done = old.data("prune", "--keep", "10", "--yes", code=1)
    assert [each["error"]["code"] for each in done["entries"]] == ["corrupt_object"]
    assert done["failed"] == 1


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ((), "nothing says what may go"),
        (("--below-labels",), "labels pin prompt sets alone"),
        (("--keep", "1", "--kind", "memory", "--framework", "x"), "frameworks are named"),
        (("--keep", "0"), "--keep"),
        (("--keep", "1", "--kind", "x"), "--kind"),
    ],
)
def test_what_means_nothing_is_wrong_usage(cli: Cli, args: tuple[str, ...], says: str) -> None:
    error = cli.error("prune", *args, "--yes", code=2)
    assert error["code"] == "usage"
    assert says in error["message"]
