"""What is deleted of a thread is in no blob any more, and what is kept reads the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingenious_storage.adapters.langgraph import StorageSaver
from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.documents import DocumentStore
from ingenious_storage.documents.format import segment
from ingenious_storage.documents.writing.pauses import Pauses
from ingenious_storage.errors import KeyDestroyedError, StorageError
from ingenious_storage.storage import Storage
from tests.library.adapters.langgraph.threads.conftest import Opened
from tests.library.adapters.langgraph.threads.steps import ids_of, named, put
from tests.support.bare import WORDS, words_in
from tests.support.counting import CountingBackend
from tests.support.faults import FaultyBackend, at, lost, refused
from tests.support.layering import new_key_file
from tests.support.stores import running

ROOT = named()
RUNS = "abcbbbacbbbbbcabbcbabcbaaccbba"
"""The runs that made the checkpoints, in their order."""


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "MAX_ENTRIES", 5)


def step(saver: StorageSaver, number: int, run: str, *, late: bool = False) -> None:
    """A checkpoint with a word of its own in its channels, its metadata and its writes."""
    word = WORDS[number]
    metadata: Any = {"run_id": run, "word": word}
    config = put(saver, ROOT, f"{number:02}", metadata, a=word, b=[word])
    if not late:
        saver.put_writes(config, [("a", f"write {word}")], "task")


def thread(saver: StorageSaver, runs: str = RUNS) -> None:
    for number, run in enumerate(runs):
        step(saver, number, run)


def seen(saver: StorageSaver) -> dict[str, Any]:
    """All that can be read, by checkpoint."""
    return {
        each.checkpoint["id"]: (each.checkpoint, each.metadata, each.pending_writes)
        for each in saver.list(ROOT)
    }


def of(*runs: str) -> set[str]:
    return {WORDS[number] for number, run in enumerate(RUNS) if run in runs}


def sound(saver: StorageSaver) -> bool:
    storage = saver._place.storage
    assert storage is not None
    return not any(report.problems or report.orphans for report in storage.verify().values())


def test_the_checkpoints_of_deleted_runs_are_in_no_blob(
    opened: Opened, backend: CountingBackend
) -> None:
    thread(opened())
    before = seen(opened())
    assert words_in(backend.inner) == of("a", "b", "c")
    opened().delete_for_runs(["b"])
    assert words_in(backend.inner) == of("a", "c")
    kept = {name: one for name, one in before.items() if RUNS[int(name)] != "b"}
    assert seen(opened()) == kept
    opened().delete_for_runs(["a"])
    assert words_in(backend.inner) == of("c")
    assert sound(opened())
    backend.reset()
    opened().delete_for_runs(["a", "b"])
    assert backend.operations["put"] == 0  # all is done
    step(opened(), 31, "d")
    assert ids_of(opened().list(ROOT))[0] == "31"


def test_only_the_kept_one_is_in_the_blobs(opened: Opened, backend: CountingBackend) -> None:
    for count in (1, 4, 7):
        thread(opened(), RUNS[:count])
        opened().prune(["t"])
        assert words_in(backend.inner) == {WORDS[count - 1]}
        assert [*seen(opened())] == [f"{count - 1:02}"]
        assert sound(opened())


def test_what_was_hidden_is_erased_by_the_next(opened: Opened, backend: CountingBackend) -> None:
    """As an earlier release left it, or a crash."""
    saver = opened()
    thread(saver)
    namespace = next(iter(saver._namespaces("t")))
    namespace.hide({f"{n:02}" for n, run in enumerate(RUNS) if run == "b"}, None)
    assert words_in(backend.inner) >= of("b")
    opened().delete_for_runs(["nobody's"])
    assert words_in(backend.inner) == of("a", "c")


@pytest.mark.parametrize("fault", [lost, refused])
@pytest.mark.slow
def test_one_fault_anywhere_loses_nothing(fault: Any) -> None:
    """Another call finishes what this one has left."""
    position, done = 0, False
    while not done:
        position += 1
        inner = InMemoryBackend()

        def open_on(backend: Backend) -> StorageSaver:
            config = Settings(StorageSettings(type="inmemory"))
            storage = Storage(config, backend=lambda _settings, _container: backend)
            saver = StorageSaver(storage)
            _hurry(saver.documents.store)
            return saver

        thread(open_on(inner), RUNS[:12])
        before = seen(open_on(inner))
        faulty = FaultyBackend(inner, at(position, fault))
        with suppress(StorageError):
            open_on(faulty).delete_for_runs(["b"])
            done = len(faulty.requests) < position
        open_on(inner).delete_for_runs(["b"])
        kept = {name: one for name, one in before.items() if RUNS[int(name)] != "b"}
        assert seen(open_on(inner)) == kept
    assert position > 10


def _hurry(store: DocumentStore) -> None:
    store.pauses = Pauses(sleep=lambda _seconds: None)


@settings(
    max_examples=30,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    ids=st.lists(st.integers(0, 30), min_size=2, max_size=14, unique=True),
    runs=st.text("ab", min_size=14, max_size=14),
    prune=st.booleans(),
)
def test_whatever_the_order_and_the_runs(ids: list[int], runs: str, *, prune: bool) -> None:
    backend = InMemoryBackend()
    with Storage(
        Settings(StorageSettings(type="inmemory")), backend=lambda _settings, _container: backend
    ) as storage:
        saver = StorageSaver(storage)
        for number, run in zip(ids, runs, strict=False):
            step(saver, number, run)
        before = seen(saver)
        names = {f"{number:02}": run for number, run in zip(ids, runs, strict=False)}
        if prune:
            saver.prune(["t"])
            kept = {max(names)}
        else:
            saver.delete_for_runs(["a"])
            kept = {name for name, run in names.items() if run == "b"}
        now = seen(StorageSaver(storage))
        assert now == {name: one for name, one in before.items() if name in kept}
        assert [*now] == sorted(kept, reverse=True)
        assert words_in(backend) == {WORDS[int(name)] for name in kept}
        for name in kept:
            assert saver.get_tuple(named(checkpoint=name)) is not None


@pytest.fixture(
    params=[
        pytest.param((place, layers), marks=pytest.mark.slow, id=f"{place}-{layers}")
        for place in ("folder", "azurite")
        for layers in ("plain", "layers")
    ]
)
def store(
    request: pytest.FixtureRequest, tmp_path: Path, container_name: str
) -> Iterator[tuple[Storage, bool]]:
    """A folder or a server, with and without compression and encryption."""
    name, layers = request.param
    more: dict[str, Any] = {}
    if layers == "layers":
        key_file = new_key_file(tmp_path)
        more = {
            "compression": {"enabled": True},
            "encryption": {"provider": "key_file", "key_file": key_file},
        }
    if name == "folder":
        made = StorageSettings(type="local", base_path=tmp_path / "store", **more)
    else:
        made = running(name, request).settings(container_data=container_name, **more)
    with Storage(Settings(made)) as storage:
        yield storage, bool(more)


@pytest.mark.parametrize("prune", [False, True], ids=["runs", "keep-latest"])
def test_in_real_stores_copies_cannot_be_read_either(
    store: tuple[Storage, bool], *, prune: bool
) -> None:
    storage, encrypted = store
    saver = StorageSaver(storage)
    thread(saver)
    before, top = seen(saver), storage.data.backend
    bottom = _bottom(top)
    assert words_in(top) == of("a", "b", "c")
    copy = {info.key: bottom.get(info.key).data for info in bottom.iterate("agents/")}
    copy |= {info.key: bottom.get(info.key).data for info in bottom.iterate("history/")}
    if prune:
        saver.prune(["t"])
        kept = {f"{len(RUNS) - 1:02}"}
    else:
        saver.delete_for_runs(["b"])
        kept = {name for name in before if RUNS[int(name)] != "b"}
    assert seen(StorageSaver(storage)) == {n: one for n, one in before.items() if n in kept}
    assert words_in(top) == {WORDS[int(name)] for name in kept}
    if encrypted:
        for key, data in copy.items():
            bottom.put(key, data)
            with pytest.raises(KeyDestroyedError):
                top.get(key)


def _bottom(backend: Any) -> Backend:
    while hasattr(backend, "inner"):
        backend = backend.inner
    found: Backend = backend
    return found
