"""What each call costs, in requests to the store."""

from __future__ import annotations

from collections import Counter

import pytest

from ingenious_storage import Storage
from ingenious_storage.adapters.langgraph import StorageStore
from tests.support.counting import CountingBackend

A = ("a",)


@pytest.fixture
def other(storage: Storage, counted: CountingBackend) -> StorageStore:
    """A store that has seen nothing yet, on 30 items."""
    store = StorageStore(storage)
    for number in range(30):
        store.put(A, f"k{number}", {"n": number})
    storage.memory.documents.reader.forget()
    counted.reset()
    return store


def test_a_put_of_what_is_new(other: StorageStore, counted: CountingBackend) -> None:
    other.put(A, "new", {})
    assert counted.operations == Counter(put=1)
    counted.reset()
    other.put(A, "new", {"n": 1})
    assert counted.operations == Counter(put=1)
    counted.reset()
    other.delete(A, "new")
    assert counted.operations == Counter(put=2)
    counted.reset()
    other.put(A, "new", {"n": 2})
    assert counted.operations == Counter(put=1)


def test_a_put_over_what_this_process_has_not_seen(
    other: StorageStore, counted: CountingBackend
) -> None:
    other.put(A, "k1", {"n": 2})
    assert counted.operations == Counter(put=2, get=1)


def test_a_get(other: StorageStore, counted: CountingBackend) -> None:
    for _ in range(2):
        other.get(A, "k1")
    assert (counted.operations, counted.not_modified) == (Counter(get=2), 1)
    counted.reset()
    other.get(A, "missing")
    assert counted.operations == Counter(get=1)


def test_a_search(other: StorageStore, counted: CountingBackend) -> None:
    other.search(("nobody",))
    assert counted.operations == Counter(list=2)
    counted.reset()
    assert len(other.search(A, query="1", limit=3)) == 3
    assert counted.operations == Counter(list=2, get=30)
    counted.reset()
    assert other.search(A, limit=0) == []
    assert counted.total == 0


def test_namespaces_are_listed_and_nothing_is_read(
    other: StorageStore, counted: CountingBackend
) -> None:
    assert other.list_namespaces(prefix=A) == [A]
    assert counted.operations == Counter(list=2)
