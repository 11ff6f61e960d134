"""Purges and writers, in many orders of their requests: `SLOW` of each scene, drawn from all.

After each run: what is there can be read by a process that knows nothing, and what was erased
cannot be read in a copy, also what was written of it while the purge was under way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest

from ingenious_storage.backends.base import (
    PUT_DEFAULTS,
    Backend,
    BlobInfo,
    PutOptions,
)
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import DocumentStore, purge
from ingenious_storage.documents.writing.pauses import Pauses
from ingenious_storage.errors import KeyDestroyedError, NotFoundError
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.layers.base import Layer
from tests.library.layers.encrypt.house import DOCUMENT, document_of, encrypted
from tests.library.layers.encrypt.schedules import orders, run

Act = Callable[[Backend], None]
FAST, SLOW = 10, 120


class Written(Layer):
    """Notes what was written of the document, and when a tombstone was."""

    def __init__(self) -> None:
        super().__init__(InMemoryBackend())
        self.log: list[tuple[str, bytes, PutOptions]] = []

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        info = super().put(key, data, options)
        if document_of(key) is not None:
            self.log.append((key, data, options))
        return info


def documents(store: Backend) -> DocumentStore:
    """As a process of its own has them."""
    return DocumentStore(
        FileStorage(encrypted(store)),
        owns=lambda key: document_of(key) == key,
        pauses=Pauses(sleep=lambda _: None),
    )


def purges(store: Backend) -> None:
    with suppress(NotFoundError):  # another purge was faster
        purge(documents(store), DOCUMENT)


def saves(store: Backend) -> None:
    documents(store).save(DOCUMENT, "new")


def creates(store: Backend) -> None:
    documents(store).save_new(DOCUMENT, "new")


def loads(store: Backend) -> None:
    """Of a document that was erased meanwhile, nothing was found, and nothing damaged."""
    with suppress(NotFoundError):
        documents(store).load(DOCUMENT)


def reads_history(store: Backend) -> None:
    with suppress(NotFoundError):
        documents(store).load(DOCUMENT, revision=2)


def saves_twice(store: Backend) -> None:
    mine = documents(store)
    mine.save(DOCUMENT, "newer")
    mine.save(DOCUMENT, "newest")


def revisions(count: int) -> Act:
    def write(store: Backend) -> None:
        mine = documents(store)
        for number in range(count):
            mine.save(DOCUMENT, number)

    return write


def erased(store: Backend) -> None:
    revisions(1)(store)
    purges(store)


def half_made(store: Backend) -> None:
    """The record of a key, without a head."""
    revisions(1)(store)
    store.delete(DOCUMENT)


SCENES: dict[str, tuple[Act, tuple[Act, ...]]] = {
    "purge-save": (revisions(1), (purges, saves)),
    "purge-create": (revisions(1), (purges, creates)),
    "purge-segment": (revisions(32), (purges, saves)),
    "purge-two-saves": (revisions(1), (purges, saves_twice)),
    "two-purges": (revisions(1), (purges, purges)),
    "two-creators": (erased, (creates, saves)),
    "finish-create": (erased, (purges, creates)),
    "half-made": (half_made, (purges, creates)),
    "nothing": (lambda store: None, (creates, creates)),
    "purge-load": (revisions(2), (purges, loads)),
    "purge-load-create": (revisions(2), (purges, loads, creates)),
    "purge-history": (revisions(33), (purges, reads_history)),
    "purge-create-save": (revisions(1), (purges, creates, saves)),
}


def judged(
    prepare: Act, acts: Sequence[Act], turns: Sequence[int]
) -> tuple[list[int], list[list[int]]]:
    store = Written()
    prepare(store)
    taken, others, errors = run(store, acts, turns)
    assert errors == [None] * len(acts), (taken, errors)
    with suppress(NotFoundError):
        encrypted(store).get(DOCUMENT)
    check_erased(store, taken)
    return taken, others


def check_erased(store: Written, taken: list[int]) -> None:
    """What was written before the last tombstone landed cannot be read, put back."""
    ends = [
        number
        for number, (key, _, options) in enumerate(store.log)
        if key == DOCUMENT and options.lineage.value == "ends"
    ]
    reader = encrypted(store)
    for key, data, options in store.log[: ends[-1]] if ends else []:
        if options.lineage.value == "ends":
            continue
        store.inner.put(key, data)
        assert not _opens(reader, key), (key, taken)


def _opens(reader: Backend, key: str) -> bool:
    try:
        reader.get(key)
    except KeyDestroyedError:
        return False
    return True


@pytest.mark.parametrize("scene", SCENES)
def test_some_orders(scene: str) -> None:
    prepare, acts = SCENES[scene]
    assert len([*orders(lambda turns: judged(prepare, acts, turns), FAST)]) <= FAST


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCENES)
def test_many_orders(scene: str) -> None:
    prepare, acts = SCENES[scene]
    found = [*orders(lambda turns: judged(prepare, acts, turns), SLOW)]
    assert len(found) == len({tuple(order) for order in found}) > 20
