"""Many at once: threads, event loops, processes, a store that hangs, and a graph that uses it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict

import pytest
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.store.base import PutOp

from ingenious_storage import CommitUnknownError, CorruptObjectError, Storage
from ingenious_storage.adapters.langgraph import StorageStore
from ingenious_storage.aio import outcome
from ingenious_storage.config import Settings, StorageSettings
from tests.library.test_aio_hang import connection_string
from tests.support.loops import goes_on, out_of_time
from tests.support.servers.doors import HangingDoor, hanging_door

A = ("a",)
WRITER = """\
import sys
import threading
from ingenious_storage.adapters.langgraph import StorageStore

store = StorageStore()
for number in range(25):
    store.put(("a",), f"{sys.argv[1]}-{number}", {"n": number})
    store.put(("a",), "both", {"by": sys.argv[1]})
"""


@pytest.mark.slow
def test_two_processes_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGENIOUS_STORAGE__BASE_PATH", str(tmp_path / "data"))
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, name], cwd=Path.cwd())
        for name in ("one", "other")
    ]
    assert [writer.wait(110) for writer in writers] == [0, 0]
    with Storage.from_config() as storage:
        store = StorageStore(storage)
        items = store.search(A, limit=100)
        assert len(items) == 51
        assert len(store.history(A, "both", limit=None)) == 50


def test_threads_that_put_and_delete_the_same(store: StorageStore) -> None:
    def work(number: int) -> None:
        for turn in range(10):
            store.put(A, "k", {"n": number})
            store.put(A, f"{number}-{turn}", {})
            if turn % 3 == 0:
                store.delete(A, "k")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len([item for item in store.search(A, limit=100) if item.key != "k"]) == 80
    assert store.history(A, "k", limit=None)[-1].number == 1


def test_the_awaited_twins_from_several_loops(store: StorageStore) -> None:
    async def use(name: str) -> list[Any]:
        await asyncio.gather(*(store.aput(A, f"{name}{n}", {"n": n}) for n in range(10)))
        await store.adelete(A, f"{name}0")
        assert await store.aget(A, f"{name}0") is None
        await store.arestore(A, f"{name}0")
        assert len(await store.ahistory(A, f"{name}0")) == 3
        assert len(await store.aerase(A, f"{name}0")) == 1
        await store.aput(A, f"{name}0", {}, ttl=0)
        assert len(await store.asweep(A)) == 1
        assert await store.alist_namespaces() == [A]
        return await store.asearch(A, limit=100)

    assert len(asyncio.run(use("one"))) == 9
    assert len(asyncio.run(use("two"))) == 18


def test_a_store_that_hangs_blocks_no_loop_and_is_given_up(container_name: str) -> None:
    async def run(store: StorageStore, door: HangingDoor) -> None:
        await goes_on(store.aget(A, "k"), door)
        with pytest.raises(CommitUnknownError):
            await out_of_time(lambda: store.aput(A, "k", {"n": 1}), door)

    with hanging_door() as door:
        settings = StorageSettings(
            type="azure_blob",
            connection_string=connection_string(door.port),
            container_data=container_name,
            timeout=60,
        )
        with Storage(Settings(settings)) as storage:
            asyncio.run(run(StorageStore(storage), door))


def test_a_put_that_is_cancelled_says_that_it_was_made(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "PATIENCE", 30.0)
    begun, free = threading.Event(), threading.Event()

    def clock() -> datetime:
        begun.set()
        assert free.wait(20)
        return datetime.now(UTC)

    async def run() -> None:
        put = asyncio.create_task(StorageStore(storage, clock=clock).aput(A, "k", {"n": 1}))
        assert await asyncio.to_thread(begun.wait, 20)
        put.cancel()
        await asyncio.sleep(0)
        free.set()
        with pytest.raises(asyncio.CancelledError) as caught:
            await put
        assert caught.value.__notes__ == ["The change was made before this was cancelled."]

    asyncio.run(run())
    assert StorageStore(storage).get(A, "k") is not None


def test_a_write_that_fails_does_not_stop_the_others(somewhere: Callable[[], Storage]) -> None:
    with somewhere() as storage:
        store = StorageStore(storage)
        documents = storage.agents("langgraph-store")
        documents.store.files.save_bytes(documents.key("a", "broken", leaf="item"), b"no head")
        with pytest.raises(CorruptObjectError):
            store.batch([PutOp(A, key, {"n": 1}) for key in ("one", "broken", "two")])
        assert store.get(A, "one") is not None
        assert store.get(A, "two") is not None


class State(TypedDict):
    said: str
    known: list[str]


def test_a_graph_remembers_across_threads_and_processes(
    somewhere: Callable[[], Storage],
) -> None:
    def remember(state: State, runtime: Runtime[Any]) -> dict[str, Any]:
        assert runtime.store is not None
        runtime.store.put(("facts", "ana"), state["said"], {"text": state["said"]})
        known = runtime.store.search(("facts", "ana"), query="drinks")
        return {"known": [item.value["text"] for item in known]}

    graph = StateGraph(State)
    graph.add_node("remember", remember)
    graph.add_edge(START, "remember")
    graph.add_edge("remember", END)
    told = []
    for said in ("lives in Lyon", "drinks tea"):
        with somewhere() as storage:
            agent = graph.compile(store=StorageStore(storage))
            told.append(agent.invoke({"said": said, "known": []})["known"])
    assert told == [["lives in Lyon"], ["drinks tea", "lives in Lyon"]]
