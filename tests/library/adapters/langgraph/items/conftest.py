from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingenious_storage import Storage
from ingenious_storage.adapters.langgraph import StorageStore
from ingenious_storage.config import Settings, StorageSettings
from tests.support.stores import QUICK, running, slow


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(storage: Storage, clock: Clock) -> StorageStore:
    return StorageStore(storage, clock=clock)


@pytest.fixture(params=["local", *QUICK[:1], *slow(*QUICK[1:], "seaweedfs")])
def somewhere(
    request: pytest.FixtureRequest, tmp_path: Path, container_name: str
) -> Callable[[], Storage]:
    """Opens storages on the same containers: a folder, or those of a server."""
    if request.param == "local":
        settings = StorageSettings(base_path=tmp_path / "containers")
    else:
        settings = running(request.param, request).settings(
            container_data=f"{container_name[:50]}-data",
            container_revisions=f"{container_name[:50]}-revisions",
        )
    return lambda: Storage(Settings(settings))
