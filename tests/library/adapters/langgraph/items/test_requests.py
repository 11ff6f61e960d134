"""What each call costs, in requests to the store."""

from __future__ import annotations

from collections import Counter

import pytest

from ingenious_storage import Storage
from ingenious_storage.adapters.langgraph import StorageStore
from tests.support.counting import CountingBackend

A = ("a",)


@pytest.fixture
def other(storage: Storage, backend: CountingBackend) -> StorageStore:
    """A store that has seen nothing yet, on 30 items."""
    store = StorageStore(storage)
    for number in range(30):
        store.put(A, f"k{number}", {"n": number})
    storage.memory.documents.reader.forget()
    backend.reset()
    return store


def test_a_put_of_what_is_new(other: StorageStore, backend: CountingBackend) -> None:
    other.put(A, "new", {})
    assert backend.operations == Counter(put=1)
    backend.reset()
    other.put(A, "new", {"n": 1})
    assert backend.operations == Counter(put=1)
    backend.reset()
    other.delete(A, "new")
    assert backend.operations == Counter(put=2)
    backend.reset()
    other.put(A, "new", {"n": 2})
    assert backend.operations == Counter(put=1)


def test_a_put_over_what_this_process_has_not_seen(
    other: StorageStore, backend: CountingBackend
) -> None:
    other.put(A, "k1", {"n": 2})
    assert backend.operations == Counter(put=2, get=1)


def test_a_get(other: StorageStore, backend: CountingBackend) -> None:
    for _ in range(2):
        other.get(A, "k1")
    assert (backend.operations, backend.not_modified) == (Counter(get=2), 1)
    backend.reset()
    other.get(A, "missing")
    assert backend.operations == Counter(get=1)


def test_a_search(other: StorageStore, backend: CountingBackend) -> None:
    other.search(("nobody",))
    assert backend.operations == Counter(list=2)
    backend.reset()
    assert len(other.search(A, query="1", limit=3)) == 3
    assert backend.operations == Counter(list=2, get=30)
    backend.reset()
    assert other.search(A, limit=0) == []
    assert backend.total == 0


def test_namespaces_are_listed_and_nothing_is_read(
    other: StorageStore, backend: CountingBackend
) -> None:
    assert other.list_namespaces(prefix=A) == [A]
    assert backend.operations == Counter(list=2)
