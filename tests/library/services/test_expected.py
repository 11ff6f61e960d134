"""What a change expects to go on top of, through the services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ingenious_storage import (
    AlreadyExistsError,
    ConflictError,
    MemoryManager,
    PromptLibrary,
    PromptNotFoundError,
    Revision,
)
from ingenious_storage.backends.inmemory import InMemoryBackend
from tests.support.layering import files_on

CHANGES: dict[str, Callable[[MemoryManager, Any], Revision]] = {
    "update_memory": lambda memory, expected: memory.update_memory(
        "c", lambda data: {**data, "x": 1}, expected=expected
    ),
    "append_messages": lambda memory, expected: memory.append_messages(
        "c", [{"role": "user", "content": "Hi"}], expected=expected
    ),
    "delete_memory": lambda memory, expected: memory.delete_memory("c", expected=expected),
    "rollback": lambda memory, expected: memory.rollback("c", 1, expected=expected),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_on_top_of_another_revision_is_refused(change: str) -> None:
    memory = MemoryManager(files_on(InMemoryBackend()))
    first = memory.save_memory("c", {"messages": [1]})
    second = memory.save_memory("c", {"messages": [2]})
    with pytest.raises(ConflictError):
        CHANGES[change](memory, first)
    assert memory.history("c") == [second, first]
    assert CHANGES[change](memory, second).number == 3


def test_a_memory_is_restored_from_the_deletion_that_was_seen() -> None:
    memory = MemoryManager(files_on(InMemoryBackend()))
    first = memory.save_memory("c", [1])
    deleted = memory.delete_memory("c")
    with pytest.raises(ConflictError):
        memory.restore_memory("c", expected=first)
    assert memory.restore_memory("c", expected=deleted).number == 3
    assert memory.load_memory("c") == [1]


SET_CHANGES: dict[str, Callable[[PromptLibrary, Any], Revision]] = {
    "commit": lambda prompts, expected: prompts.commit("s", {"a": "3"}, expected=expected),
    "delete_set": lambda prompts, expected: prompts.delete_set("s", expected=expected),
    "rollback": lambda prompts, expected: prompts.rollback("s", 1, expected=expected),
}


@pytest.fixture
def prompts() -> PromptLibrary:
    return PromptLibrary(files_on(InMemoryBackend()))


@pytest.mark.parametrize("change", SET_CHANGES)
def test_a_change_of_a_set_on_top_of_another_revision_is_refused(
    prompts: PromptLibrary, change: str
) -> None:
    first = prompts.create_set("s", {"a": "1"})
    second = prompts.commit("s", {"a": "2"})
    with pytest.raises(ConflictError):
        SET_CHANGES[change](prompts, first)
    assert prompts.history("s") == [second, first]
    assert SET_CHANGES[change](prompts, second).number == 3


def test_a_set_is_restored_from_the_deletion_that_was_seen(prompts: PromptLibrary) -> None:
    first = prompts.create_set("s", {"a": "1"})
    deleted = prompts.delete_set("s")
    with pytest.raises(ConflictError):
        prompts.restore_set("s", expected=first)
    assert prompts.restore_set("s", expected=deleted).number == 3
    assert prompts.get_set("s") == {"a": "1"}
    with pytest.raises(PromptNotFoundError):
        prompts.restore_set("never")


def test_a_label_is_moved_from_where_it_was_seen(prompts: PromptLibrary) -> None:
    prompts.create_set("s", {"a": "1"})
    prompts.commit("s", {"a": "2"})
    seen = prompts.set_label("production", "s", revision=1, expected=0)
    moved = prompts.set_label("production", "s", revision=2, expected=seen)
    for stale in (seen, seen.moved, 1):
        with pytest.raises(ConflictError):
            prompts.set_label("production", "s", revision=1, expected=stale)
        with pytest.raises(ConflictError):
            prompts.delete_label("production", expected=stale)
    with pytest.raises(AlreadyExistsError):
        prompts.set_label("production", "s", expected=0)
    assert prompts.get_label("production") == moved
    assert prompts.delete_label("production", expected=moved.moved).number == 3
    assert prompts.set_label("production", "s", expected=0).moved.number == 4


def test_a_set_is_purged_when_no_label_pins_it(prompts: PromptLibrary) -> None:
    prompts.create_set("s", {"a": "1"})
    prompts.set_label("production", "s")
    with pytest.raises(ConflictError, match="production"):
        prompts.purge_set("s")
    assert prompts.get_set("s") == {"a": "1"}
    prompts.delete_label("production")
    assert prompts.purge_set("s").revisions == 1
    with pytest.raises(PromptNotFoundError):
        prompts.history("s")
    with pytest.raises(PromptNotFoundError):
        prompts.purge_set("s")


def test_a_commit_is_checked_against_what_it_goes_on_top_of(prompts: PromptLibrary) -> None:
    def is_new(files: dict[str, str]) -> None:
        if "a" in files:
            raise AlreadyExistsError("a is there")

    prompts.create_set("s", {"b": "1"})
    assert prompts.commit("s", {"a": "1"}, check=is_new).number == 2
    with pytest.raises(AlreadyExistsError):
        prompts.commit("s", {"a": "2"}, check=is_new)
    assert prompts.snapshot("s").prompts == {"b": "1", "a": "1"}


@pytest.mark.parametrize("expected", [0, 3, 99])
def test_a_revision_that_is_not_the_newest_is_a_conflict(
    prompts: PromptLibrary, expected: int
) -> None:
    prompts.create_set("s", {"a": "1"})
    prompts.commit("s", {"a": "2"})
    with pytest.raises(ConflictError):
        prompts.commit("s", {"a": "3"}, expected=expected)
