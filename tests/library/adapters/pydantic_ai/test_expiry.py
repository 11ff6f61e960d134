"""A conversation whose TTL has passed goes with the marks that list it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic_ai.conversation import Conversation
from pydantic_ai.messages import ModelRequest, UserPromptPart

from ingenious_storage import Storage
from ingenious_storage.adapters.pydantic_ai import StorageConversationStore
from tests.support.polling import eventually

pytestmark = pytest.mark.anyio
NOW = timedelta(0)


async def save(store: StorageConversationStore, conversation_id: str, scope: str | None) -> None:
    said = ModelRequest(parts=[UserPromptPart("words")])
    conversation = Conversation(conversation_id=conversation_id, messages=[said])
    await store.save(conversation, scope=scope)


async def test_a_conversation_goes_with_its_marks(any_storage: Storage) -> None:
    store = StorageConversationStore(any_storage)
    await save(store, "of ann", "ann")
    await save(store, "of nobody", None)
    done = any_storage.prune(ttl={"pydantic-ai": timedelta(days=1)})
    assert (done.documents, done.entries) == (2, [])
    assert len(await store.read_records()) == 2

    def is_gone() -> bool:  # a store's date may be up to a second late
        any_storage.prune(ttl={"pydantic-ai": NOW})
        return not list(any_storage.agents("pydantic-ai").names())

    eventually(is_gone)
    assert await store.read_records() == []
    left = [key for key in any_storage.data.list_keys("agents/") if "conversation" not in key]
    assert left == []
    await save(store, "of ann", "ann")
    assert [each.scope for each in await store.read_records()] == ["ann"]
