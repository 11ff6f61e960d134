"""A revision by its id: number and write_id, as every `expected=` and `revision=` takes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ingenious_storage import ConflictError, Revision, RevisionId, Storage

OTHER = "0123456789abcdef"


def other(revision: Revision) -> RevisionId:
    """The same number in another lineage."""
    return RevisionId(revision.number, OTHER)


def test_an_id_compares_and_a_revision_is_more_than_its_id(storage: Storage) -> None:
    first = storage.memory.save_memory("a", 1)
    second = storage.memory.save_memory("a", 2)
    assert first.id == RevisionId(first.number, first.write_id) != other(first)
    assert sorted([second.id, first.id]) == [first.id, second.id]
    assert first != first.id
    assert first.id.id == first.id


def test_memories_by_id(storage: Storage) -> None:
    memory = storage.memory
    first = memory.save_memory("a", {"n": 1})
    second = memory.save_memory("a", {"n": 2}, expected=first.id)
    assert memory.load_memory("a", revision=first.id) == {"n": 1}
    assert memory.diff("a", first.id, second.id) == memory.diff("a", 1, 2) != ""
    rolled = memory.rollback("a", first.id)
    assert (rolled.number, rolled.message) == (3, "Rollback to revision 1")
    assert memory.load_memory("a") == {"n": 1}


@pytest.mark.parametrize("wrong", ["1", 1.0, (1, OTHER), {"number": 1, "write_id": OTHER}])
def test_what_is_no_revision_is_refused(storage: Storage, wrong: Any) -> None:
    memory = storage.memory
    memory.save_memory("a", 1)
    calls: list[Callable[[], object]] = [
        lambda: memory.load_memory("a", revision=wrong),
        lambda: memory.save_memory("a", 2, expected=wrong),
        lambda: memory.rollback("a", wrong),
        lambda: memory.diff("a", wrong),
    ]
    for call in calls:
        with pytest.raises(TypeError, match=r"RevisionId is needed, not .*: give a revision"):
            call()
    assert memory.load_memory("a") == 1


def test_memories_of_another_lineage(storage: Storage) -> None:
    memory = storage.memory
    first = memory.save_memory("a", {"n": 1})
    memory.save_memory("a", {"n": 2})
    with pytest.raises(ConflictError):
        memory.load_memory("a", revision=other(first))
    with pytest.raises(ConflictError):
        memory.diff("a", other(first))
    with pytest.raises(ConflictError):
        memory.rollback("a", other(first))
    with pytest.raises(ConflictError):
        memory.save_memory("a", {}, expected=other(memory.history("a")[0]))
    assert [each.number for each in memory.history("a")] == [2, 1]


def test_prompts_by_id(storage: Storage) -> None:
    prompts = storage.prompts
    first = prompts.create_set("support", {"a.md": "1"})
    second = prompts.commit("support", {"a.md": "2"}, expected=first.id)
    label = prompts.set_label("production", "support", revision=first.id)
    assert label.id == first.id
    assert prompts.get_label("production") == label
    assert prompts.get("support", "a.md", revision=label) == "1"
    assert prompts.get("support", "a.md", revision=label.id) == "1"
    assert prompts.diff("support", first.id, second.id) == prompts.diff("support", 1, 2) != ""
    assert prompts.rollback("support", label).number == 3
    assert prompts.get("support", "a.md") == "1"
    with pytest.raises(ConflictError):
        prompts.rollback("support", other(second))
    with pytest.raises(ConflictError):
        prompts.commit("support", {"a.md": "4"}, expected=second.id)


def test_prompts_by_number(storage: Storage) -> None:
    storage.prompts.create_set("support", {"a.md": "1"})
    assert storage.prompts.commit("support", {"a.md": "2"}, expected=1).number == 2
    with pytest.raises(ConflictError):
        storage.prompts.commit("support", {"a.md": "3"}, expected=1)
    assert storage.prompts.get("support", "a.md") == "2"
