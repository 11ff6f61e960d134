"""A verify in parts: however a listing is divided, the reports add up to that of the whole."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from functools import cache, reduce
from itertools import pairwise
from operator import add

from hypothesis import given, settings
from hypothesis import strategies as st

from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import (
    DocumentStore,
    Stored,
    VerifyReport,
    note,
    prune,
    purge,
    stored,
    verify,
)
from ingenious_storage.documents.format.segment import MAX_ENTRIES
from tests.support.layering import files_on, key_file

NOTE = note(None, None)
NESTED = ("a", "a!", "a/b", "a/b/c", "b", "b/a.json", "b0")
ORPHAN = "history/b/0000000009-0123456789abcdef"
LONG = MAX_ENTRIES + 2
CUTS = st.sets(st.integers(0, 20))


def saved(store: DocumentStore, key: str, revisions: int) -> None:
    for number in range(revisions):
        store.save(key, number, name=key, note=NOTE)


@cache
def damaged(_layers: object) -> tuple[DocumentStore, VerifyReport]:
    """Keys within keys, segments with and without a head, a damaged head, an orphan, a purge."""
    files = files_on(InMemoryBackend())
    store = DocumentStore(files)
    for key in NESTED:
        saved(store, key, LONG if key in {"a", "a/b", "b"} else 2)
    for number in range(7):
        saved(store, f"many/{number}", 1 + number % 3)
    files.delete("a/b")
    files.save_bytes("many/3", b"<html>")
    files.save_bytes(ORPHAN, b"an orphan")
    purge(store, "many/4")
    store.delete("many/5", note=NOTE)
    whole = verify(store)
    assert whole.documents == len(NESTED) + 6
    assert [problem.key for problem in whole.problems] == ["a/b", "many/3"]
    assert whole.orphans == (ORPHAN,)
    return store, whole


def divided(items: Sequence[Stored], cuts: set[int]) -> Iterator[list[Stored]]:
    """As another process gets them."""
    for begin, end in pairwise([0, *sorted(cuts), len(items) + 20]):
        yield pickle.loads(pickle.dumps(list(items[begin:end])))


def together(store: DocumentStore, parts: Iterator[list[Stored]]) -> VerifyReport:
    return reduce(add, (verify(store, items=part) for part in parts), VerifyReport())


@given(CUTS)
@settings(max_examples=25)
def test_any_division_finds_what_the_whole_finds(cuts: set[int]) -> None:
    store, whole = damaged(key_file())
    assert together(store, divided(list(stored(store, "")), cuts)) == whole


@given(CUTS, st.permutations(["purge", "prune", "save", "begin", "delete"]))
@settings(max_examples=10)
def test_what_changes_behind_the_listing_is_no_problem(cuts: set[int], order: list[str]) -> None:
    store = DocumentStore(files_on(InMemoryBackend()))
    for key in NESTED:
        saved(store, key, LONG if key in {"a/b", "b"} else 2)
    acts: dict[str, Callable[[], object]] = {
        "purge": lambda: purge(store, "a/b"),
        "prune": lambda: prune(store, "b", keep=1),
        "save": lambda: saved(store, "a", LONG),
        "begin": lambda: saved(store, "a/new", 2),
        "delete": lambda: store.delete("b0", note=NOTE),
    }
    parts = divided(list(stored(store, "")), cuts)
    found = VerifyReport()
    for name in order:
        found += verify(store, items=next(parts, []))
        acts[name]()
    found += together(store, parts)
    assert found.problems == ()
    assert len(NESTED) - 1 <= found.documents <= len(NESTED)
