"""Histories on Azurite, and on a store that hangs: the event loop, cancellation, deadlines."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest
from agent_framework import AgentSession

from ingenious_storage import OperationTimeoutError, Storage, deadline
from ingenious_storage.adapters.agent_framework import (
    StorageHistoryProvider,
    StorageSessionStore,
)
from ingenious_storage.aio import outcome
from ingenious_storage.config import Settings
from tests.library.adapters.agent_framework.talking import Scripted, agent_of, said, texts
from tests.support.loops import goes_on
from tests.support.servers.azurite import Azurite
from tests.support.servers.doors import HangingDoor, hanging_door
from tests.support.stores import of_azurite


@contextmanager
def behind(azurite: Azurite, door: HangingDoor, container: str) -> Iterator[Storage]:
    settings = of_azurite(azurite).at(door.port).settings(container_data=container, timeout=60)
    with Storage(Settings(settings)) as storage:
        yield storage


def test_runs_on_azurite_and_no_loop_waits_for_a_store_that_hangs(
    azurite: Azurite, container_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "PATIENCE", 0.1)

    async def run(storage: Storage, door: HangingDoor) -> None:
        history, sessions = StorageHistoryProvider(storage), StorageSessionStore(storage)
        agent, session = agent_of(Scripted("blue"), history), AgentSession(session_id="s")
        door.open()
        await agent.run("sky?", session=session)
        door.shut()
        storage.data.backend.close()  # connections that were open would stay so
        calls: list[Callable[[], Awaitable[object]]] = [
            lambda: agent.run("sea?", session=session),
            lambda: history.save_messages("s", [said("lost")]),
            lambda: sessions.set("s", session),
            lambda: sessions.get("s"),
        ]
        for call in calls:
            await goes_on(call(), door)
        saving = asyncio.create_task(history.save_messages("s", [said("lost")]))
        await asyncio.sleep(0.1)
        saving.cancel()
        with pytest.raises(asyncio.CancelledError) as cancelled:
            await saving
        [note] = cancelled.value.__notes__
        assert "not made" in note or "not known" in note
        with deadline(0.5), pytest.raises(OperationTimeoutError):
            await history.get_messages("s")
        door.open()
        assert texts(await history.get_messages("s")) == ["sky?", "blue"]  # none arrived
        await agent.run("sea?", session=session)
        assert texts(await history.get_messages("s")) == ["sky?", "blue", "sea?", "blue"]
        await sessions.set("s", session)
        read = await sessions.get("s")
        assert read is not None
        assert read.to_dict() == session.to_dict()

    with (
        hanging_door(azurite.port) as door,
        behind(azurite, door, container_name) as storage,
    ):
        asyncio.run(run(storage, door))
