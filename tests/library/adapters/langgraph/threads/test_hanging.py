"""A store that hangs: the event loop goes on, and who is cancelled is told what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from langgraph.checkpoint.base import empty_checkpoint

from ingenious_storage import OperationTimeoutError, deadline
from ingenious_storage.adapters.langgraph import StorageSaver
from ingenious_storage.aio import outcome
from ingenious_storage.config import Settings
from ingenious_storage.storage import Storage
from tests.library.adapters.langgraph.threads.graphs import Chat, chat
from tests.library.adapters.langgraph.threads.steps import named
from tests.support.loops import goes_on
from tests.support.servers.azurite import Azurite
from tests.support.servers.doors import HangingDoor, hanging_door
from tests.support.stores import of_azurite


def settings(azurite: Azurite, door: HangingDoor, container: str) -> Settings:
    store = of_azurite(azurite).at(door.port)
    return Settings(store.settings(container_data=container, timeout=60))


def test_the_event_loop_goes_on_while_the_store_hangs(
    azurite: Azurite, container_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "PATIENCE", 0.05)

    async def run(saver: StorageSaver, door: HangingDoor) -> None:
        config, checkpoint = named(), empty_checkpoint()
        door.open()
        config = await saver.aput(config, checkpoint, {}, {})
        door.shut()
        saver.documents.store.files.backend.close()  # connections that are open stay so
        calls: list[Coroutine[Any, Any, object]] = [
            saver.aget_tuple(config),
            saver.aput(config, empty_checkpoint(), {}, {}),
            saver.aput_writes(config, [("a", 1)], "task"),
            saver.aget_delta_channel_history(config=config, channels=["a"]),
        ]
        for call in calls:
            await goes_on(call, door)
        door.open()
        found = await saver.aget_tuple(named())
        assert found is not None
        assert found.checkpoint["id"] == checkpoint["id"]

    with (
        hanging_door(azurite.port) as door,
        Storage(settings(azurite, door, container_name)) as storage,
    ):
        asyncio.run(run(StorageSaver(storage), door))


def test_a_cancelled_put_says_whether_it_was_made(azurite: Azurite, container_name: str) -> None:
    async def run(saver: StorageSaver, door: HangingDoor) -> None:
        put = asyncio.ensure_future(saver.aput(named(), empty_checkpoint(), {}, {}))
        await asyncio.sleep(0.2)
        put.cancel()
        await asyncio.sleep(0)
        put.cancel()  # a second time: it does not wait
        with pytest.raises(asyncio.CancelledError) as caught:
            await put
        assert caught.value.__notes__ == ["The change was not made."]
        door.open()
        assert await saver.aget_tuple(named()) is None

    with (
        hanging_door(azurite.port) as door,
        Storage(settings(azurite, door, container_name)) as storage,
    ):
        asyncio.run(run(StorageSaver(storage), door))


def test_a_run_that_is_cancelled_goes_on_later(azurite: Azurite, container_name: str) -> None:
    async def run(saver: StorageSaver, door: HangingDoor) -> None:
        graph, config = chat(saver, Chat), named()
        with deadline(0.5), pytest.raises((OperationTimeoutError, TimeoutError)):
            await graph.ainvoke({"messages": ["hello"]}, config)
        door.open()
        state = await graph.ainvoke({"messages": ["hello"]}, config)
        assert len(state["messages"]) == 2

    with (
        hanging_door(azurite.port) as door,
        Storage(settings(azurite, door, container_name)) as storage,
    ):
        asyncio.run(run(StorageSaver(storage), door))
