from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.backends.local.backend import LocalBackend
from tests.support.stores import running, slow
from tests.support.writers import Place


@pytest.fixture(params=["inmemory", "local", "azurite", *slow("versitygw", "fake_gcs")])
def place(request: pytest.FixtureRequest, tmp_path: Path, container_name: str) -> Iterator[Backend]:
    """A container, looked at from behind the library."""
    if request.param == "inmemory":
        yield InMemoryBackend()
        return
    if request.param == "local":
        backend: Backend = LocalBackend(tmp_path / container_name)
    else:
        place = Place(container_name, store=running(request.param, request), key_file=None)
        backend = place.files().backend  # busy machines: retried
    backend.ensure_container()
    yield backend
    backend.close()
