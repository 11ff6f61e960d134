from __future__ import annotations

import pytest

from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import DocumentStore
from ingenious_storage.file_storage import FileStorage
from tests.support.counting import CountingBackend


@pytest.fixture
def backend() -> CountingBackend:
    return CountingBackend(InMemoryBackend())


@pytest.fixture
def store(backend: CountingBackend) -> DocumentStore:
    return DocumentStore(FileStorage(backend))
