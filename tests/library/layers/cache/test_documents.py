"""Documents through the cache: requests of a load, and what a write is decided on."""

from __future__ import annotations

import pytest

from ingenious_storage import ConflictError, MemoryManager, MemoryNotFoundError
from ingenious_storage.errors import UnavailableError
from ingenious_storage.file_storage import FileStorage
from tests.library.layers.cache.given import Given

MEMORY = {"messages": [{"role": "user", "content": "Hello"}]}


def memories(given: Given) -> tuple[MemoryManager, MemoryManager]:
    """Ours, through the cache, and those of another process."""
    return MemoryManager(FileStorage(given.cache)), MemoryManager(FileStorage(given.store))


def test_a_load_within_max_age_is_no_request() -> None:
    given = Given(max_age=5)
    ours, theirs = memories(given)
    ours.save_memory("c", MEMORY)
    given.asked()
    for _ in range(3):
        assert ours.load_memory("c") == MEMORY
        assert len(ours.history("c")) == 1
    assert given.asked() == (0, 0)
    theirs.save_memory("c", [2])
    assert ours.load_memory("c") == MEMORY
    given.clock.now += 5
    assert ours.load_memory("c") == [2]
    assert given.asked() == (1, 0)


def test_another_process_reads_by_one_request_and_then_by_none() -> None:
    given = Given(max_age=5)
    ours, theirs = memories(given)
    theirs.save_memory("c", MEMORY)
    for expected in (1, 0, 0):
        assert ours.load_memory("c") == MEMORY
        assert given.asked() == (expected, 0)


def test_without_an_age_a_load_is_one_conditional_request() -> None:
    given = Given()
    ours, theirs = memories(given)
    ours.save_memory("c", MEMORY)
    given.asked()
    for _ in range(3):
        assert ours.load_memory("c") == MEMORY
    assert given.asked() == (3, 3)
    theirs.save_memory("c", [2])
    assert ours.load_memory("c") == [2]


def test_each_load_is_a_copy_of_its_own() -> None:
    given = Given(max_age=5)
    ours, _ = memories(given)
    ours.save_memory("c", MEMORY)
    ours.load_memory("c")["messages"].append(1)
    assert ours.load_memory("c") == MEMORY


def test_no_write_is_decided_on_what_is_remembered() -> None:
    given = Given(max_age=5)
    ours, theirs = memories(given)
    seen = ours.save_memory("c", [1])
    theirs.update_memory("c", lambda old: [*old, 2])
    ours.update_memory("c", lambda old: [*old, 3])
    assert theirs.load_memory("c") == ours.load_memory("c") == [1, 2, 3]
    with pytest.raises(ConflictError):
        ours.save_memory("c", [4], expected=seen)
    theirs.save_memory("c", [5])
    assert ours.rollback("c", seen).number == 5
    assert theirs.load_memory("c") == ours.load_memory("c") == [1]


def test_what_was_deleted_and_purged_here_is_gone_here() -> None:
    given = Given(max_age=5)
    ours, theirs = memories(given)
    ours.save_memory("c", MEMORY)
    ours.delete_memory("c")
    with pytest.raises(MemoryNotFoundError):
        ours.load_memory("c")
    ours.restore_memory("c")
    assert ours.load_memory("c") == MEMORY
    assert theirs.purge_memory("c").key
    assert ours.load_memory("c") == MEMORY  # for `max_age`, here
    ours.save_memory("d", MEMORY)
    ours.purge_memory("d")
    with pytest.raises(MemoryNotFoundError):
        ours.load_memory("d")
    given.clock.now += 5
    with pytest.raises(MemoryNotFoundError):
        ours.load_memory("c")


def test_in_an_outage_memories_are_read_and_not_written() -> None:
    given = Given(stale_if_error=60)
    ours, _ = memories(given)
    ours.save_memory("c", MEMORY)
    given.goes_down()
    for _ in range(3):
        assert ours.load_memory("c") == MEMORY
    with pytest.raises(UnavailableError):
        ours.load_memory("never read")
    given.comes_back()
    given.clock.now += 1
    assert ours.append_messages("c", [2]).number == 2
