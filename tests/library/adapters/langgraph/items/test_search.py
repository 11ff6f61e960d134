"""Searches and listings of namespaces: by prefix, filter and words, in order and in pages."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

import pytest
from langgraph.store.base import ListNamespacesOp, MatchCondition, SearchOp

from ingenious_storage import InvalidDataError, Storage
from ingenious_storage.adapters.langgraph import StorageStore
from tests.library.adapters.langgraph.items.conftest import Clock
from tests.support.counting import CountingBackend


def keys(found: Any) -> list[str]:
    return [item.key for item in found]


def test_a_prefix_means_whole_labels_and_all_below(store: StorageStore) -> None:
    for namespace in (("a",), ("a", "b"), ("ab",), ("b", "a")):
        store.put(namespace, "-".join(namespace), {})
    store.put(("x",), "a", {})
    assert sorted(keys(store.search(("a",)))) == ["a", "a-b"]
    assert len(store.search(())) == 5
    assert store.search(("nobody",)) == []


def test_the_newest_come_first_in_pages(somewhere: Callable[[], Storage], clock: Clock) -> None:
    with somewhere() as storage:
        store = StorageStore(storage, clock=clock)
        for number in range(25):
            clock.move(seconds=1)
            store.put(("a", str(number % 2)), f"k{number}", {"n": number})
        store.put(("a", "1"), "k3", {"n": 3})
        pages = [keys(store.search(("a",), limit=10, offset=begin)) for begin in (0, 10, 20, 30)]
        ordered = [number for number in reversed(range(25)) if number != 3]
        assert [*chain(*pages)] == ["k3", *(f"k{number}" for number in ordered)]
        assert [len(page) for page in pages] == [10, 10, 5, 0]
        assert store.search(("a",), limit=0) == []


VALUES: dict[str, dict[str, Any]] = {
    "one": {"n": 1, "kind": "tea", "tags": ["a", "b"], "deep": {"x": 1, "y": 2}},
    "two": {"n": 2.5, "kind": "coffee", "tags": ["a"], "deep": {"x": 2}},
    "text": {"n": "3", "kind": None, "on": True},
    "none": {},
}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"kind": "tea"}, {"one"}),
        ({"kind": None}, {"text", "none"}),
        ({"kind": {"$ne": "tea"}}, {"two", "text", "none"}),
        ({"kind": {"$eq": "coffee"}}, {"two"}),
        ({"n": {"$gt": 1}}, {"two", "text"}),
        ({"n": {"$gte": 1, "$lt": 3}}, {"one", "two"}),
        ({"n": {"$lte": "2.5"}}, {"one", "two"}),
        ({"tags": ["a", "b"]}, {"one"}),
        ({"tags": ("a",)}, {"two"}),
        ({"tags": ["a", {"$ne": "c"}]}, {"one"}),
        ({"deep": {"x": 1}}, {"one"}),
        ({"deep": {"x": {"$gt": 1}}}, {"two"}),
        ({"on": True, "n": {"$gt": 2}}, {"text"}),
        ({}, {"one", "two", "text", "none"}),
    ],
)
def test_filters(store: StorageStore, wanted: dict[str, Any], expected: set[str]) -> None:
    for key, value in VALUES.items():
        store.put(("a",), key, value)
    assert set(keys(store.search(("a",), filter=wanted))) == expected


@pytest.mark.parametrize(
    "op",
    [
        SearchOp(("a",), filter={"n": {"$regex": "x"}}),
        SearchOp(("a",), filter={"n": {"$gt": 1, "plain": 2}}),
        SearchOp(("a",), filter={"n": {"$gt": "text"}}),
        SearchOp(("a",), filter={"deep": {"list": [{"$lt": None}]}}),
        SearchOp(("a",), limit=-1),
        SearchOp(("a",), offset=-1),
        ListNamespacesOp(limit=-1),
        ListNamespacesOp(max_depth=0),
        ListNamespacesOp((MatchCondition("infix", ("a",)),)),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_looked_for_is_refused_before_any_request(
    store: StorageStore, counted: CountingBackend, op: Any
) -> None:
    with pytest.raises(InvalidDataError):
        store.batch([op])
    assert counted.total == 0


def test_a_query_ranks_by_words_and_leaves_nothing_out(store: StorageStore) -> None:
    store.put(("m",), "food", {"text": "She likes CAFÉ au lait and croissants"})
    store.put(("m",), "city", {"about": {"home": ["lives in 東京都"]}})
    store.put(("m",), "both", {"text": "likes the cafe in Lyon"})
    store.put(("m",), "lone", {"text": "\ud83d likes"})
    store.put(("m",), "secret", {"text": "cafe lyon"}, index=False)
    store.put(("m",), "field", {"title": "x", "text": "cafe lyon"}, index=["title"])
    found = store.search(("m",), query="cafe in Lyon?")
    assert keys(found)[0] == "both"
    assert found[0].score == 1.0
    scores = {item.key: item.score for item in found}
    assert 0 < (scores["food"] or 0) < 1
    assert (scores["field"], scores["secret"], keys(found)[-1]) == (0.0, None, "secret")
    assert len(found) == 6
    assert keys(store.search(("m",), query="東京", limit=1)) == ["city"]
    assert keys(store.search(("m",), query="Likes", filter={"title": "x"})) == ["field"]
    assert [item.score for item in store.search(("m",), query="?!")][:5] == [0.0] * 5
    assert {item.score for item in store.search(("m",))} == {None}


def test_the_rarer_word_counts_more(store: StorageStore) -> None:
    for number in range(5):
        store.put(("m",), f"tea{number}", {"text": "the user likes tea"})
    store.put(("m",), "rare", {"text": "allergic to penicillin"})
    assert keys(store.search(("m",), query="is the user allergic", limit=1)) == ["rare"]


NAMESPACES = [
    ("users", "1", "profile"),
    ("users", "2", "profile"),
    ("users", "2", "facts", "old"),
    ("docs", "v1"),
    ("docs",),
]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, sorted(NAMESPACES)),
        ({"prefix": ("users", "2")}, [NAMESPACES[2], NAMESPACES[1]]),
        ({"prefix": ("*", "2")}, [NAMESPACES[2], NAMESPACES[1]]),
        ({"suffix": ("profile",)}, NAMESPACES[:2]),
        ({"suffix": ("2", "*")}, [NAMESPACES[1]]),
        ({"suffix": ("*", "*", "*", "*")}, [NAMESPACES[2]]),
        ({"prefix": ("users",), "suffix": ("old",)}, [NAMESPACES[2]]),
        ({"max_depth": 1}, [("docs",), ("users",)]),
        ({"max_depth": 2, "prefix": ("users",)}, [("users", "1"), ("users", "2")]),
        ({"limit": 2, "offset": 1}, [("docs", "v1"), ("users", "1", "profile")]),
        ({"limit": 0}, []),
    ],
)
def test_namespaces(store: StorageStore, asked: Any, expected: Any) -> None:
    for namespace in NAMESPACES:
        store.put(namespace, "k", {})
    store.put(("gone",), "k", {})
    store.delete(("gone",), "k")
    assert store.list_namespaces(**asked) == expected
