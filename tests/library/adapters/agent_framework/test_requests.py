"""What 100 turns cost, and what is stored of them. What grows here is a bill that grows."""

from __future__ import annotations

import asyncio

from agent_framework import AgentSession

from ingenious_storage import Storage
from ingenious_storage.adapters.agent_framework import (
    StorageHistoryProvider,
    StorageSessionStore,
)
from ingenious_storage.documents.format.segment import MAX_ENTRIES
from tests.library.adapters.agent_framework.talking import Scripted, agent_of
from tests.support.counting import CountingBackend

TURNS = 100


def test_a_turn_is_one_conditional_read_and_one_write(
    storage: Storage, counted: CountingBackend
) -> None:
    model = Scripted(*(f"answer {turn}, of some length {turn * 31}" for turn in range(TURNS)))
    agent = agent_of(model, StorageHistoryProvider(storage))

    async def talk() -> None:
        session = AgentSession(session_id="s")
        for turn in range(TURNS):
            await agent.run(f"question {turn}", session=session)

    asyncio.run(talk())
    seals = (TURNS - 1) // MAX_ENTRIES
    assert dict(counted.operations) == {"get": TURNS + 1, "put": TURNS + seals}
    assert counted.not_modified == TURNS - 1  # the first found nothing, twice
    assert len(model.sent[-1]) == 2 * TURNS - 1
    at = storage.agents("agent-framework")
    key = at.key("s", "ingenious_storage", leaf="history")
    stored = sum(blob.size for blob in storage.data.list_blobs(""))
    newest = at.store.history(key, limit=1)[0]
    assert newest.number == TURNS
    assert stored < 1.6 * newest.size  # all revisions, and not one copy for each


def test_sessions_cost_a_request_a_call_and_equal_ones_none(
    storage: Storage, counted: CountingBackend
) -> None:
    store = StorageSessionStore(storage)
    session = AgentSession(session_id="s")

    async def keep() -> None:
        await store.set("s", session)
        counted.reset()
        for turn in range(10):
            session.state["turn"] = turn
            await store.set("s", session)
            read = await store.get("s")
            assert read is not None
            assert read.state == {"turn": turn}

    asyncio.run(keep())
    assert dict(counted.operations) == {"put": 10, "get": 10}
    counted.reset()
    asyncio.run(store.set("s", session))
    assert counted.operations["put"] == 0
