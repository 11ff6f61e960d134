"""One fault, at each request of a document's life in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.backends.local.backend import LocalBackend
from tests.library.documents.faults.scenario import KEY, life, live, store_on
from tests.support.faults import Fault, FaultyBackend, at, lost, refused, throttled
from tests.support.writers import whole_history

KINDS = [(lost, 1), (lost, 3), (refused, 1), (refused, 3), (throttled, 1)]
Make = Callable[[], Backend]


@pytest.fixture
def in_memory() -> Make:
    return InMemoryBackend


@pytest.fixture
def on_disk(tmp_path: Path) -> Make:
    def folders() -> Iterator[LocalBackend]:
        number = 0
        while True:
            number += 1
            backend = LocalBackend(tmp_path / str(number))
            backend.ensure_container()
            yield backend

    made = folders()
    return lambda: next(made)


def disturb(make: Make, fault: Fault, *, attempts: int, every: int = 1) -> None:
    """Live once undisturbed, then with `fault` at each `every`-th request."""
    calm = FaultyBackend(make())
    live(store_on(calm))
    requests = list(calm.requests)
    assert len(requests) > 45
    assert [r.role for r in requests if r.operation == "put"].count("segment") == 3
    for position in range(1, len(requests) + 1, every):
        backend = FaultyBackend(make(), at(position, fault))
        try:
            told, failures = live(store_on(backend, attempts=attempts))
            assert whole_history(backend.inner, KEY) == told
            assert [failure.outcome_unknown for failure in failures] in ([], [False])
            assert attempts == 1 or not failures
        except BaseException as error:
            error.add_note(f"fault at {requests[position - 1]}")
            raise


@pytest.mark.parametrize(("fault", "attempts"), KINDS)
def test_one_fault_anywhere_in_memory(in_memory: Make, fault: Fault, attempts: int) -> None:
    disturb(in_memory, fault, attempts=attempts)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("fault", "attempts"), [(lost, 1), (refused, 3)])
def test_one_fault_anywhere_on_disk(on_disk: Make, fault: Fault, attempts: int) -> None:
    disturb(on_disk, fault, attempts=attempts)


def test_the_life_is_what_its_steps_say(in_memory: Make) -> None:
    backend = in_memory()
    told, failures = live(store_on(backend))
    assert failures == []
    assert [data for _, data in told] == [data for _, data in life()]
    assert whole_history(backend, KEY) == told
