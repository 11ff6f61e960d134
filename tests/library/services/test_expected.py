"""What a change expects to go on top of, through the services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ingenious_storage import ConflictError, MemoryManager, Revision
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
