"""A life of one document in some fifty requests, to be disturbed at any of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from ingenious_storage.backends.base import Backend
from ingenious_storage.documents import DocumentStore, Revision
from ingenious_storage.documents.writing.pauses import Pauses
from ingenious_storage.errors import CommitUnknownError, StorageError
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.layers.retry import RetryBudget, RetryLayer, RetryPolicy
from tests.support.layering import files_on

KEY = "conversations/a/memory.json"
NO_PAUSES = Pauses(sleep=lambda _seconds: None)
Step = Callable[[DocumentStore], Revision]


def store_on(backend: Backend, *, attempts: int = 1) -> DocumentStore:
    """One that waits for nothing and makes its requests one after the other."""
    return store_over(stack_on(backend, attempts=attempts))


def store_over(stack: Backend) -> DocumentStore:
    """`store_on`, by the client's own stack."""
    return DocumentStore(FileStorage(stack), pauses=NO_PAUSES, workers=1)


def stack_on(backend: Backend, *, attempts: int = 1) -> Backend:
    """Retries that wait for nothing, and the layers that are on."""
    if attempts > 1:
        backend = RetryLayer(
            backend,
            RetryPolicy(attempts),
            budget=RetryBudget(capacity=1e9),
            sleep=lambda _seconds: None,
        )
    return files_on(backend).backend


def append(message: str) -> Step:
    return lambda store: store.update(KEY, lambda old: [*(old or []), message])


def save(value: Any) -> Step:
    return lambda store: store.save(KEY, value)


def forgetful(step: Step) -> Step:
    """With a head that has to be read first."""

    def blind(store: DocumentStore) -> Revision:
        store.reader.heads.pop(KEY)
        return step(store)

    return blind


def life() -> Iterator[tuple[Step, Any]]:
    """Each step with what the data has to be after it; None is a tombstone."""
    words = random.Random(1)
    data: list[str] = []

    def appended(message: str) -> tuple[Step, Any]:
        data.append(message)
        return append(message), list(data)

    yield (lambda store: store.create(KEY, [])), []
    for number in range(8):
        yield appended(f"first {number}")
    yield (lambda store: store.delete(KEY)), None
    yield (lambda store: store.restore(KEY)), list(data)
    yield (lambda store: store.rollback(KEY, 3)), data[:2]
    yield forgetful(save(data)), list(data)
    # Rewritten three times: its deltas soon outweigh it, and it is sealed for that.
    for _ in range(3):
        data[:] = [words.randbytes(20_000).hex()]
        yield save(list(data)), list(data)
    data[:] = []
    yield save([]), []
    for number in range(32):
        yield appended(f"second {number}")
    # It is far back by now: its segment has to be read.
    yield forgetful(lambda store: store.rollback(KEY, 9)), [f"first {n}" for n in range(8)]


def live(store: DocumentStore) -> tuple[list[tuple[Revision, Any]], list[StorageError]]:
    """Do all steps; one that fails must have changed nothing, and succeed when it is repeated."""
    told: list[tuple[Revision, Any]] = []
    failures: list[StorageError] = []
    for step, data in life():
        try:
            revision = step(store)
        except CommitUnknownError:
            raise
        except StorageError as error:
            failures.append(error)
            revision = step(store)
        told.append((revision, data))
    return told, failures
