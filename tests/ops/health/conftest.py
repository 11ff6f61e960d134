"""A storage in memory whose requests can be counted, held up and refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from ingenious_storage import Storage
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings, StorageSettings
from tests.support.faults import Fault, FaultyBackend


@dataclass
class Clock:
    """Seconds that pass when a test says so."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Store:
    """What is behind a Storage: one FaultyBackend a container, by its name."""

    backends: dict[str, FaultyBackend] = field(default_factory=dict)
    create: bool = True

    def open(self, settings: StorageSettings, name: str) -> FaultyBackend:
        self.backends[name] = FaultyBackend(InMemoryBackend(create=self.create))
        return self.backends[name]

    def storage(self, **settings: Any) -> Storage:
        chosen = StorageSettings(type="inmemory", **settings)
        return Storage(Settings(storage=chosen), backend=self.open)

    def meet(self, fault: Fault | None) -> None:
        """Every request meets `fault` from now on."""
        for backend in self.backends.values():
            backend.rule = None if fault is None else lambda _request: fault

    @property
    def requests(self) -> list[str]:
        return [
            request.operation for backend in self.backends.values() for request in backend.requests
        ]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def storage(store: Store) -> Iterator[Storage]:
    with store.storage() as storage:
        yield storage
