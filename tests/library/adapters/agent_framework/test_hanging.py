"""Histories on Azurite, and on a store that hangs: the event loop, cancellation, deadlines."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from agent_framework import AgentSession

from ingenious_storage import OperationTimeoutError, Storage, deadline
from ingenious_storage.adapters.agent_framework import (
    StorageHistoryProvider,
    StorageSessionStore,
)
from ingenious_storage.config import Settings
from tests.library.adapters.agent_framework.talking import Scripted, agent_of, said, texts
from tests.support.servers.azurite import Azurite
from tests.support.servers.hanging import HangingDoor, hanging_door
from tests.support.stores import of_azurite

LONGEST_BLOCK = 0.05


@contextmanager
def behind(azurite: Azurite, door: HangingDoor, container: str) -> Iterator[Storage]:
    settings = of_azurite(azurite).at(door.port).settings(container_data=container, timeout=60)
    with Storage(Settings(settings)) as storage:
        yield storage


async def longest_block(until: asyncio.Event) -> float:
    """The longest time in which the event loop did nothing else."""
    longest, before = 0.0, time.perf_counter()
    while not until.is_set():
        await asyncio.sleep(0.001)
        longest, before = max(longest, (now := time.perf_counter()) - before), now
    return longest


def test_runs_on_azurite_and_no_loop_waits_for_a_store_that_hangs(
    azurite: Azurite, container_name: str
) -> None:
    async def run(storage: Storage, door: HangingDoor) -> None:
        history = StorageHistoryProvider(storage)
        agent, session = agent_of(Scripted("blue"), history), AgentSession(session_id="s")
        door.open()
        await agent.run("sky?", session=session)
        door.shut()
        storage.data.backend.close()  # connections that were open would stay so
        done = asyncio.Event()
        watch = asyncio.create_task(longest_block(done))
        began = time.monotonic()
        runs = [
            asyncio.wait_for(agent.run("sea?", session=session), 0.5),
            asyncio.wait_for(history.save_messages("s", [said("lost")]), 0.5),
        ]
        outcomes = await asyncio.gather(*runs, return_exceptions=True)
        assert [type(each) for each in outcomes] == [TimeoutError] * 2
        with deadline(0.5), pytest.raises(OperationTimeoutError):
            await history.get_messages("s")
        done.set()
        assert time.monotonic() - began < 5
        assert await watch < LONGEST_BLOCK
        door.open()
        assert texts(await history.get_messages("s")) == ["sky?", "blue"]  # none arrived
        await agent.run("sea?", session=session)
        assert texts(await history.get_messages("s")) == ["sky?", "blue", "sea?", "blue"]
        sessions = StorageSessionStore(storage)
        await sessions.set("s", session)
        read = await sessions.get("s")
        assert read is not None
        assert read.to_dict() == session.to_dict()

    with (
        hanging_door(azurite.port) as door,
        behind(azurite, door, container_name) as storage,
    ):
        asyncio.run(run(storage, door))
