"""What is known of adapters' documents without loading them, on every store."""

from __future__ import annotations

from functools import partial

import pytest

from ingenious_storage import Storage
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.documents import unpacked
from ingenious_storage.errors import CorruptObjectError, NotFoundError
from ingenious_storage.services.agent_info import (
    document_info,
    find_documents,
    list_documents,
    page_of_blobs,
    with_revisions,
)
from ingenious_storage.services.agents import AgentName
from tests.support.counting import CountingBackend

LONG = "x" * 500


def _list_of(text: str, _: object) -> list[str]:
    return [text]


def fill(storage: Storage) -> None:
    at = storage.agents("langgraph")
    for text in ("one", "two"):
        at.change("thread/1", "", leaf="checkpoints", fn=partial(_list_of, text))
    at.change(LONG, leaf="checkpoints", fn=lambda _: b"\x00\xff")
    at.change("gone", leaf="checkpoints", fn=lambda _: [])
    at.store.delete(at.key("gone", leaf="checkpoints"))
    storage.agents("other").change("a", leaf="x", fn=lambda _: {})
    storage.memory.save_memory("langgraph", {})


def test_frameworks_and_their_documents(storage: Storage) -> None:
    assert storage.agent_frameworks() == []
    fill(storage)
    assert storage.agent_frameworks() == ["langgraph", "other"]
    at = storage.agents("langgraph")
    thread, long = AgentName(("thread/1", ""), "checkpoints"), AgentName((LONG,), "checkpoints")
    listed = list(list_documents(at))
    assert {each.name for each in listed} == {thread, long}
    assert [each.name for each in list_documents(at, "thread/1")] == [thread]
    counted = {each.name: info for each, info in with_revisions(at, iter(listed))}
    assert {name: info and info.newest.number for name, info in counted.items()} == {
        thread: 2,
        long: 1,
    }
    found = {each.name.parts[0]: each.deleted for each in find_documents(at)}
    assert found == {"thread/1": False, LONG: False, "gone": True}
    blobs, token = page_of_blobs(at)
    assert (sorted(blob.key for blob in blobs), token) == (sorted(e.key for e in listed), None)


def test_a_key_of_something_else_has_no_info(storage: Storage) -> None:
    fill(storage)
    at = storage.agents("langgraph")
    for key in (storage.agents("other").key("a", leaf="x"), storage.memory.kind.key("langgraph")):
        with pytest.raises(NotFoundError, match="no key of a framework"):
            document_info(at, key)


def test_what_they_cost() -> None:
    backend = CountingBackend(InMemoryBackend())
    settings = Settings(StorageSettings(type="inmemory"))
    with Storage(settings, backend=lambda *_: backend) as storage:
        fill(storage)
        backend.reset()
        storage.agent_frameworks()
        assert dict(backend.operations) == {"list": 1}
        backend.reset()
        # The listing of the documents, that of the deleted ones, the deleted and the hashed name.
        assert len(list(list_documents(storage.agents("langgraph")))) == 2
        assert dict(backend.operations) == {"list": 2, "get": 2}


def test_a_head_is_unpacked_with_its_data() -> None:
    with Storage(Settings(StorageSettings(type="inmemory"))) as storage:
        fill(storage)
        at = storage.agents("langgraph")
        key = at.key(LONG, leaf="checkpoints")
        raw = storage.data.load_bytes(key)
        head = unpacked(raw, key=key)
        assert head is not None
        assert (head["number"], head["encoding"], head["data"]) == (1, "msgpack", b"\x00\xff")
        gone = at.key("gone", leaf="checkpoints")
        deleted = unpacked(storage.data.load_bytes(gone), key=gone)
        assert deleted is not None
        assert (deleted["deleted"], deleted["data"]) == (True, None)
        with pytest.raises(CorruptObjectError, match="moved here"):
            unpacked(raw, key=gone)
        memory = storage.memory.kind.key("langgraph")
        assert unpacked(storage.data.load_bytes(memory), key=memory) is None
