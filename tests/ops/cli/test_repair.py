"""`repair`: what it says, writes and ends with."""

from __future__ import annotations

from pathlib import Path

from ingenious_storage.documents.format.segment import MAX_ENTRIES
from tests.ops.cli.harness import Cli

HEAD = Path("data/ingenious-data/conversations/a/memory.json")


def grow(cli: Cli, count: int) -> None:
    for turn in range(count):
        cli.write("m.json", {"turn": turn})
        cli("memory", "save", "a", "m.json")


def test_nothing_to_repair(filled: Cli) -> None:
    result = filled("repair")
    assert result.stdout == ""
    assert result.stderr == "0 documents without a head, 0 would get its head back\n"
    assert filled.data("repair", "--apply") == {"dry_run": False, "documents": []}


def test_repair(cli: Cli) -> None:
    grow(cli, MAX_ENTRIES + 1)
    HEAD.unlink()
    assert "lost_head" in cli("verify", code=1).stdout
    told = cli("repair", code=1)
    assert told.stdout.split("\t")[:4] == [
        "data",
        "conversations/a/memory.json",
        f"revision {MAX_ENTRIES}",
        "segments",
    ]
    assert not HEAD.exists()
    assert cli.data("repair", "--prefix", "conversations/b")["documents"] == []
    (document,) = cli.data("repair", "--apply")["documents"]
    assert (document["container"], document["name"], document["first"]) == ("data", "a", 1)
    assert document["revision"]["number"] == MAX_ENTRIES
    assert cli.data("memory", "show", "a")["memory"] == {"turn": MAX_ENTRIES - 1}
    assert cli.data("verify", "--strict")["problems"] == 0
    assert cli.data("repair")["documents"] == []


def test_nothing_comes_back(cli: Cli) -> None:
    grow(cli, 2)
    HEAD.write_bytes(b"{")
    (document,) = cli.data("repair", "--apply", code=1)["documents"]
    assert (document["source"], document["revision"]) == (None, None)
    assert HEAD.read_bytes() == b"{"
    assert "nothing" in cli("repair", "--apply", code=1).stdout
