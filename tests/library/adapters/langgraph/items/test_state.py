"""A state machine: what LangGraph's own store in memory does, this one does too.

Where they differ, as docs/frameworks/langgraph.md lists it, the machine goes around: namespaces
that were emptied, the order of a search, and `created_at`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from langgraph.store.base import GetOp, Op, PutOp
from langgraph.store.memory import InMemoryStore

from ingenious_storage import Storage
from ingenious_storage.adapters.langgraph import StorageStore
from ingenious_storage.config import Settings, StorageSettings

LABELS = st.sampled_from(["a", "b", "a b", "A", "é/", "*", "item"])
PATHS = st.lists(LABELS, min_size=1, max_size=3).map(tuple)
PREFIXES = st.lists(LABELS, max_size=2).map(tuple)
KEYS = st.sampled_from(["a", "b", "k/1", "", "item"])
SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["x", "2", 0.5])
VALUES = st.dictionaries(
    st.sampled_from(["n", "t"]),
    SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.just("d"), SCALARS, max_size=1),
    max_size=2,
)
EQUALS = st.dictionaries(st.sampled_from(["n", "t"]), SCALARS, max_size=2)
MATCHES = st.none() | st.lists(LABELS, min_size=1, max_size=2).map(tuple)


class Stores(RuleBasedStateMachine):
    """Both are told the same, and what they say is compared."""

    def __init__(self) -> None:
        super().__init__()
        self.theirs = InMemoryStore()
        self.storage = Storage(Settings(StorageSettings(type="inmemory")))
        self.ours = StorageStore(self.storage)

    def teardown(self) -> None:
        self.storage.close()

    @rule(path=PATHS, key=KEYS, value=VALUES)
    def put(self, path: tuple[str, ...], key: str, value: dict[str, Any]) -> None:
        for store in (self.theirs, self.ours):
            store.put(path, key, value)

    @rule(path=PATHS, key=KEYS)
    def delete(self, path: tuple[str, ...], key: str) -> None:
        for store in (self.theirs, self.ours):
            store.delete(path, key)

    @rule(path=PATHS, key=KEYS)
    def get(self, path: tuple[str, ...], key: str) -> None:
        assert said(self.ours.get(path, key)) == said(self.theirs.get(path, key))

    @rule(prefix=PREFIXES, wanted=EQUALS, above=st.none() | st.integers(-2, 2))
    def search(self, prefix: tuple[str, ...], wanted: dict[str, Any], above: int | None) -> None:
        given = {**wanted, **({} if above is None else {"n": {"$ne": above}})}
        ours, theirs = (
            sorted(map(repr, map(said, store.search(prefix, filter=given, limit=1000))))
            for store in (self.ours, self.theirs)
        )
        assert ours == theirs

    @rule(prefix=MATCHES, suffix=MATCHES, depth=st.none() | st.integers(1, 3))
    def namespaces(self, prefix: Any, suffix: Any, depth: int | None) -> None:
        options = {"prefix": prefix, "suffix": suffix, "max_depth": depth, "limit": 1000}
        ours = self.ours.list_namespaces(**options)
        with forgotten(self.theirs):
            assert ours == self.theirs.list_namespaces(**options)

    @rule(ops=st.lists(st.tuples(PATHS, KEYS, st.none() | VALUES, st.booleans()), max_size=4))
    def batch(self, ops: list[tuple[Any, ...]]) -> None:
        asked: list[Op] = [
            GetOp(path, key) if reads else PutOp(path, key, value)
            for path, key, value, reads in ops
        ]
        ours, theirs = (store.batch(list(asked)) for store in (self.ours, self.theirs))
        assert [*map(said, ours)] == [*map(said, theirs)]

    @invariant()
    def holds_the_same(self) -> None:
        ours, theirs = (
            sorted(map(repr, map(said, store.search((), limit=1000))))
            for store in (self.ours, self.theirs)
        )
        assert ours == theirs


def said(item: Any) -> Any:
    return item and (item.namespace, item.key, item.value, type(item).__name__)


@contextmanager
def forgotten(store: InMemoryStore) -> Iterator[None]:
    """Namespaces that hold nothing are not there."""
    for path in [path for path, items in store._data.items() if not items]:
        del store._data[path]
    yield


@pytest.mark.parametrize(
    ("runs", "steps"), [(15, 20), pytest.param(60, 40, marks=pytest.mark.slow)]
)
def test_both_stores_do_the_same(runs: int, steps: int) -> None:
    options = settings(max_examples=runs, stateful_step_count=steps, deadline=None)
    run_state_machine_as_test(Stores, settings=options)
