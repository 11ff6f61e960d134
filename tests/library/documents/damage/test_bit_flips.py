"""One bit of one blob is turned over: refused with its key, or nothing that is read differs."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from ingenious_storage import MemoryManager, PromptLibrary
from ingenious_storage.backends.base import Backend, Blob
from ingenious_storage.documents import DocumentStore, verify
from ingenious_storage.documents.format.segment import MAX_ENTRIES
from ingenious_storage.errors import (
    CorruptObjectError,
    KeyDestroyedError,
    NotEncryptedError,
    StorageError,
    UnsupportedFormatError,
)
from tests.support.layering import files_on

REFUSALS = (CorruptObjectError, UnsupportedFormatError, NotEncryptedError, KeyDestroyedError)
"""The last two where there are layers: of a mark and of the name of a key."""
AUTHORS = ("ann", "Bob", None)
KINDS = {
    "head": "conversations/",
    "segment": "history/conversations/",
    "label": "labels/",
    "segment of a label": "history/labels/",
    "prompt set": "prompts/",
    "segment of a prompt set": "history/prompts/",
}


def fill(backend: Backend) -> None:
    files = files_on(backend)
    memory, prompts = MemoryManager(files), PromptLibrary(files)
    for turn in range(MAX_ENTRIES + 3):
        who = AUTHORS[turn % len(AUTHORS)]
        memory.append_messages("a", [{"n": turn}], author=who, message=f"Turn {turn}", tags=["x"])
    memory.save_memory("b", {"one": True})
    prompts.create_set("s", {"a.md": "A"}, author="ann")
    for turn in range(MAX_ENTRIES + 1):
        prompts.commit("s", {"a.md": f"A {turn}"}, author=AUTHORS[turn % len(AUTHORS)])
        prompts.set_label("production", "s", author="ann", message=f"Turn {turn}")
    prompts.delete_label("production", author="ann")
    prompts.set_label("production", "s", revision=5)


def everything(backend: Backend) -> list[Any]:
    """All that a reader of memories, prompt sets and labels can get to know."""
    files = files_on(backend)
    memory, prompts = MemoryManager(files), PromptLibrary(files)
    found: list[Any] = [ids := list(memory.list_conversations())]
    for name in ids:
        history = memory.history(name, limit=None)
        found += [history, memory.snapshot(name), memory.load_memory(name, revision=1)]
    for name in prompts.list_sets():
        history = prompts.history(name, limit=None)
        # The oldest revision is rebuilt through all the others.
        found += [name, history, prompts.get_set(name), prompts.get_set(name, revision=1)]
    for label in prompts.list_labels():
        found += [label, prompts.label_history(label.name, limit=None)]
    return found


def flipped(data: bytes, bit: int) -> bytes:
    return data[: bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1 :]


def flip_and_read(backend: Backend, flips: int, *, verified: bool) -> Counter[tuple[str, str]]:
    chosen = random.Random(8)
    blobs = {
        kind: [(info.key, backend.get(info.key)) for info in backend.iterate(prefix)]
        for kind, prefix in KINDS.items()
    }
    assert all(blobs.values())
    expected = everything(backend)
    told: Counter[tuple[str, str]] = Counter()
    for turn in range(flips):
        kind = list(KINDS)[turn % len(KINDS)]
        key, blob = chosen.choice(blobs[kind])
        bit = chosen.randrange(8 * len(blob.data))
        told[kind, one_flip(backend, key, blob, bit, expected, verified=verified)] += 1
    return told


def one_flip(
    backend: Backend, key: str, blob: Blob, bit: int, expected: list[Any], *, verified: bool
) -> str:
    backend.put(key, flipped(blob.data, bit))
    error: StorageError | None = None
    found = None
    try:
        found = everything(backend)
    except StorageError as raised:
        error = raised
    problems = verify(DocumentStore(files_on(backend))).problems if verified else ()
    backend.put(key, blob.data)
    if error is None:
        assert found == expected, f"bit {bit} of {key} changed what is read in silence"
        return "harmless"
    assert isinstance(error, REFUSALS), repr(error)
    assert error.key is not None
    assert error.key in key, "the key of the document or of its segment"
    assert not verified or [problem.code for problem in problems] == [error.code]
    return "refused"


@pytest.mark.parametrize("place", ["inmemory"], indirect=True)
def test_some_flips(place: Backend) -> None:
    fill(place)
    told = flip_and_read(place, 120, verified=True)
    assert {kind for kind, what in told if what == "refused"} == set(KINDS)


@pytest.mark.slow
@pytest.mark.timeout(2700)
@pytest.mark.parametrize("place", ["local", "azurite"], indirect=True)
def test_2000_flips(place: Backend) -> None:
    fill(place)
    told = flip_and_read(place, 2000, verified=False)
    # Only one bit of a zstd frame means nothing: the unused one of its header.
    assert sum(count for (_, what), count in told.items() if what == "harmless") < 10
