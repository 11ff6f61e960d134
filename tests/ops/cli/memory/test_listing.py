"""`memory ls` and `memory info`, and what they cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from ingenious_storage import MemoryManager
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.services.memory_info import list_memories, memory_info, with_revisions
from tests.ops.cli.harness import Cli
from tests.support.counting import CountingBackend

LONG = "user-" + "x" * 300
IDS = ["-100123", "ä/1", "ä/2", LONG, "user-1", "user-2/a", "%61", "a~b", "user-" + "x" * 150]


@pytest.fixture
def counted() -> tuple[MemoryManager, CountingBackend]:
    backend = CountingBackend(InMemoryBackend())
    memory = MemoryManager(FileStorage(backend))
    for name in IDS:
        memory.save_memory(name, {"n": 1})
    memory.save_memory("user-1", {"n": 2})
    memory.save_memory("user-gone", 1)
    memory.delete_memory("user-gone")
    fresh = MemoryManager(FileStorage(backend))  # remembers nothing
    backend.reset()
    return fresh, backend


def test_what_a_listing_costs(counted: tuple[MemoryManager, CountingBackend]) -> None:
    memory, backend = counted
    names = {each.conversation_id for each in list_memories(memory)}
    assert names == set(IDS)
    assert backend.operations == {"list": 2, "get": 2}  # for the long id, and the deleted one
    backend.reset()
    numbers = {
        listed.conversation_id: found.newest.number
        for listed, found in with_revisions(memory, list_memories(memory))
        if found is not None
    }
    assert numbers == {**dict.fromkeys(IDS, 1), "user-1": 2}
    assert backend.operations == {"list": 2, "get": 2 + len(IDS)}
    backend.reset()
    assert memory_info(memory, "user-1").newest.number == 2
    assert backend.operations == {"get": 1}


@pytest.mark.parametrize(
    "prefix", ["user-", "user-" + "x" * 120, LONG, "ä", "ä/", "-", "%", "a~", "a", "nothing", "ß"]
)
def test_a_prefix_is_of_the_id(counted: tuple[MemoryManager, CountingBackend], prefix: str) -> None:
    memory, _ = counted
    found = [each.conversation_id for each in list_memories(memory, prefix)]
    assert sorted(found) == sorted(name for name in IDS if name.startswith(prefix))


def test_a_prefix_reads_no_other_ids() -> None:
    backend = CountingBackend(InMemoryBackend())
    memory = MemoryManager(FileStorage(backend))
    for number in range(30):
        memory.save_memory(f"{number % 3}-{number}" + "x" * 300, 1)
    backend.reset()
    assert len(list(list_memories(memory, "1-"))) == 10
    assert backend.operations == {"list": 2, "get": 10}
    backend.reset()
    assert len(list(islice(list_memories(memory), 5))) == 5
    assert backend.operations["get"] == 5


def test_ls_says_size_and_time_without_a_request_more(cli: Cli) -> None:
    before = datetime.now(UTC)
    for name in ("c", "b", "a"):
        cli("memory", "save", name, "-", stdin='{"n": 1}')
    cli("memory", "save", "b", "-", stdin='{"n": 2}')
    assert cli("memory", "ls").stdout == "a\nb\nc\n"
    rows = [line.split("\t") for line in cli("memory", "ls", "--long").stdout.splitlines()]
    sizes = {
        path.parent.name: path.stat().st_size
        for path in (cli.folder / "data/ingenious-data/conversations").glob("*/memory.json")
    }
    assert [(row[0], int(row[1])) for row in rows] == sorted(sizes.items())
    for row in rows:
        changed = datetime.fromisoformat(row[2])
        assert timedelta(seconds=-2) < changed - before < timedelta(minutes=2)
    counted = cli("memory", "ls", "--revisions").stdout.splitlines()
    assert [line.split("\t")[3] for line in counted] == ["1", "2", "1"]


def test_limit_says_that_there_are_more(cli: Cli) -> None:
    for name in ("a1", "a2", "b"):
        cli("memory", "save", name, "-", stdin="1")
    result = cli("memory", "ls", "--limit", "2")
    assert result.stdout == "a1\na2\n"
    assert result.stderr == "the first 2 conversations; there are more\n"
    assert cli("memory", "ls", "-n", "3").stderr == ""
    assert cli("memory", "ls", "--prefix", "a", "-n", "2").stderr == ""
    data = cli.data("memory", "ls", "-n", "1", "--revisions")
    assert (data["conversations"], data["truncated"]) == (["a1"], True)
    [details] = data["details"]
    assert (details["conversation"], details["revisions"]) == ("a1", 1)
    assert cli.data("memory", "ls")["truncated"] is False
    assert cli.data("memory", "ls")["details"][0]["revisions"] is None


def test_info_knows_deleted_and_pruned_ones(cli: Cli) -> None:
    for number in range(70):
        cli("memory", "save", "c", "-", "-m", f"change {number}", stdin=str(number))
    cli("memory", "prune", "c", "--keep", "1", "--yes")
    data = cli.data("memory", "info", "c")
    assert data["revisions"] == 70
    assert data["oldest"] > 1
    assert data["key"] == "conversations/c/memory.json"
    assert data["newest"]["message"] == "change 69"
    assert f"70, kept from {data['oldest']}" in cli("memory", "info", "c").stdout
    cli("memory", "rm", "c")
    assert cli.data("memory", "info", "c")["deleted"] is True
    assert "(deleted)" in cli("memory", "info", "c").stdout
    assert cli.error("memory", "info", "d", code=3)["code"] == "memory_not_found"
