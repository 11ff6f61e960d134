"""Callers in a hurry, and a store that hangs: threads, the next caller, the end of a process."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from ingenious_storage import (
    AsyncMemoryManager,
    CommitUnknownError,
    MemoryManager,
    MemoryNotFoundError,
    OperationTimeoutError,
    deadline,
)
from ingenious_storage.aio import THREADS
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.runtime.workers import Pool
from ingenious_storage.storage import Storage
from tests.support.loops import out_of_time
from tests.support.polling import eventually, with_time_enough
from tests.support.servers.azurite import Azurite
from tests.support.servers.doors import HangingDoor, hanging_door

CALLERS = 3 * THREADS
HANG_SECONDS = 60.0
"""How long a request waits for the store by itself."""


def connection_string(port: int) -> str:
    key, name = Azurite.account_key, Azurite.account_name
    return (
        f"DefaultEndpointsProtocol=http;AccountName={name};AccountKey={key};"
        f"BlobEndpoint=http://127.0.0.1:{port}/{name};"
    )


@contextmanager
def memory_behind(door: HangingDoor, container: str) -> Iterator[AsyncMemoryManager]:
    settings = StorageSettings(
        type="azure_blob",
        connection_string=connection_string(door.port),
        container_data=container,
        timeout=HANG_SECONDS,
    )
    with Storage(Settings(settings)) as storage:
        yield AsyncMemoryManager(storage.memory)


async def ask(memory: AsyncMemoryManager, seconds: float) -> str:
    try:
        await asyncio.wait_for(memory.load_memory("x"), seconds)
    except MemoryNotFoundError:
        return "served"
    except TimeoutError:
        return "gave up"
    return "loaded"


def test_after_a_hang_the_next_caller_is_served_at_once(
    azurite: Azurite, container_name: str
) -> None:
    async def run(memory: AsyncMemoryManager, door: HangingDoor) -> None:
        outcomes = await asyncio.gather(*(ask(memory, 0.5) for _ in range(CALLERS)))
        assert set(outcomes) == {"gave up"}
        door.open()
        well = time.monotonic()
        assert await ask(memory, HANG_SECONDS) == "served"
        assert time.monotonic() - well < HANG_SECONDS / 2

    with hanging_door(azurite.port) as door, memory_behind(door, container_name) as memory:
        asyncio.run(run(memory, door))


def test_a_deadline_reaches_loads_and_writes(azurite: Azurite, container_name: str) -> None:
    async def run(memory: AsyncMemoryManager, door: HangingDoor) -> None:
        door.open()
        await memory.save_memory("c", [])
        door.shut()
        # Connections that were open stay so: a new caller needs new ones.
        memory.sync.documents.files.backend.close()
        began = time.monotonic()
        with deadline(0.5):
            with pytest.raises(OperationTimeoutError, match="given by its caller"):
                await memory.load_memory("c")
            with pytest.raises(OperationTimeoutError, match="not begun"):
                await memory.append_messages("c", [1])
        with pytest.raises(CommitUnknownError) as caught:
            await out_of_time(lambda: memory.update_memory("c", lambda data: [*data, 1]), door)
        assert caught.value.outcome_unknown
        assert time.monotonic() - began < HANG_SECONDS / 2
        door.open()
        assert await memory.load_memory("c") == []  # it never arrived
        await memory.append_messages("d", [1])

    with hanging_door(azurite.port) as door, memory_behind(door, container_name) as memory:
        asyncio.run(run(memory, door))


ENDING = """
import asyncio, sys, time
from ingenious_storage import AsyncMemoryManager
async def main():
    memory = AsyncMemoryManager()
    async def one(number):
        try:
            call = memory.load_memory(str(number)) if number % 2 else memory.save_memory("c", {})
            await asyncio.wait_for(call, 0.5)
        except TimeoutError:
            return True
    assert all(await asyncio.gather(*(one(number) for number in range(40))))
    left = asyncio.create_task(memory.load_memory("left"))  # for asyncio.run to cancel
    await asyncio.sleep(0.2)
asyncio.run(main())
print(time.time(), flush=True)
"""


def test_the_process_ends_although_the_store_hangs() -> None:
    with hanging_door() as door:
        environ = {
            **os.environ,
            "INGENIOUS_STORAGE__TYPE": "azure_blob",
            "INGENIOUS_STORAGE__TIMEOUT": str(HANG_SECONDS),
            "AZURE_STORAGE_CONNECTION_STRING": connection_string(door.port),
        }
        done = subprocess.run(
            [sys.executable, "-c", ENDING],
            env=environ,
            capture_output=True,
            text=True,
            check=True,
            timeout=HANG_SECONDS,
        )
        assert time.time() - float(done.stdout) < HANG_SECONDS / 2
        assert done.stderr == ""


def stuck(entered: threading.Semaphore, go: threading.Event, data: object) -> object:
    """What nobody can cut off: code of the caller's own."""
    entered.release()
    assert go.wait(HANG_SECONDS)
    return data


def test_calls_that_cannot_be_cut_off_keep_nobody_waiting() -> None:
    memory = AsyncMemoryManager(MemoryManager(FileStorage(InMemoryBackend())))
    entered, go = threading.Semaphore(0), threading.Event()

    async def run() -> None:
        calls = [
            asyncio.create_task(memory.update_memory(str(n), partial(stuck, entered, go)))
            for n in range(THREADS)
        ]
        for _ in calls:
            assert await asyncio.to_thread(entered.acquire, timeout=HANG_SECONDS)
        with deadline(0.1), pytest.raises(OperationTimeoutError, match="all threads are busy"):
            await memory.load_memory("x")
        for call in calls:
            call.cancel()
        assert await asyncio.wait_for(memory.load_memory("x", default=7), HANG_SECONDS) == 7

    try:
        asyncio.run(run())
    finally:
        go.set()


def test_a_deadline_ends_the_wait_for_what_cannot_be_cut_off() -> None:
    memory = AsyncMemoryManager(MemoryManager(FileStorage(InMemoryBackend())))
    entered, go = threading.Semaphore(0), threading.Event()

    async def run(seconds: float) -> OperationTimeoutError:
        with deadline(seconds), pytest.raises(OperationTimeoutError) as e:
            await memory.update_memory("c", partial(stuck, entered, go))
        return e.value

    try:  # how long a thread takes to begin, the machine says
        error = with_time_enough(
            lambda seconds: asyncio.run(run(seconds)),
            lambda _: entered.acquire(blocking=False),
            seconds=0.1,
        )
    finally:
        go.set()
    assert "it has not ended" in str(error)
    assert error.outcome_unknown


def test_a_pool_has_so_many_threads_and_they_end_when_there_is_no_work() -> None:
    pool, name = Pool(3, "of-this-test", idle=0.05), "of-this-test"
    go = threading.Event()
    futures = [pool.submit(partial(go.wait, HANG_SECONDS)) for _ in range(9)]

    def alive() -> int:
        return sum(thread.name == name for thread in threading.enumerate())

    eventually(lambda: sum(future.running() for future in futures) == 3)
    assert alive() == 3
    assert pool.give_up(futures[8])  # it had not begun
    assert not pool.give_up(futures[0])
    eventually(lambda: alive() == 4)
    go.set()
    assert all(future.result(HANG_SECONDS) for future in futures[:8])
    eventually(lambda: alive() == 0)
    assert pool.submit(lambda: 5).result(HANG_SECONDS) == 5


def test_what_a_call_raises_passes_through_the_pool() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Pool(1, "of another test").submit(fail).result(HANG_SECONDS)
