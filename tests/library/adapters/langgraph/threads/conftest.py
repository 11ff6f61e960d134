from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ingenious_storage.adapters.langgraph import StorageSaver
from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.storage import Storage
from tests.support.counting import CountingBackend
from tests.support.stores import running

Opened = Callable[[], StorageSaver]


@pytest.fixture
def backend() -> CountingBackend:
    """The container of all savers of a test."""
    return CountingBackend(InMemoryBackend())


@pytest.fixture
def opened(backend: CountingBackend) -> Iterator[Opened]:
    """Savers that remember nothing of what the others have read and written."""
    with ExitStack() as stack:

        def build(_settings: StorageSettings, _container: str) -> Backend:
            return backend

        def new() -> StorageSaver:
            settings = Settings(StorageSettings(type="inmemory"))
            return StorageSaver(stack.enter_context(Storage(settings, backend=build)))

        yield new


@pytest.fixture
def saver(opened: Opened) -> StorageSaver:
    return opened()


@pytest.fixture
def storage(
    request: pytest.FixtureRequest, tmp_path: Path, container_name: str
) -> Iterator[Storage]:
    """Of the parameter: memory, a folder, or a store of the table."""
    if request.param == "inmemory":
        settings = StorageSettings(type="inmemory")
    elif request.param == "local":
        settings = StorageSettings(type="local", base_path=tmp_path)
    else:
        store = running(request.param, request)
        settings = store.settings(container_data=container_name)
    with Storage(Settings(settings)) as opened:
        yield opened
