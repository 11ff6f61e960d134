"""Many writers of one thread at a time: all that was acknowledged is there, once."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ingenious_storage.adapters.langgraph import StorageSaver
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.storage import Storage
from tests.library.adapters.langgraph.threads.conftest import Opened
from tests.library.adapters.langgraph.threads.steps import ids_of, named, put
from tests.support.stores import RunningStore, running
from tests.support.writers import together

STEPS = 8
THREADS = 8
PROCESSES = 4
FEWER = 4
"""Steps of each of the threads of the processes."""


def run(
    saver: StorageSaver, writer: str, steps: int = STEPS, *, others: threading.Barrier | None = None
) -> None:
    """Steps on top of one another, whose writes are put beside the next checkpoint, as the
    framework does; and some to a checkpoint of long ago."""
    config, first = named(), None
    with ThreadPoolExecutor(2) as pool:
        for step in range(steps):
            if others is not None:
                others.wait(60)
            config = put(saver, config, a=f"{writer}/{step}")
            first = first or config
            task = f"{writer}/{step}"
            beside = pool.submit(saver.put_writes, config, [("a", task), ("b", 1)], task)
            if step % 3 == 2:
                saver.put_writes(first, [("late", task)], f"late {task}")
            if step % 2:
                beside.result(60)


def check(saver: StorageSaver, writers: int, steps: int = STEPS) -> None:
    found = [*saver.list(named())]
    assert len(found) == writers * steps
    assert ids_of(found) == sorted(ids_of(found), reverse=True)
    values = Counter(each.checkpoint["channel_values"]["a"] for each in found)
    assert {*values.values()} == {1}
    late = 0
    for each in found:
        value = each.checkpoint["channel_values"]["a"]
        writes = each.pending_writes or []
        assert [w for w in writes if w[1] != "late"] == [(value, "a", value), (value, "b", 1)]
        late += len(writes) - 2
        assert saver.get_tuple(each.config) == each
    assert late == writers * (steps // 3)


def test_threads(opened: Opened) -> None:
    saver, barrier = opened(), threading.Barrier(THREADS)
    with ThreadPoolExecutor(THREADS) as pool:
        for done in [
            pool.submit(run, saver, str(number), others=barrier) for number in range(THREADS)
        ]:
            done.result(120)
    check(opened(), THREADS)


def storage(store: RunningStore | None, folder: Path, container: str) -> Storage:
    if store is None:
        return Storage(Settings(StorageSettings(type="local", base_path=folder)))
    return Storage(Settings(store.settings(container_data=container)))


def in_process(number: int, store: RunningStore | None, folder: Path, container: str) -> None:
    """One process with so many threads."""
    with storage(store, folder, container) as opened, ThreadPoolExecutor(THREADS) as pool:
        saver = StorageSaver(opened)
        for done in [pool.submit(run, saver, f"{number}.{t}", FEWER) for t in range(THREADS)]:
            done.result(240)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["local", "azurite", "versitygw"])
def test_processes_with_threads(
    name: str, request: pytest.FixtureRequest, tmp_path: Path, container_name: str
) -> None:
    store = None if name == "local" else running(name, request)
    together(in_process, PROCESSES, store, tmp_path, container_name)
    with storage(store, tmp_path, container_name) as opened:
        check(StorageSaver(opened), PROCESSES * THREADS, FEWER)
        assert [report for report in opened.verify().values() if report.problems] == []
