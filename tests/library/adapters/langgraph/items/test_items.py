"""Items that are put, read and deleted, and what lies behind them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from langgraph.store.base import GetOp, InvalidNamespaceError, PutOp

from ingenious_storage import InvalidDataError, InvalidKeyError, NotFoundError, Storage
from ingenious_storage.adapters.langgraph import StorageStore
from ingenious_storage.errors import CorruptObjectError
from tests.library.adapters.langgraph.items.conftest import Clock

ODD = [
    (("users", "a/b"), "c"),
    (("users", "a"), "b/c"),
    (("a", "item"), "item"),
    (("日本語" * 60,), "k" * 300),
    (("~",), ""),
    (("%2f", "~~"), ".."),
    (("NUL", "con"), "a\tb\n"),
    (("a",), "A"),
    (("A",), "a"),
]


def test_what_was_put_is_there_for_others(somewhere: Callable[[], Storage]) -> None:
    with somewhere() as one, somewhere() as other:
        for number, (namespace, key) in enumerate(ODD):
            StorageStore(one).put(namespace, key, {"n": number})
        store = StorageStore(other)
        for number, (namespace, key) in enumerate(ODD):
            item = store.get(namespace, key)
            assert item is not None
            assert (item.value, item.namespace, item.key) == ({"n": number}, namespace, key)
            (found,) = (each for each in store.search(namespace) if each.key == key)
            assert found.value == {"n": number}
        assert store.list_namespaces() == sorted({namespace for namespace, _ in ODD})
        assert len(store.search((), limit=50)) == len(ODD)
        assert all(not report.problems for report in other.verify().values())


def test_an_overwrite_keeps_when_an_item_began(store: StorageStore, clock: Clock) -> None:
    began = clock.now
    store.put(("a",), "k", {"n": 1})
    clock.move(hours=1)
    store.put(("a",), "k", {"n": 2})
    item = store.get(("a",), "k")
    assert item is not None
    assert (item.created_at, item.updated_at, item.value) == (began, clock.now, {"n": 2})
    store.delete(("a",), "k")
    store.put(("a",), "k", {"n": 3})
    item = store.get(("a",), "k")
    assert item is not None
    assert item.created_at == clock.now


def test_values_are_copies(store: StorageStore) -> None:
    value = {"deep": {"list": [1]}}
    store.put(("a",), "k", value)
    value["deep"]["list"].append(2)
    for _ in range(2):
        for item in (store.get(("a",), "k"), *store.search(("a",))):
            assert item is not None
            assert item.value == {"deep": {"list": [1]}}
            item.value["deep"]["list"].clear()


def test_values_json_has_none_of(store: StorageStore) -> None:
    value = {"bytes": b"\x00\xff", "inf": float("inf"), "lone": "\ud83d", "numbers": {1: 2}}
    store.put(("a",), "k", value)
    item = store.get(("a",), "k")
    assert item is not None
    assert item.value == value


def test_a_deleted_item_can_be_brought_back_until_it_is_erased(
    store: StorageStore, storage: Storage
) -> None:
    store.put(("a",), "k", {"n": 1})
    store.put(("a",), "k", {"n": 2})
    store.put(("a", "k"), "below", {"n": 3})
    store.delete(("a",), "k")
    assert store.get(("a",), "k") is None
    assert [revision.deleted for revision in store.history(("a",), "k")] == [True, False, False]
    store.restore(("a",), "k")
    item = store.get(("a",), "k")
    assert item is not None
    assert item.value == {"n": 2}
    store.delete(("a",), "k")
    (receipt,) = store.erase(("a",), "k")
    assert receipt.revisions == 5
    with pytest.raises(NotFoundError):
        store.restore(("a",), "k")
    assert store.get(("a", "k"), "below") is not None


def test_erasing_a_namespace_takes_deleted_items_and_deeper_ones(store: StorageStore) -> None:
    store.put(("u",), "1", {"of": "above"})
    store.put(("u", "1"), "a", {})
    store.put(("u", "1"), "deleted", {})
    store.put(("u", "1", "deep"), "b", {})
    store.put(("u", "2"), "c", {})
    store.delete(("u", "1"), "deleted")
    assert len(store.erase(("u", "1"))) == 3
    assert store.erase(("u", "1")) == []
    assert {(each.namespace, each.key) for each in store.search(())} == {
        (("u",), "1"),
        (("u", "2"), "c"),
    }


def test_a_batch_reads_what_was_there_before_it_and_its_last_write_counts(
    store: StorageStore,
) -> None:
    store.put(("a",), "k", {"n": 0})
    before, *_, after = store.batch(
        [
            GetOp(("a",), "k"),
            PutOp(("a",), "k", {"n": 1}),
            PutOp(("a",), "k", {"n": 2}),
            PutOp(("a",), "gone", {"n": 3}),
            PutOp(("a",), "gone", None),
            GetOp(("a",), "k"),
        ]
    )
    assert before == after
    assert [item.value for item in store.search(("a",))] == [{"n": 2}]


def test_bad_input_is_refused_before_any_request(store: StorageStore, counted: object) -> None:
    good = PutOp(("a",), "good", {})
    for bad, error in (
        (PutOp(("a",), "k", {"x": object()}), InvalidDataError),
        (PutOp(("a",), "k", ["no mapping"]), InvalidDataError),  # type: ignore[arg-type]
        (PutOp(("a",), "\ud800", {}), InvalidKeyError),
        (PutOp(("a", 1), "k", {}), InvalidKeyError),  # type: ignore[arg-type]
        (PutOp(("a",), "k", {}, ttl=float("nan")), InvalidDataError),
        (PutOp(("a",), "k", {}, ttl=-1), InvalidDataError),
        (PutOp(("a",), "k", {}, ttl=1e30), InvalidDataError),
        (PutOp(("a",) * 300, "k", {}), InvalidKeyError),
        ("get", InvalidDataError),
    ):
        with pytest.raises(error):
            store.batch([good, bad])  # type: ignore[list-item]
    assert store.get(("a",), "good") is None
    with pytest.raises(InvalidNamespaceError):
        store.put(("a.b",), "k", {})


def test_the_longest_name_has_room_for_its_history(store: StorageStore, storage: Storage) -> None:
    namespace, key = ("n" * 190,) * 4, "k"
    while True:
        try:
            storage.agents("langgraph-store").key(*namespace, key + "k", leaf="item")
        except InvalidKeyError:
            break
        key += "k"
    for number in range(40):
        store.put(namespace, key, {"n": number})
    assert len(store.history(namespace, key, limit=None)) == 40
    with pytest.raises(InvalidKeyError):
        store.put(namespace, key + "k", {})


def test_what_is_no_item_is_not_taken_for_one(store: StorageStore, storage: Storage) -> None:
    documents = storage.agents("langgraph-store")
    documents.change("a", "k", leaf="item", fn=lambda _: {"no": "item"})
    with pytest.raises(CorruptObjectError):
        store.get(("a",), "k")
    documents.change("a", "other", leaf="note", fn=lambda _: {"of": "somebody else"})
    assert store.list_namespaces() == [("a",)]
