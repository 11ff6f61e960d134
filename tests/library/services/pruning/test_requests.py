"""What a prune of many documents costs: listings, and few requests for each that changes."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from datetime import timedelta

import pytest

from ingenious_storage import PruneEntry, PrunePolicy, Storage
from tests.library.services.pruning.ageing import Ageing
from tests.library.services.pruning.test_expiry import write

DAY = timedelta(days=1)
MANY = 2000
LONG = 5
"""Documents with two segments."""
pytestmark = pytest.mark.parametrize("settings", ["inmemory"], indirect=True)


def fill(storage: Storage) -> None:
    for number in range(MANY - LONG):
        storage.memory.save_memory(f"short-{number}", 1)
    for number in range(LONG):
        for turn in range(70):
            storage.memory.save_memory(f"long-{number}", turn)


def test_of_2000_documents_only_those_that_change_are_read(storage: Storage, data: Ageing) -> None:
    fill(storage)
    data.reset()
    done = storage.prune(PrunePolicy(keep=1), kinds=["memory"])
    assert (done.documents, done.pruned) == (MANY, LONG)
    assert {key for _, key in data.calls if key and "short" in key} == set()
    # Of each that changes: its segments twice, its head and two segments, a write, a delete.
    assert data.operations == Counter(
        container_exists=1, now=1, list=2 + 2 * LONG, get=3 * LONG, put=LONG, delete_many=LONG
    )
    data.reset()
    assert storage.prune(PrunePolicy(keep=1), kinds=["memory"]).entries == []
    assert data.operations == Counter(container_exists=1, now=1, list=2)


def test_of_2000_documents_only_those_that_expire_are_read(storage: Storage, data: Ageing) -> None:
    for thread in ("t", "u"):
        for leaf in ("state", "writes"):
            write(storage, "langgraph", thread, "", leaf=leaf)
    storage.memory.save_memory("idle", 1)
    data.put_forward(60 * DAY)
    fill(storage)
    data.reset()
    done = storage.prune(ttl={"memory": 30 * DAY, "langgraph": 30 * DAY})
    assert (done.documents, done.erased) == (MANY + 1 + 4, 5)
    assert {key for _, key in data.calls if key and ("short" in key or "long" in key)} == set()
    of_memory = [name for name, key in data.calls if key and "idle" in key]
    assert Counter(of_memory) == Counter(get=1, put=2)  # the marker and the tombstone
    of_threads = [name for name, key in data.calls if key and "langgraph" in key]
    assert Counter(of_threads) == Counter(get=2 * 4, put=4 * 4)
    data.reset()
    assert storage.prune(ttl={"memory": 30 * DAY, "langgraph": 30 * DAY}).entries == []
    assert data.operations["get"] == 5  # what was purged, until `gc` takes its tombstone away


def test_memory_is_bounded_however_many_documents_change(storage: Storage, data: Ageing) -> None:
    for number in range(MANY):
        storage.memory.save_memory(f"{number}", 1)
    data.put_forward(60 * DAY)
    seen = 0

    def count(_entry: PruneEntry) -> None:
        nonlocal seen
        seen += 1

    storage.memory.documents.reader.forget()
    tracemalloc.start()
    done = storage.prune(ttl={"memory": 30 * DAY}, dry_run=True, on_entry=count)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (seen, done.entries, done.erased) == (MANY, [], MANY)
    assert peak < 8 * 1024 * 1024
