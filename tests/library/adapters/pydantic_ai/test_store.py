"""What the state machine does not see: costs, races, erasure, unusual messages and days."""

from __future__ import annotations

import asyncio
import dataclasses
import math
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic_ai import Agent
from pydantic_ai.conversation import Conversation
from pydantic_ai.conversation_store import ConversationConflict, ConversationRecord
from pydantic_ai.messages import (
    BinaryContent,
    ImageUrl,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models.test import TestModel
from pydantic_ai.usage import UsageLimits

from ingenious_storage import InvalidDataError, Storage, UnsupportedFormatError
from ingenious_storage.adapters.pydantic_ai import EntryNotFoundError, StorageConversationStore
from ingenious_storage.adapters.pydantic_ai.conversations import Conversations
from ingenious_storage.aio import outcome
from tests.support.counting import CountingBackend
from tests.support.writers import remains

pytestmark = pytest.mark.anyio
TURNS = 100


def said(*texts: object) -> list[Any]:
    return [ModelRequest(parts=[UserPromptPart(str(text))]) for text in texts]


async def saved(
    store: StorageConversationStore, conversation_id: str, *texts: object, scope: str | None = None
) -> Conversation:
    conversation = Conversation(conversation_id=conversation_id, messages=said(*texts))
    await store.save(conversation, scope=scope)
    return conversation


async def test_a_hundred_turns_of_an_agent(
    store: StorageConversationStore, counted: CountingBackend, storage: Storage
) -> None:
    agent = Agent(TestModel(custom_output_text="an answer"))
    await store.read_record("c")
    counted.reset()
    limits = UsageLimits(request_limit=None)  # the default of 50 counts the whole conversation
    for turn in range(TURNS):
        conversation = await store.load("c") or Conversation(conversation_id="c")
        result = await agent.run(f"turn {turn}", conversation=conversation, usage_limits=limits)
        await store.save(result, scope="ana")
    # A turn: a record is read twice, a history not at all, and one write.
    assert counted.operations["get"] <= 2 * TURNS + 5
    assert counted.operations["put"] <= TURNS + 6
    assert counted.not_modified >= 2 * TURNS - 3
    loaded = await store.load("c", scope="ana")
    assert loaded is not None
    assert len(loaded.messages) == 2 * TURNS
    assert loaded.usage.requests == TURNS
    report = storage.verify()["data"]
    assert (report.problems, report.documents) == ((), 1)


async def test_it_works_on_each_store(any_storage: Storage) -> None:
    store = StorageConversationStore(any_storage)
    ids = ["a/b", "user@example.com", "x" * 300, ""]
    for each in ids:
        await saved(store, each, 1, 2, scope="ana")
    await saved(store, "bo's", 1, scope="bo")
    await saved(store, "nobody's", 1)
    await store.fork("a/b", at=1, new_conversation_id="fork", scope="bo")
    listed = await store.list_conversations(scope="ana")
    assert [record.conversation_id for record in listed] == ids[::-1]
    assert [r.conversation_id for r in await store.list_conversations(limit=2)] == [
        "fork",
        "nobody's",
    ]
    await store.delete("a/b", scope="bo")  # it is not bo's
    await store.delete("a/b", scope="ana")
    forked = await store.load("fork")
    assert forked is not None
    assert len(forked.messages) == 1
    assert len(await store.list_conversations()) == 6
    assert any_storage.verify()["data"].problems == ()


async def test_what_calls_cost(store: StorageConversationStore, counted: CountingBackend) -> None:
    async def cost(call: Any) -> dict[str, int]:
        counted.reset()
        await call
        return dict(counted.operations)

    await saved(store, "another", 1)
    conversation = Conversation(conversation_id="c", messages=said(1, 2))
    assert await cost(store.save(conversation)) == {"get": 1, "put": 2}
    conversation.messages += said(3)
    assert await cost(store.save(conversation)) == {"get": 1, "put": 1}
    assert await cost(store.load("c")) == {"get": 1}
    assert await cost(store.load_entries("c", limit=1)) == {"get": 1}
    entries = await store.load_entries("c")
    assert entries is not None
    assert await cost(store.read_entry(entries[-1].id)) == {"get": 1}
    assert await cost(store.fork("c", new_conversation_id="fork")) == {"get": 2, "put": 2}
    revision = conversation.revision
    assert await cost(store.branch("c", at=1, expected_revision=revision)) == {"get": 1, "put": 1}
    deleting = await cost(store.delete("c"))
    assert sum(deleting.values()) <= 9, deleting


async def test_what_a_listing_costs(
    store: StorageConversationStore, counted: CountingBackend
) -> None:
    for n in range(6):
        await saved(store, f"ana {n}", 1, scope="ana")
        await saved(store, f"bo {n}", 1, scope="bo")
    counted.reset()
    assert len(await store.list_conversations(scope="ana")) == 6
    assert counted.operations == {"list": 1, "get": 6}
    assert {key.split("/")[2][:3] for op, key in counted.calls if op == "get" and key} == {"ana"}
    counted.reset()
    assert await store.list_conversations(scope="nobody") == []
    assert await store.list_conversations(scope="ana", limit=0) == []
    assert counted.operations == {"list": 1}


async def put(store: StorageConversationStore, record: ConversationRecord, **new: Any) -> Any:
    """Saved at another time, or for another scope."""
    expected = record.revision if new.pop("again", False) else None
    new["revision"] = f"{record.revision}+"
    changed = dataclasses.replace(record, **new)
    await store.write_record(changed, expected_revision=expected)
    return changed


async def test_a_limit_reads_the_last_days_alone(
    store: StorageConversationStore, counted: CountingBackend
) -> None:
    today = datetime.now(UTC)
    for days in range(10):
        record = ConversationRecord(conversation_id=f"c{days}", head_id=None, scope="ana")
        await put(store, record, updated_at=today - timedelta(days=days))
    counted.reset()
    found = await store.list_conversations(scope="ana", limit=3)
    assert [record.conversation_id for record in found] == ["c0", "c1", "c2"]
    assert counted.operations == {"list": 1, "get": 3}


async def test_a_conversation_has_one_mark_of_its_newest_day(
    store: StorageConversationStore, counted: CountingBackend
) -> None:
    def marks() -> list[str]:
        keys = [blob.key for blob in counted.iterate("agents/pydantic-ai-")]
        return [key.removeprefix("agents/pydantic-ai-").rpartition("-")[0] for key in keys]

    noon = datetime(2026, 11, 30, 12, tzinfo=UTC)  # day 20787
    new = ConversationRecord(conversation_id="c", head_id=None, scope="ana")
    record = await put(store, new, updated_at=noon)
    assert marks() == ["scopes/ana/c/20787"]
    record = await put(store, record, updated_at=noon + timedelta(days=2), again=True)
    assert marks() == ["scopes/ana/c/20789"]
    record = await put(store, record, updated_at=noon, again=True)  # a clock that is late
    assert marks() == ["scopes/ana/c/20789"]
    record = await put(store, record, scope=None, again=True)
    assert marks() == ["no-scope/c/20787"]
    assert await store.list_conversations(scope="ana") == []
    with pytest.raises(ConversationConflict):
        await put(store, new)
    assert marks() == ["no-scope/c/20787"]  # who lost leaves none
    await store.delete("c")
    assert marks() == []


async def test_a_mark_that_is_late_hides_nobody(store: StorageConversationStore) -> None:
    noon = datetime(2026, 11, 30, 12, tzinfo=UTC)
    new = ConversationRecord(conversation_id="late", head_id=None)
    record = await put(store, new, updated_at=noon + timedelta(days=2))
    await put(store, record, updated_at=noon, again=True)
    other = ConversationRecord(conversation_id="other", head_id=None)
    await put(store, other, updated_at=noon + timedelta(days=1))
    (newest,) = await store.list_conversations(limit=1)
    assert newest.conversation_id == "other"


async def test_of_writers_at_the_same_time_one_wins(
    store: StorageConversationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await saved(store, "c", 0)
    loaded = [await store.load("c") for _ in range(8)]
    all_are_there, commit = threading.Barrier(8), Conversations._commit

    def committed(self: Conversations, *args: Any) -> None:
        all_are_there.wait(30)  # each has seen the revision that it expects
        commit(self, *args)

    monkeypatch.setattr(Conversations, "_commit", committed)

    async def one_more(n: int, conversation: Any) -> str:
        conversation.messages += said(f"writer {n}")
        try:
            await store.save(conversation)
        except ConversationConflict:
            return "conflict"
        return "saved"

    outcomes = await asyncio.gather(*(one_more(n, each) for n, each in enumerate(loaded)))
    assert sorted(outcomes) == ["conflict"] * 7 + ["saved"]
    first = await asyncio.gather(
        *(saved(store, "new", n) for n in range(8)), return_exceptions=True
    )
    assert sum(isinstance(each, Conversation) for each in first) == 1
    assert len(await store.list_conversations()) == 2


async def test_a_delete_erases(store: StorageConversationStore, counted: CountingBackend) -> None:
    conversation = await saved(store, "c", "a secret", scope="ana")
    for turn in range(40):
        conversation.messages += said(turn)
        await store.save(conversation)
    entries = await store.load_entries("c")
    assert entries is not None
    await store.delete("c")
    assert remains(counted) == []
    with pytest.raises(EntryNotFoundError) as gone:
        await store.read_entry(entries[0].id)
    assert isinstance(gone.value, LookupError)
    with pytest.raises(ConversationConflict):
        await store.save(conversation)  # what was deleted does not come back


async def test_what_is_deleted_elsewhere_conflicts(
    store: StorageConversationStore, storage: Storage, counted: CountingBackend
) -> None:
    conversation = await saved(store, "c", 1)
    with Storage(storage.settings, backend=lambda *_: counted) as other:
        await StorageConversationStore(other).delete("c")
    conversation.messages += said(2)
    record = ConversationRecord(conversation_id="c", head_id=None)
    with pytest.raises(ConversationConflict):  # by what this process remembers it is there
        await store.write_record(record, expected_revision=str(conversation.revision))
    with pytest.raises(ConversationConflict):
        await store.save(conversation)
    assert await store.load("c") is None


UNUSUAL = {"raw": b"\xff\x00", 1: [2.5, math.inf, None], "\ud800": "half of an emoji", "deep": {}}


async def test_unusual_messages_are_kept(store: StorageConversationStore) -> None:
    # An image comes back as BinaryImage, as from the framework's own JSON: that is not equal.
    file = BinaryContent(data=b"\x00\xff", media_type="application/pdf")
    messages: list[Any] = [
        ModelRequest(parts=[UserPromptPart(["look", file, ImageUrl(url="https://x.example/y")])]),
        ModelResponse(parts=[TextPart("\udfff"), ToolCallPart("t", {"a": [1]}, tool_call_id="1")]),
        ModelRequest(parts=[ToolReturnPart("t", UNUSUAL, tool_call_id="1")]),
    ]
    await store.save(Conversation(conversation_id="c", messages=messages))
    loaded = await store.load("c")
    assert loaded is not None
    assert loaded.messages == messages


async def test_what_cannot_be_stored_is_refused(
    store: StorageConversationStore, counted: CountingBackend
) -> None:
    returned = ToolReturnPart("t", {"n": 2**70}, tool_call_id="1")
    messages: list[Any] = [ModelRequest(parts=[returned])]
    with pytest.raises(InvalidDataError):
        await store.save(Conversation(conversation_id="c", messages=messages))
    assert counted.operations["put"] == 0


async def test_a_newer_format_is_not_read(
    store: StorageConversationStore, storage: Storage
) -> None:
    await saved(store, "c", 1)

    def newer(data: Any) -> Any:
        return {**data, "record": {**data["record"], "format_version": 2}}

    storage.agents("pydantic-ai").change("c", leaf="conversation", fn=newer)
    with pytest.raises(UnsupportedFormatError):
        await store.load("c")


async def test_a_save_that_is_cancelled_says_whether_it_was_made(
    store: StorageConversationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "PATIENCE", 30.0)
    record = ConversationRecord(conversation_id="c", head_id=None)
    task = asyncio.create_task(store.write_record(record, expected_revision=None))
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # its task of its own has begun
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as cancelled:
        await task
    assert cancelled.value.__notes__ == ["The change was made before this was cancelled."]
    assert await store.read_record("c") == record
