"""Conversation stores on containers of tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingenious_storage import Storage
from ingenious_storage.adapters.pydantic_ai import StorageConversationStore
from ingenious_storage.config import Settings, StorageSettings
from tests.support.layering import new_key_file, sections
from tests.support.stores import running, slow


@pytest.fixture
def store(storage: Storage) -> StorageConversationStore:
    return StorageConversationStore(storage)


@pytest.fixture(params=["local", "azurite", *slow("versitygw", "seaweedfs", "fake_gcs")])
def any_storage(
    request: pytest.FixtureRequest, tmp_path: Path, container_name: str
) -> Iterator[Storage]:
    """On each store; on the folder with all layers, and with ids that are hidden."""
    if request.param == "local":
        layers = sections(new_key_file(tmp_path))
        layers["encryption"]["hide_ids"] = True
        settings = StorageSettings(base_path=tmp_path, **layers)
    else:
        settings = running(request.param, request).settings(container_data=container_name)
    with Storage(Settings(settings)) as storage:
        yield storage
