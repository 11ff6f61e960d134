"""`landed`: what became of a write whose answer was lost, however much was written since."""

from __future__ import annotations

import asyncio

import pytest

from ingenious_storage import (
    AsyncMemoryManager,
    CommitUnknownError,
    MemoryManager,
    MemoryNotFoundError,
    PromptLibrary,
)
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents.format.segment import MAX_ENTRIES
from ingenious_storage.services.kinds import MEMORIES
from tests.support.counting import CountingBackend
from tests.support.faults import FaultyBackend, any_of, lost, on, refused
from tests.support.layering import files_on

KEY = MEMORIES.key("c")


@pytest.fixture
def backend() -> CountingBackend:
    return CountingBackend(InMemoryBackend(), but="keys/")


@pytest.fixture
def memory(backend: CountingBackend) -> MemoryManager:
    """Another client, that remembers nothing when it is asked."""
    return MemoryManager(files_on(backend))


def in_doubt(backend: CountingBackend, *, arrives: bool) -> CommitUnknownError:
    """A write of which nobody could tell what became of it: then the store went away."""
    line = FaultyBackend(backend)
    writer = MemoryManager(files_on(line))
    if line.inner.list("conversations/").blobs:
        writer.load_memory("c")
    line.rule = any_of(on("put", "head", lost if arrives else refused), on("get", "head", refused))
    with pytest.raises(CommitUnknownError) as caught:
        writer.save_memory("c", "in doubt")
    return caught.value


def saves(memory: MemoryManager, count: int) -> None:
    for turn in range(count):
        memory.save_memory("c", turn)


@pytest.mark.parametrize("before", [1, 31, 32, 40])
@pytest.mark.parametrize("later", [0, 1, 19, 25, 33, 100, 300])
@pytest.mark.parametrize("arrives", [True, False])
def test_landed(
    backend: CountingBackend, memory: MemoryManager, before: int, later: int, *, arrives: bool
) -> None:
    saves(memory, before)
    error = in_doubt(backend, arrives=arrives)
    assert error.number == before + 1
    saves(memory, later)
    asked = MemoryManager(files_on(backend))
    backend.reset()
    told = asked.landed("c", error.write_id, number=error.number)
    assert backend.total <= 3
    assert (told is not None) == arrives
    if told is not None:
        assert (told.number, told.write_id) == (error.number, error.write_id)
        assert asked.load_memory("c", revision=told) == "in doubt"
    assert asked.landed("c", error.write_id) == told, "the number makes it cheaper, not truer"


def test_the_page_s_recipe_does_not_double(backend: CountingBackend, memory: MemoryManager) -> None:
    saves(memory, 1)
    error = in_doubt(backend, arrives=False)
    assert memory.landed("c", error.write_id, number=error.number) is None
    now = memory.snapshot("c")
    memory.save_memory("c", "in doubt", expected=now.revision)
    assert [r.number for r in memory.history("c")] == [2, 1]


def test_a_write_that_only_a_branch_holds_has_not_landed(
    backend: CountingBackend, memory: MemoryManager
) -> None:
    saves(memory, 8)
    copy = backend.get(KEY).data
    error = in_doubt(backend, arrives=True)
    saves(memory, 2 * MAX_ENTRIES)
    backend.put(KEY, copy)
    branch = MemoryManager(files_on(backend))
    assert branch.landed("c", error.write_id, number=error.number) is None
    assert branch.landed("c", error.write_id) is None
    saves(branch, 2 * MAX_ENTRIES)
    assert branch.landed("c", error.write_id, number=error.number) is None
    assert branch.landed("c", error.write_id) is None
    (other, *_) = branch.history("c", limit=1)
    assert branch.landed("c", other.write_id) == other


def test_what_was_pruned_or_is_missing_has_not_landed(
    backend: CountingBackend, memory: MemoryManager
) -> None:
    assert memory.landed("c", "0123456789abcdef") is None
    saves(memory, 3)
    oldest = memory.history("c")[-1]
    saves(memory, 3 * MAX_ENTRIES)
    assert memory.landed("c", oldest.write_id) == oldest
    memory.prune_memory("c", keep=1)
    assert memory.landed("c", oldest.write_id) is None
    assert memory.kept_revisions("c")[-1] == 3 * MAX_ENTRIES + 3
    memory.purge_memory("c")
    assert memory.landed("c", oldest.write_id) is None
    with pytest.raises(MemoryNotFoundError):
        memory.kept_revisions("c")


def test_prompts_and_labels(backend: CountingBackend) -> None:
    prompts = PromptLibrary(files_on(backend))
    made = prompts.create_set("s", {"a.md": "A"})
    label = prompts.set_label("production", "s")
    prompts.commit("s", {"a.md": "B"})
    assert prompts.landed("s", made.write_id, number=1) == made
    assert prompts.landed("s", "0123456789abcdef", number=1) is None
    assert prompts.label_landed("production", label.moved.write_id) == label.moved
    assert prompts.kept_revisions("s") == range(1, 3)
    assert prompts.kept_label_revisions("production") == range(1, 2)


def test_the_async_twin(memory: MemoryManager) -> None:
    saves(memory, 2)
    oldest = memory.history("c")[-1]
    twin = AsyncMemoryManager(memory)
    assert asyncio.run(twin.landed("c", oldest.write_id, number=1)) == oldest
    assert asyncio.run(twin.kept_revisions("c")) == range(1, 3)
