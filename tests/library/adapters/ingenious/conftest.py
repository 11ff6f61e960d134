"""A repository of each category on one storage, with a stand-in for the framework's settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from ingenious_storage import Storage
from ingenious_storage.adapters.ingenious import access
from ingenious_storage.adapters.ingenious.repository import (
    ingenious_storage_FileStorageRepository as Repository,
)
from ingenious_storage.config import Settings, StorageSettings

Made = Callable[[str], Repository]


@pytest.fixture
def settings() -> Settings:
    retry = {"attempts": 1}
    return Settings(StorageSettings.model_validate({"type": "inmemory", "retry": retry}))


@pytest.fixture
def storage(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    """The storage of this process, as far as the adapter knows."""
    with Storage(settings) as made:
        monkeypatch.setattr(access, "default_storage", lambda: made)
        yield made


@pytest.fixture
def config() -> Any:
    """Both categories are configured alike, as the framework has it by default."""
    category = {"storage_type": "ingenious_storage", "path": "./"}
    return SimpleNamespace(
        file_storage=SimpleNamespace(
            data=SimpleNamespace(**category), revisions=SimpleNamespace(**category)
        )
    )


@pytest.fixture
def repository(config: Any, storage: Storage) -> Made:
    """Makes a repository of a category."""
    return lambda category: Repository(config=config, fs_config=vars(config.file_storage)[category])
