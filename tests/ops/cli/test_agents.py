"""`agents`: what adapters keep, in words, and gone when it is asked for."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingenious_storage import Storage
from tests.ops.cli.harness import Cli, run_script

HISTORY = {"messages": ["😀 hé", "half \udc80"], "blob": b"\x00" * 512, 7: math.nan}
WORDS = {"messages": ["😀 hé", "half \\udc80"], "blob": "<512 bytes>", "<7>": "<nan>"}
SESSION = "agents/agent-framework/chat%201/~/session.msgpack"


def _turn(turn: int, _: object) -> Any:
    return {"turn": turn}


@pytest.fixture
def storage(cli: Cli) -> Iterator[Storage]:
    """What the commands see."""
    with Storage.from_config() as storage:
        yield storage


@pytest.fixture
def kept(storage: Storage, cli: Cli) -> Cli:
    """Documents of two frameworks; one of three revisions, and a deleted one."""
    at = storage.agents("agent-framework")
    at.change("chat 1", "audit", leaf="history", fn=lambda _: HISTORY)
    for turn in range(3):
        at.change("chat 1", "", leaf="session", fn=partial(_turn, turn))
    at.change("chat 2", "audit", leaf="history", fn=lambda _: "gone")
    at.store.delete(at.key("chat 2", "audit", leaf="history"))
    storage.agents("langgraph").change("t", "", leaf="checkpoints", fn=lambda _: [b"x"])
    return cli


def test_frameworks_and_their_documents_are_listed(kept: Cli) -> None:
    assert kept("agents", "ls").stdout == "agent-framework\nlanggraph\n"
    rows = [
        line.split("\t") for line in kept("agents", "ls", "agent-framework").stdout.splitlines()
    ]
    assert [row[:2] for row in rows] == [["'chat 1' audit", "history"], ["'chat 1' ''", "session"]]
    assert all(int(size) > 100 and changed.endswith("Z") for _, _, size, changed in rows)
    found = kept.data("agents", "ls", "agent-framework", "chat 1", "--revisions")["documents"]
    assert [(e["parts"], e["what"], e["revisions"]) for e in found] == [
        (["chat 1", "audit"], "history", 1),
        (["chat 1", ""], "session", 3),
    ]
    assert found[1]["key"] == SESSION
    first = kept("agents", "ls", "agent-framework", "--limit", "1")
    assert "the first 1 document; there are more" in first.stderr
    assert kept.data("agents", "ls", "agent-framework", "--limit", "1")["truncated"]
    assert "no documents" in kept("agents", "ls", "agent-framework", "chat 2").stderr


def test_nothing_is_kept_yet(cli: Cli) -> None:
    assert "no frameworks" in cli("agents", "ls").stderr
    assert "no documents" in cli("agents", "ls", "langgraph").stderr


def test_a_document_is_printed_in_words(kept: Cli) -> None:
    assert json.loads(kept("agents", "show", "agent-framework", "chat 1", "audit").stdout) == WORDS
    name = ("agent-framework", "chat 1", "--what", "session")
    assert kept.data("agents", "show", *name)["data"] == {"turn": 2}
    assert kept.data("agents", "show", *name, "--revision", "1")["data"] == {"turn": 0}
    assert kept.error("agents", "show", *name, "-r", "9", code=3)["code"] == "revision_not_found"


def test_a_name_that_several_documents_have_is_asked_for(kept: Cli) -> None:
    error = kept.error("agents", "show", "agent-framework", "chat 1", code=2)
    assert "'chat 1' audit --what history, 'chat 1' '' --what session" in error["message"]
    missing = kept.error("agents", "show", "agent-framework", "chat 3", code=3)
    assert (missing["code"], missing["hint"]) == (
        "not_found",
        "`agents ls agent-framework` lists what is there.",
    )
    assert kept.error("agents", "ls", "../memory", code=2)["message"]


def test_the_history_also_of_a_deleted_document(kept: Cli) -> None:
    name = ("agent-framework", "chat 1", "--what", "session")
    found = kept.data("agents", "history", *name, "-n", "2")
    assert [each["number"] for each in found["revisions"]] == [3, 2]
    assert (found["total"], found["truncated"]) == (3, True)
    deleted = kept.data("agents", "history", "agent-framework", "chat 2")["revisions"]
    assert [each["deleted"] for each in deleted] == [True, False]
    assert kept.error("agents", "show", "agent-framework", "chat 2", code=3)["code"] == "not_found"


def test_a_purge_takes_all_documents_of_the_name(kept: Cli, storage: Storage) -> None:
    name = ("agent-framework", "chat 1")
    dry = kept.data("agents", "purge", *name, "--dry-run")
    assert [each["what"] for each in dry["documents"]] == ["history", "session"]
    assert dry["purged"] == []
    assert "--yes" in kept.error("agents", "purge", *name, code=2)["message"]
    purged = kept.data("agents", "purge", *name, "--yes")["purged"]
    assert [each["revisions"] for each in purged] == [1, 3]
    kept.error("agents", "purge", *name, "--yes", code=3)
    assert kept.data("agents", "ls", "agent-framework")["documents"] == []
    at = storage.agents("agent-framework")
    assert len(at.store.history(at.key("chat 2", "audit", leaf="history"))) == 2
    kept("agents", "purge", "agent-framework", "chat 2", "--yes")
    assert kept.data("agents", "ls", "langgraph")["documents"]


def test_cat_prints_a_packed_head_as_json(kept: Cli) -> None:
    key = SESSION.replace("/~/session", "/audit/history")
    head = json.loads(kept("cat", key).stdout)
    assert head["data"] == WORDS
    assert (head["key"], head["number"], head["deleted"]) == (key, 1, False)
    record = kept.data("cat", key)
    assert (record["head"], record["encoding"]) == (head, "base64")
    stored = (kept.folder / "data" / "ingenious-data" / key).read_bytes()
    for option in ("--raw", "--force"):
        assert kept("cat", key, option).stdout_bytes == stored
        assert kept.data("cat", key, option)["head"] is None
    kept("memory", "save", "c", stdin='{"a": 1}')
    assert kept.data("cat", "conversations/c/memory.json")["head"] is None


def test_cat_of_a_deleted_and_of_a_damaged_head(kept: Cli) -> None:
    key = "agents/agent-framework/chat%202/audit/history.msgpack"
    head = json.loads(kept("cat", key).stdout)
    assert (head["deleted"], head["data"]) == (True, None)
    path = kept.folder / "data" / "ingenious-data" / key
    damaged = path.read_bytes()[:-9]
    path.write_bytes(damaged)
    assert kept.error("cat", key, code=1)["code"] == "corrupt_object"
    assert kept("cat", key, "--force").stdout_bytes == damaged


@pytest.mark.slow
def test_hidden_names_are_found_and_shown(tmp_path: Path) -> None:
    def run(*args: str) -> Any:
        done = run_script(*args, "--json", cwd=tmp_path)
        assert done.returncode == 0, done.stdout
        return json.loads(done.stdout)["data"]

    section = {
        "base_path": str(tmp_path / "data"),
        "encryption": {
            "provider": "key_file",
            "key_file": str(tmp_path / "keys.json"),
            "hide_ids": True,
        },
    }
    config = tmp_path / "config.yml"
    config.write_text(yaml.safe_dump({"storage": section}), encoding="utf-8")
    run("keys", "init")
    with Storage.from_config(config_path=config) as storage:
        storage.agents("langgraph").change("a person", "", leaf="checkpoints", fn=lambda _: b"xy")
    [found] = run("agents", "ls", "langgraph")["documents"]
    assert found["parts"] == ["a person", ""]
    assert "person" not in found["key"]
    assert run("agents", "show", "langgraph", "a person")["data"] == "<2 bytes>"
    assert run("cat", found["key"])["head"]["data"] == "<2 bytes>"
