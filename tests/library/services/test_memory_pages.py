"""Pages of memories, from every store: each memory that stays is on one of them, once."""

from __future__ import annotations

from ingenious_storage.services.memory_info import list_memories, page_of_memories
from ingenious_storage.storage import Storage


def test_pages_while_memories_come_and_go(storage: Storage) -> None:
    memory = storage.memory
    ids = [f"c/{number:02}" for number in range(20)]
    memory.save_many(dict.fromkeys([*ids, "d"], 1))
    memory.delete_memory(ids[3])
    seen: list[str] = []
    token: str | None = None
    for _ in range(len(ids)):
        page, token = page_of_memories(memory, "c/", token=token, limit=6)
        assert len(page) <= 6
        seen += [each.conversation_id for each in page]
        memory.save_memory(f"c/{len(seen):02}-between", 1)
        if seen[-1] in ids:
            memory.delete_memory(seen[-1])
        if token is None:
            break
    assert token is None
    assert {*seen} >= {*ids} - {ids[3]}
    assert len(seen) == len(set(seen))
    assert [each.conversation_id for each in list_memories(memory, "d")] == ["d"]
