"""A storage in memory that counts requests, and an agent whose model is a list of answers."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterator

import pytest

from ingenious_storage import Storage
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings, StorageSettings
from tests.support.counting import CountingBackend

with warnings.catch_warnings():
    # The framework says once that sessions are experimental; a test looks at it in a new process.
    warnings.simplefilter("ignore", FutureWarning)
    importlib.import_module("ingenious_storage.adapters.agent_framework.sessions")


@pytest.fixture
def backend() -> CountingBackend:
    return CountingBackend(InMemoryBackend())


@pytest.fixture
def storage(backend: CountingBackend) -> Iterator[Storage]:
    with Storage(Settings(StorageSettings(type="inmemory")), backend=lambda *_: backend) as made:
        yield made
