"""Time to live: by a clock that stands still until a test moves it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ingenious_storage import ConfigurationError, NotFoundError, Storage
from ingenious_storage.adapters.langgraph import StorageStore
from tests.library.adapters.langgraph.items.conftest import Clock
from tests.support.counting import CountingBackend

A = ("a",)


def test_an_item_is_gone_when_its_time_is_over(store: StorageStore, clock: Clock) -> None:
    store.put(A, "k", {}, ttl=10)
    store.put(A, "stays", {})
    clock.move(minutes=9, seconds=59)
    assert store.get(A, "k", refresh_ttl=False) is not None
    assert len(store.search(A, refresh_ttl=False)) == 2
    clock.move(seconds=1)
    assert store.get(A, "k") is None
    assert [item.key for item in store.search(A)] == ["stays"]


def test_reads_put_it_off_and_a_put_begins_anew(store: StorageStore, clock: Clock) -> None:
    store.put(A, "k", {}, ttl=10)
    for read in (lambda: store.get(A, "k"), lambda: store.search(A)):
        clock.move(minutes=9)
        assert read()
    clock.move(minutes=9)
    item = store.get(A, "k")
    assert item is not None
    assert (item.updated_at, item.created_at) == (item.created_at, item.created_at)
    store.put(A, "k", {})
    clock.move(days=1000)
    item = store.get(A, "k")
    assert item is not None
    assert item.created_at < item.updated_at


def test_over_an_expired_item_a_new_one_begins(store: StorageStore, clock: Clock) -> None:
    store.put(A, "k", {"n": 1}, ttl=1)
    clock.move(minutes=2)
    store.put(A, "k", {"n": 2})
    item = store.get(A, "k")
    assert item is not None
    assert item.created_at == item.updated_at == clock.now


def test_reads_close_together_write_once(
    store: StorageStore, clock: Clock, counted: CountingBackend
) -> None:
    store.put(A, "k", {}, ttl=100)
    clock.move(minutes=50)
    counted.reset()
    for _ in range(10):
        clock.move(seconds=20)
        store.get(A, "k")
    assert counted.operations["put"] == 1


def test_only_what_a_search_gives_is_put_off(
    store: StorageStore, clock: Clock, counted: CountingBackend
) -> None:
    for number in range(6):
        store.put(A, f"k{number}", {}, ttl=10)
    clock.move(minutes=5)
    counted.reset()
    assert len(store.search(A, limit=2)) == 2
    assert counted.operations["put"] == 2


def test_a_sweep_erases_what_has_expired(somewhere: Callable[[], Storage], clock: Clock) -> None:
    with somewhere() as storage:
        store = StorageStore(storage, clock=clock)
        for number in range(4):
            store.put(("a", str(number)), "k", {"n": number}, ttl=1)
            store.put(("a", str(number)), "k", {"n": number + 1}, ttl=1 + number)
        store.put(A, "stays", {})
        clock.move(minutes=2)
        assert store.sweep(("a", "3")) == []
        receipts = store.sweep()
        assert sorted(receipt.revisions or 0 for receipt in receipts) == [2, 2]
        assert store.sweep() == []
        with pytest.raises(NotFoundError):
            store.history(("a", "0"), "k")
        assert store.list_namespaces() == [A, ("a", "2"), ("a", "3")]


def test_what_is_put_off_while_it_is_swept_stays(
    storage: Storage, store: StorageStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingenious_storage import documents

    store.put(A, "k", {"n": 1}, ttl=1)
    clock.move(minutes=2)
    purge = documents.purge

    def late(*args: Any, **options: Any) -> Any:
        store.put(A, "k", {"n": 2}, ttl=1)
        return purge(*args, **options)

    monkeypatch.setattr(documents, "purge", late)
    assert store.sweep() == []
    item = store.get(A, "k")
    assert item is not None
    assert item.value == {"n": 2}


def test_what_goes_while_it_is_read_does_not_come_back(
    storage: Storage, store: StorageStore, clock: Clock
) -> None:
    store.put(A, "k", {}, ttl=10)
    other = StorageStore(storage, clock=Moving(clock, lambda: store.delete(A, "k"), after=1))
    clock.move(minutes=5)
    assert other.get(A, "k") is not None
    assert store.get(A, "k") is None


class Moving:
    """A clock at whose reading, after some, something happens."""

    def __init__(self, clock: Clock, happens: Callable[[], object], *, after: int) -> None:
        self._clock, self._happens, self._after = clock, happens, after

    def __call__(self) -> Any:
        if self._after == 0:
            self._happens()
        self._after -= 1
        return self._clock()


def test_the_configuration_of_langgraph(storage: Storage, clock: Clock) -> None:
    store = StorageStore(storage, clock=clock, ttl={"default_ttl": 10, "refresh_on_read": False})
    store.put(A, "k", {})
    store.put(A, "stays", {}, ttl=None)
    clock.move(minutes=6)
    assert store.get(A, "k") is not None
    clock.move(minutes=6)
    assert store.get(A, "k") is None
    late = StorageStore(storage, clock=clock, ttl={"omit_expired": False})
    assert late.get(A, "k", refresh_ttl=False) is not None
    assert late.get(A, "stays") is not None
    with pytest.raises(ConfigurationError, match="sweep_interval_minutes"):
        StorageStore(storage, ttl={"sweep_interval_minutes": 5})
