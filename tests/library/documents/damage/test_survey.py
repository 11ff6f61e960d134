"""What verify and gc take for a document, and what has lost its head."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ingenious_storage import MemoryManager, PromptLibrary
from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import LOST_HEAD, DocumentStore, gc, purge, verify
from ingenious_storage.documents.format.segment import MAX_ENTRIES
from ingenious_storage.services.kinds import MEMORIES, is_prompt_key
from tests.support.layering import behind, files_on

FOREIGN = (
    "conversations/zz/notes.txt",
    "conversations/zz",
    "conversations/memory.json",
    "conversations/a/b/memory.json",
    "conversations/A B/memory.json",
    "conversations/%ff/memory.json",
    "conversations/%41/memory.json",
    "conversations/zz~1/memory.json",
    "prompts/readme.md",
    "prompts/Upper.json",
    "prompts/a/b.json",
    "labels/notes/production.json",
)


def memory_of(backend: Backend) -> MemoryManager:
    return MemoryManager(files_on(backend))


def prompts_of(backend: Backend) -> PromptLibrary:
    return PromptLibrary(files_on(backend))


@pytest.mark.parametrize("key", FOREIGN)
def test_foreign_blobs_are_left_alone(key: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    backend = InMemoryBackend(clock=lambda: now)
    memory, prompts = memory_of(backend), prompts_of(backend)
    memory.save_memory("a", 1)
    prompts.create_set("s", {"a.md": "A"})
    for blob in (key, f"history/{key}/0000000032-ab", f"deleted/{key}"):
        backend.put(blob, b"somebody else's")
    now += timedelta(days=30)
    for store in (memory.documents, prompts.documents):
        report = verify(store)
        assert (report.documents, report.problems, report.orphans) == (1, (), ())
        assert gc(store).keys == ()
    assert list(memory.list_conversations()) == ["a"]
    assert list(prompts.list_sets()) == ["s"]
    assert prompts.list_labels() == []


def test_every_id_has_a_key_of_the_right_shape() -> None:
    for text in ("a", "-1", "a b", "ü", "日" * 40, "x" * 300, "%41", "~", "../.."):
        assert MEMORIES.owns(MEMORIES.key(text))
    assert is_prompt_key("prompts/quickstart-1.json")
    assert is_prompt_key("labels/production.json")
    assert not is_prompt_key(MEMORIES.key("a"))


def test_a_lost_head_is_a_problem_and_its_segments_stay(place: Backend) -> None:
    memory = memory_of(place)
    for turn in range(MAX_ENTRIES + 1):
        memory.save_memory("lost", turn)
        memory.save_memory("fine", turn)
    memory.delete_memory("lost")
    place.delete(MEMORIES.key("lost"))
    report = verify(memory_of(place).documents, "conversations/")
    assert report.documents == 2
    assert report.revisions == MAX_ENTRIES + 1
    assert [(p.key, p.code) for p in report.problems] == [(MEMORIES.key("lost"), LOST_HEAD)]
    assert "revision 32" in report.problems[0].message
    before = [info.key for info in place.iterate()]
    assert gc(memory_of(place).documents, grace=timedelta(days=-1)).keys == ()
    assert [info.key for info in place.iterate()] == before, "its marker stays too"


@pytest.mark.parametrize("raw", [b"", b'{"sha256":"', b"null"])
def test_a_head_that_cannot_be_parsed_keeps_what_it_has(raw: bytes) -> None:
    backend = InMemoryBackend()
    memory = memory_of(backend)
    for turn in range(MAX_ENTRIES + 1):
        memory.save_memory("a", turn)
    behind(backend).put(MEMORIES.key("a"), raw)
    store = memory_of(backend).documents
    assert [(p.key, p.code) for p in verify(store).problems] == [
        (MEMORIES.key("a"), "corrupt_object")
    ]
    assert gc(store, grace=timedelta(days=-1)).keys == ()


def test_what_a_purge_left_is_no_lost_head() -> None:
    backend = InMemoryBackend()
    memory = memory_of(backend)
    for turn in range(MAX_ENTRIES + 1):
        memory.save_memory("a", turn)
    (segment,) = [backend.get(info.key) for info in backend.iterate("history/")]
    purge(memory.documents, MEMORIES.key("a"))
    backend.put(segment.info.key, segment.data)  # as if it had been interrupted
    report = verify(memory_of(backend).documents)
    assert (report.documents, report.problems) == (0, ())
    assert report.orphans == (segment.info.key,)


def test_all_that_is_damaged_is_reported() -> None:
    backend = InMemoryBackend()
    memory = memory_of(backend)
    for turn in range(4 * MAX_ENTRIES + 1):
        memory.save_memory("a", turn)
    memory.save_memory("b", 1)
    segments = [info.key for info in backend.iterate("history/")]
    damaged = [*segments[1:3], MEMORIES.key("a")]
    for key in damaged:
        behind(backend).put(key, b"damaged")
    report = verify(memory_of(backend).documents)
    assert sorted(problem.key for problem in report.problems) == sorted(damaged)
    assert (report.documents, report.revisions) == (2, 1)


def test_listings_are_merged_whatever_keys_look_like() -> None:
    """A key and its segments do not sort alike when one key begins with another."""
    backend = InMemoryBackend()
    store = DocumentStore(files_on(backend))
    keys = ["a", "a!", "a!!", "a!b", "a/b", "a0", "ab", "b"]
    for key in keys:
        for turn in range(MAX_ENTRIES + 1):
            store.save(key, turn)
    report = verify(DocumentStore(files_on(backend)))
    assert (report.documents, report.problems, report.orphans) == (len(keys), (), ())
    assert report.revisions == len(keys) * (MAX_ENTRIES + 1)
    backend.delete("a!")
    backend.delete("b")
    report = verify(DocumentStore(files_on(backend)))
    assert sorted(p.key for p in report.problems) == ["a!", "b"]
    assert (report.documents, report.orphans) == (len(keys), ())
