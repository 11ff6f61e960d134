"""What tests of the routes of memories begin with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from ingenious_ops.serving import create_app
from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.wiring import build_backend
from tests.support.faults import FaultyBackend


@pytest.fixture
def faulty() -> dict[str, FaultyBackend]:
    """The stores of `storage_with_faults`, by container."""
    return {}


@pytest.fixture
def storage_with_faults(faulty: dict[str, FaultyBackend]) -> Iterator[Storage]:
    """In memory; what a store does not answer is not asked for again by a layer."""
    chosen = {"type": "inmemory", "retry": {"attempts": 1}}
    settings = Settings(storage=StorageSettings.model_validate(chosen))

    def wrapped(chosen: StorageSettings, name: str) -> FaultyBackend:
        faulty[name] = FaultyBackend(build_backend(chosen, name))
        return faulty[name]

    with Storage(settings, backend=wrapped) as storage:
        yield storage


@pytest.fixture
def client_with_faults(storage_with_faults: Storage) -> Iterator[TestClient]:
    with TestClient(
        create_app(storage_with_faults), "http://127.0.0.1", raise_server_exceptions=False
    ) as client:
        yield client
