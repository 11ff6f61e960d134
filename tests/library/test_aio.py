from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from ingenious_storage import (
    AsyncMemoryManager,
    AsyncPromptLibrary,
    MemoryManager,
    MemoryNotFoundError,
    PromptLibrary,
    Storage,
)
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import load_settings
from ingenious_storage.file_storage import FileStorage


@pytest.fixture
def memory() -> AsyncMemoryManager:
    return AsyncMemoryManager(MemoryManager(FileStorage(InMemoryBackend())))


def test_many_appends_of_one_loop_lose_nothing(memory: AsyncMemoryManager) -> None:
    async def run() -> list[str]:
        await asyncio.gather(*(memory.append_messages("c", [number]) for number in range(40)))
        assert [revision.number for revision in await memory.history("c", limit=None)] == list(
            range(40, 0, -1)
        )
        assert sorted((await memory.load_memory("c"))["messages"]) == list(range(40))
        return await memory.list_conversations()

    assert asyncio.run(run()) == ["c"]


def test_one_twin_serves_several_loops(memory: AsyncMemoryManager) -> None:
    def work(number: int) -> None:
        asyncio.run(memory.append_messages("c", [number]))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(asyncio.run(memory.load_memory("c"))["messages"]) == [0, 1, 2, 3]


def test_errors_pass(memory: AsyncMemoryManager) -> None:
    with pytest.raises(MemoryNotFoundError):
        asyncio.run(memory.load_memory("never"))
    assert asyncio.run(memory.load_memory("never", default=7)) == 7


def test_cancelling_an_await_does_not_stop_the_write(memory: AsyncMemoryManager) -> None:
    entered, go = threading.Event(), threading.Event()

    def slow(data: object) -> object:
        entered.set()
        assert go.wait(30)
        return [1]

    async def run() -> None:
        task = asyncio.create_task(memory.update_memory("c", slow))
        assert await asyncio.to_thread(entered.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go.set()
        async with asyncio.timeout(30):
            while await memory.load_memory("c", default=None) is None:  # noqa: ASYNC110  # polls
                await asyncio.sleep(0.01)  # the store has no event

    asyncio.run(run())
    assert asyncio.run(memory.load_memory("c")) == [1]


def test_prompts() -> None:
    prompts = AsyncPromptLibrary(PromptLibrary(FileStorage(InMemoryBackend())))

    async def run() -> None:
        await prompts.create_set("s", {"a": "1"})
        await prompts.commit("s", {"a": "2"})
        assert await prompts.get("s", "a") == "2"
        assert await prompts.list_sets() == ["s"]

    asyncio.run(run())


def test_a_listing_is_awaited_or_gone_through(memory: AsyncMemoryManager) -> None:
    library = AsyncPromptLibrary(PromptLibrary(memory.sync.documents.files))
    names = [f"c{number:04}" for number in range(1200)]
    memory.sync.save_many(dict.fromkeys(names, 1))

    async def run() -> None:
        await library.create_set("s")
        assert await memory.list_conversations() == names
        assert [name async for name in memory.list_conversations()] == names
        assert [name async for name in library.list_sets()] == await library.list_sets() == ["s"]
        listing = memory.list_conversations()
        assert await listing == [name async for name in listing]  # each asks again
        async for name in memory.list_conversations():
            assert name == names[0]
            break
        assert await asyncio.create_task(memory.list_conversations()) == names
        assert await asyncio.wait_for(memory.list_conversations(), 30) == names
        assert (await asyncio.gather(memory.list_conversations()))[0] == names

    asyncio.run(run())
    assert asyncio.run(memory.list_conversations()) == names
    memory.list_conversations()  # never awaited, and nothing to warn of


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (MemoryManager, "a FileStorage is needed, not Storage: give a container, such as"),
        (PromptLibrary, "a FileStorage is needed, not Storage: give a container, such as"),
        (AsyncMemoryManager, "a MemoryManager is needed, not Storage: a Storage has both, as"),
        (AsyncPromptLibrary, "a PromptLibrary is needed, not Storage: a Storage has both, as"),
    ],
)
def test_a_storage_is_not_what_a_service_is_made_of(make: Any, message: str) -> None:
    with Storage(load_settings(environ={})) as storage, pytest.raises(TypeError, match=message):
        make(storage)
