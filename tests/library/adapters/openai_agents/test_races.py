"""Callers at the same time, in threads and in processes: no item is given twice or is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest

from ingenious_storage import Storage
from ingenious_storage.adapters.openai_agents import StorageSession
from ingenious_storage.config import Settings, StorageSettings
from tests.library.adapters.openai_agents.conftest import Make
from tests.support.arriving import Arrivals
from tests.support.counting import CountingBackend
from tests.support.faults import FaultyBackend, before, on
from tests.support.polling import eventually
from tests.support.stores import of_azurite
from tests.support.writers import together

ITEMS = 60
MANY = 300
THREADS = 8


def numbered(numbers: Iterable[int]) -> list[Any]:
    return [{"n": number} for number in numbers]


async def pop_all(session: StorageSession) -> list[int]:
    popped: list[int] = []
    while (item := cast("Any", await session.pop_item())) is not None:
        popped.append(item["n"])
    return popped


def test_pops_of_threads_never_give_the_same_item(make: Make, counted: CountingBackend) -> None:
    """Each thread with an event loop and a session of its own."""
    asyncio.run(make("s").add_items(numbered(range(ITEMS))))
    counted.reset()
    with ThreadPoolExecutor(THREADS) as pool, Arrivals() as behind:
        # The first write goes on when all other threads wait for it.
        rule = on("put", "head", before(behind.waiting(THREADS - 1)))
        counted.inner = FaultyBackend(counted.inner, rule)
        popped = list(pool.map(lambda _: asyncio.run(pop_all(make("s"))), range(THREADS)))
    assert sorted(number for mine in popped for number in mine) == list(range(ITEMS))
    assert all(mine == sorted(mine, reverse=True) for mine in popped)
    written = [key or "" for operation, key in counted.calls if operation == "put"]
    heads = [key for key in written if not key.startswith("history/")]
    assert len(heads) <= ITEMS - (THREADS - 2)  # those at the same time are one write


def test_pops_of_one_loop_never_give_the_same_item(make: Make) -> None:
    async def run() -> list[Any]:
        session = make("s")
        await session.add_items(numbered(range(ITEMS)))
        popped = await asyncio.gather(*(session.pop_item() for _ in range(ITEMS + 5)))
        assert await session.get_items() == []
        return popped

    popped = asyncio.run(run())
    assert popped.count(None) == 5
    assert sorted(each["n"] for each in popped if each) == list(range(ITEMS))


def test_adds_and_pops_of_threads_lose_nothing(make: Make) -> None:
    async def work(writer: int) -> list[int]:
        session, popped = make("s"), list[int]()
        for turn in range(20):
            await session.add_items(numbered([writer * 100 + turn]))
            if turn % 3 == 0:
                item = await session.pop_item()
                popped.append(item["n"])
        return popped

    with ThreadPoolExecutor(THREADS) as pool:
        popped = list(pool.map(lambda writer: asyncio.run(work(writer)), range(THREADS)))
    left = [item["n"] for item in asyncio.run(make("s").get_items())]
    seen = sorted([*left, *(number for mine in popped for number in mine)])
    assert seen == sorted(writer * 100 + turn for writer in range(THREADS) for turn in range(20))


def pops_of_a_process(_writer: int, place: dict[str, Any]) -> list[int]:
    with Storage(Settings(StorageSettings(**place))) as storage:
        begun, session = StorageSession("begun", storage), StorageSession("s", storage)
        first = cast("Any", asyncio.run(session.pop_item()))
        asyncio.run(begun.add_items(numbered([0])))
        eventually(lambda: len(asyncio.run(begun.get_items())) == 2)
        return [first["n"], *asyncio.run(pop_all(session))]


@pytest.mark.slow
@pytest.mark.parametrize("where", ["local", "azurite"])
def test_pops_of_processes_never_give_the_same_item(
    where: str, request: pytest.FixtureRequest, tmp_path: Path, container_name: str
) -> None:
    place: dict[str, Any] = {"base_path": tmp_path}
    if where == "azurite":
        store = of_azurite(request.getfixturevalue("azurite"))
        place = {"type": store.type, store.api: store.section, "container_data": container_name}
    with Storage(Settings(StorageSettings(**place))) as storage:
        session = StorageSession("s", storage)
        asyncio.run(session.add_items(numbered(range(MANY))))
        popped = together(pops_of_a_process, 2, place)
        assert sorted([*popped[0], *popped[1]]) == list(range(MANY))
        assert asyncio.run(session.get_items()) == []
        report = storage.verify()["data"]
        assert (report.problems, report.documents) == ((), 2)
