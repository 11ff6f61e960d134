"""The fixtures of the documents' tests, over three shards."""

from __future__ import annotations

import pytest

from ingenious_storage.documents import DocumentStore
from ingenious_storage.file_storage import FileStorage
from tests.library.backends.sharded.shards import sharded
from tests.support.counting import CountingBackend


@pytest.fixture
def counted() -> CountingBackend:
    return CountingBackend(sharded("abc"))


@pytest.fixture
def store(counted: CountingBackend) -> DocumentStore:
    return DocumentStore(FileStorage(counted))
