"""Sessions on stores of tests, and the SDK's own beside them: it shows that the rules are right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from agents import SQLiteSession

from ingenious_storage import Storage
from ingenious_storage.adapters.openai_agents import StorageSession
from ingenious_storage.config import Settings, StorageSettings
from tests.support.layering import new_key_file, sections
from tests.support.stores import running, slow

Make = Callable[..., Any]
"""A session, by its id and its settings."""


@pytest.fixture
def make(storage: Storage) -> Make:
    return partial(StorageSession, storage=storage)


@pytest.fixture(params=["sqlite", "inmemory", "local", "azurite", *slow("versitygw", "fake_gcs")])
def any_make(request: pytest.FixtureRequest, tmp_path: Path, container_name: str) -> Iterator[Make]:
    """On each store; on the folder with all layers."""
    if request.param == "sqlite":
        made: list[SQLiteSession] = []

        def sqlite(session_id: str, **settings: Any) -> SQLiteSession:
            made.append(SQLiteSession(session_id, tmp_path / "sessions.db", **settings))
            return made[-1]

        yield sqlite
        for each in made:
            each.close()
        return
    if request.param == "inmemory":
        settings = StorageSettings(type="inmemory", container_data=container_name)
    elif request.param == "local":
        settings = StorageSettings(base_path=tmp_path, **sections(new_key_file(tmp_path)))
    else:
        settings = running(request.param, request).settings(container_data=container_name)
    with Storage(Settings(settings)) as storage:
        yield partial(StorageSession, storage=storage)
