from __future__ import annotations

import unicodedata

import pytest

from ingenious_storage import (
    AlreadyExistsError,
    ConflictError,
    InvalidDataError,
    InvalidKeyError,
    MemoryNotFoundError,
    RevisionNotFoundError,
    Storage,
)
from ingenious_storage.documents import verify
from ingenious_storage.services.kinds import MEMORIES
from tests.support.writers import remains

ODD_IDS = [
    "a/b",
    "a",
    "A",
    "..",
    ".",
    "a%2Fb",
    "a%2fb",
    "100%",
    "a b ",
    " ",
    "🙂 thread",
    "日本語" * 167,
    "日本語" * 167 + "x",
    unicodedata.normalize("NFC", "Müller"),
    unicodedata.normalize("NFD", "Müller"),
    "con",
    "C:\\users",
    "new\nline",
    "nul\x00",
    "x~y",
    "\ufffe",
]


def test_any_text_is_an_id_and_stays_distinct(storage: Storage) -> None:
    memory = storage.memory
    assert all(
        not isinstance(result, Exception)
        for result in memory.save_many({each: {"id": each} for each in ODD_IDS}).values()
    )
    assert memory.load_many(ODD_IDS) == {each: {"id": each} for each in ODD_IDS}
    assert sorted(memory.list_conversations()) == sorted(ODD_IDS)
    memory.delete_memory("A")
    assert memory.load_memory("a") == {"id": "a"}
    assert "A" not in set(memory.list_conversations())


@pytest.mark.parametrize("bad", ["", "\ud800", 7])
def test_what_is_no_text_is_no_id(storage: Storage, bad: str) -> None:
    with pytest.raises(InvalidKeyError):
        storage.memory.save_memory(bad, {})


def test_the_life_of_a_memory(storage: Storage) -> None:
    memory = storage.memory
    first = memory.save_memory("c", {"messages": ["a"]}, author="ann", message="m", tags=["t"])
    assert (first.number, first.author, first.message, first.tags) == (1, "ann", "m", ("t",))
    second = memory.append_messages("c", ["b", "c"], author="bob")
    assert memory.load_memory("c") == {"messages": ["a", "b", "c"]}
    assert memory.load_memory("c", revision=1) == {"messages": ["a"]}
    assert memory.history("c") == [second, first]
    assert memory.diff("c", 1) == (
        "--- revision 1\n+++ revision 2\n@@ -1,5 +1,7 @@\n"
        ' {\n   "messages": [\n-    "a"\n+    "a",\n+    "b",\n+    "c"\n   ]\n }\n'
    )
    assert memory.diff("c", 2, 2) == ""
    assert memory.rollback("c", 1).message == "Rollback to revision 1"
    assert memory.load_memory("c") == {"messages": ["a"]}
    assert memory.delete_memory("c", author="eve").deleted
    assert [r.number for r in memory.history("c", limit=2)] == [4, 3]
    assert list(memory.list_conversations()) == []
    memory.restore_memory("c")
    assert memory.load_memory("c") == {"messages": ["a"]}
    assert verify(memory.documents).problems == ()
    receipt = memory.purge_memory("c")
    assert receipt.revisions == 5
    assert remains(storage.data.backend) == []
    assert list(memory.list_conversations()) == []


def test_missing_is_an_error_or_the_default(storage: Storage) -> None:
    memory = storage.memory
    memory.save_memory("gone", 1)
    memory.delete_memory("gone")
    for each in ("never", "gone"):
        with pytest.raises(MemoryNotFoundError, match=each):
            memory.load_memory(each)
        assert memory.load_memory(each, default=None) is None
    for call in (memory.history, memory.delete_memory, memory.purge_memory, memory.snapshot):
        with pytest.raises(MemoryNotFoundError):
            call("never")
    with pytest.raises(RevisionNotFoundError):
        memory.load_memory("gone", revision=9, default="no default hides a wrong revision")


def test_a_snapshot_guards_a_save(storage: Storage) -> None:
    memory = storage.memory
    memory.save_memory("c", 1)
    snapshot = memory.snapshot("c")
    assert snapshot.data == 1
    memory.save_memory("c", 2, expected=snapshot.revision)
    with pytest.raises(ConflictError):
        memory.save_memory("c", 3, expected=snapshot.revision)


def test_appending_to_another_shape_is_refused(storage: Storage) -> None:
    storage.memory.save_memory("c", {"context": "text"})
    with pytest.raises(InvalidDataError, match="messages"):
        storage.memory.append_messages("c", ["x"])
    assert storage.memory.load_memory("c") == {"context": "text"}


def test_many_at_once_drop_nothing_silently(storage: Storage) -> None:
    memory = storage.memory
    memory.save_memory("there", 1)
    saved = memory.save_many({"new": 1, "there": 2, "bad": {"x": {1}}, "": 3})
    assert [getattr(r, "number", None) for r in saved.values()] == [1, 2, None, None]
    assert isinstance(saved["bad"], InvalidDataError)
    assert isinstance(saved[""], InvalidKeyError)
    loaded = memory.load_many(["new", "there", "bad", "new"])
    assert (loaded["new"], loaded["there"]) == (1, 2)
    assert isinstance(loaded["bad"], MemoryNotFoundError)


def test_a_foreign_blob_is_no_conversation(storage: Storage) -> None:
    storage.data.save_text("conversations/readme.txt", "x")
    storage.data.save_text("conversations/a/b/memory.json", "x")
    storage.memory.save_memory("c", 1)
    assert list(storage.memory.list_conversations()) == ["c"]


def test_the_layout_is_the_documented_one(storage: Storage) -> None:
    storage.memory.save_memory("a b", 1)
    for _ in range(33):
        storage.memory.save_memory("a b", 2)
    keys = list(storage.data.list_keys())
    assert keys[0] == MEMORIES.key("a b") == "conversations/a%20b/memory.json"
    assert keys[1].startswith("history/conversations/a%20b/memory.json/0000000032-")
    assert len(keys) == 2


def test_a_taken_set_and_a_fresh_memory_do_not_meet(storage: Storage) -> None:
    storage.prompts.create_set("c")
    with pytest.raises(AlreadyExistsError):
        storage.prompts.create_set("c")
    assert storage.memory.save_memory("c", 1).number == 1
