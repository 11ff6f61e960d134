"""Purges against whoever writes and reads, in many orders: what is there can be opened, and of a
copy from before nothing can be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import DocumentStore, PurgeReceipt, Revision, purge
from ingenious_storage.documents.format import segment
from ingenious_storage.documents.format.parsing import parse_head
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    KeyDestroyedError,
    NotFoundError,
)
from ingenious_storage.layers.base import Layer
from tests.library.documents.faults.scenario import KEY, NO_PAUSES, store_on
from tests.library.documents.faults.turns import Act, Run, check_each, some_orders
from tests.support.faults import FaultyBackend, after, before, on
from tests.support.layering import behind, files_on
from tests.support.writers import whole_history

ENTRIES = 4
REFUSALS = (ConflictError, NotFoundError, AlreadyExistsError)
Call = Callable[[DocumentStore], Any]


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "MAX_ENTRIES", ENTRIES)


def cold(*calls: Call) -> Act:
    """Each by a process of its own, which knows nothing."""

    def act(backend: Backend) -> list[Any]:
        done = []
        for call in calls:
            try:
                done.append(call(DocumentStore(files_on(backend), pauses=NO_PAUSES, workers=1)))
            except REFUSALS as error:
                done.append(error)
        return done

    return act


def warm(backend: Backend, *calls: Call) -> Act:
    """By a process that has loaded the document, and has its key."""
    line = Layer(backend)
    store = store_on(line)
    store.load(KEY)

    def act(stepped: Backend) -> list[Any]:
        line.inner = stepped
        return [_told(call, store) for call in calls]

    return act


def _told(call: Call, store: DocumentStore) -> Any:
    try:
        return call(store)
    except REFUSALS as error:
        return error


def save(word: str) -> Call:
    return lambda store: store.save(KEY, [word])


def append(word: str) -> Call:
    return lambda store: store.update(KEY, lambda old: [*(old or []), word])


def load(store: DocumentStore) -> Any:
    return store.load(KEY).data


def erase(store: DocumentStore) -> PurgeReceipt:
    return purge(store, KEY)


def raw_copy(backend: Backend) -> dict[str, bytes]:
    return {info.key: backend.get(info.key).data for info in backend.iterate()}


def opened(backend: Backend, copy: dict[str, bytes]) -> list[str]:
    """What of a copy can be read with the keys that `backend` has now, but what purges leave."""
    now = {key: data for key, data in raw_copy(backend).items() if key.startswith("keys/")}
    found = []
    for key, data in copy.items():
        if key.startswith(("keys/", "deleted/", ".health/")):
            continue
        place = InMemoryBackend()
        for name, blob in {**now, key: data}.items():
            place.put(name, blob)
        with suppress(KeyDestroyedError):
            head = behind(place).get(key).data
            if key.startswith("history/") or not parse_head(head, key=key, etag=None).purged:
                found.append(key)
    return found


CROWDS: dict[str, Callable[[Backend], Sequence[Act]]] = {
    "creator": lambda _b: (cold(erase), cold(save("new"))),
    "two creators": lambda _b: (cold(erase), cold(save("new")), cold(append("new"))),
    "two purges and a creator": lambda _b: (cold(erase), cold(erase), cold(save("new"))),
    "warm writer": lambda b: (cold(erase), warm(b, save("new"), append("new"))),
    "warm purge": lambda b: (warm(b, erase), cold(save("new"), load)),
    "warm writer and creator": lambda b: (cold(erase), warm(b, append("new")), cold(save("new"))),
    "readers": lambda b: (cold(erase), cold(load, load), warm(b, load, load)),
    "purge and again": lambda b: (cold(erase, save("new"), load), warm(b, load, append("new"))),
    "purged twice": lambda b: (cold(erase, save("mid"), erase), warm(b, append("new"), load)),
}


@pytest.mark.parametrize("crowd", CROWDS.values(), ids=CROWDS)
@pytest.mark.parametrize("number", [1, ENTRIES, 2 * ENTRIES + 1])
def test_a_purge_beside(number: int, crowd: Callable[[Backend], Sequence[Act]]) -> None:
    copies: list[dict[str, bytes]] = []

    def prepare() -> tuple[Backend, Sequence[Act]]:
        backend = InMemoryBackend()
        store = store_on(backend)
        for turn in range(number):
            store.save(KEY, ["secret", turn])
        copies.append(raw_copy(backend))
        return backend, crowd(backend)

    check_each(some_orders(prepare, count=30, seed=number), partial(check, copies=copies))


def check(run: Run, copies: list[dict[str, bytes]]) -> None:
    told = [each for result in run.results for each in _listed(result)]
    assert any(isinstance(each, PurgeReceipt) for each in told)
    for each in told:
        assert isinstance(each, (PurgeReceipt, Revision, list, *REFUSALS)), repr(each)
    assert opened(run.backend, copies[-1]) == []
    seen = behind(run.backend)
    live = {info.key: seen.get(info.key).data for info in seen.iterate()}
    assert not any(b"secret" in data for data in live.values())
    head = store_on(run.backend).reader.read(KEY)
    if head is not None and not head.purged:
        whole_history(run.backend, KEY)


def test_a_slow_reader_of_a_purged_document_does_not_choose_the_key_of_the_next() -> None:
    """It opens the old head when the next one is there, and before the purge destroys its key."""
    backend = InMemoryBackend()
    mine_line, purge_line = FaultyBackend(backend), FaultyBackend(backend)
    mine = store_on(mine_line)
    mine.save(KEY, ["old"])

    def begin_again() -> None:
        mine.save(KEY, ["new"])

    def purge_meanwhile() -> None:
        purge_line.rule = on("delete", "key", before(begin_again))
        purge(store_on(purge_line), KEY)

    mine_line.rule = on("get", "head", after(purge_meanwhile))
    cache = mine.files.backend  # one thread does it all, and would wait for itself there
    assert isinstance(cache, Layer)
    assert b"old" in cache.inner.get(KEY).data
    mine.save(KEY, ["newer"])
    assert [value for _, value in whole_history(backend, KEY)] == [["new"], ["newer"]]


def _listed(result: Any) -> list[Any]:
    return result if isinstance(result, list) else [result]
