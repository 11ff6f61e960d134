from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingenious_storage import Storage
from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.wiring import build_backend
from tests.library.services.pruning.ageing import Ageing
from tests.support.stores import running, slow

Opened = Callable[..., Storage]


@pytest.fixture(params=["inmemory", *slow("local", "azurite")])
def settings(
    request: pytest.FixtureRequest, tmp_path: Path, container_name: str
) -> StorageSettings:
    if request.param == "inmemory":
        return StorageSettings(type="inmemory")
    if request.param == "local":
        return StorageSettings(base_path=tmp_path)
    return running(request.param, request).settings(
        container_data=f"{container_name[:50]}-data",
        container_revisions=f"{container_name[:50]}-revisions",
    )


@pytest.fixture
def stores(settings: StorageSettings) -> Iterator[dict[str, Ageing]]:
    """The two containers, by the name of the role; their clocks can be put forward."""
    made = dict[str, Ageing]()
    for role, name in (
        ("data", settings.container_data),
        ("revisions", settings.container_revisions),
    ):
        inner: Backend = InMemoryBackend(create=False)
        made[role] = Ageing(inner if settings.type == "inmemory" else build_backend(settings, name))
    yield made
    for each in made.values():
        each.close()


@pytest.fixture
def opened(settings: StorageSettings, stores: dict[str, Ageing]) -> Opened:
    """Opens the same storage as another process would."""

    def open_it(**more: object) -> Storage:
        changed = settings.model_copy(update=more)

        def backend(_settings: StorageSettings, name: str) -> Backend:
            return stores["data" if name == settings.container_data else "revisions"]

        return Storage(Settings(storage=changed), backend=backend)

    return open_it


@pytest.fixture
def storage(opened: Opened) -> Storage:
    return opened()


@pytest.fixture
def data(stores: dict[str, Ageing]) -> Ageing:
    """The container of memories and of frameworks' documents."""
    return stores["data"]
