"""A storage in memory that counts its requests, as fixtures: `counted` and `storage`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ingenious_storage import Storage
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings, StorageSettings
from tests.support.counting import CountingBackend


@pytest.fixture
def counted() -> CountingBackend:
    """The container of `storage`."""
    return CountingBackend(InMemoryBackend())


@pytest.fixture
def storage(counted: CountingBackend) -> Iterator[Storage]:
    """In memory, and counted."""
    with Storage(Settings(StorageSettings(type="inmemory")), backend=lambda *_: counted) as made:
        yield made
